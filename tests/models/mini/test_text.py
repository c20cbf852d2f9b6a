"""Mini's reading: known words, pieces of unknown ones, and nothing at all."""

import pytest
import torch

from v2a_core.models.mini.text import MAX_TOKENS, MiniText, TextConfig

WORDS = ("rain", "foot", "##steps", "##ste", "gravel", "on", "a")


@pytest.fixture(scope="module")
def text():
    torch.manual_seed(0)
    text = MiniText(TextConfig(), WORDS).eval()
    text.table.normal_()
    return text


def test_words_are_found_whatever_their_case_and_marks(text):
    assert text.tokenize("Rain, on GRAVEL!") == [0, 5, 4]


def test_unknown_words_split_into_the_longest_pieces(text):
    assert text.tokenize("footsteps") == [1, 2]


def test_words_with_an_unknown_rest_are_dropped_whole(text):
    assert text.tokenize("footxyz rain") == [0]


def test_long_prompts_are_cut(text):
    assert len(text.tokenize("rain " * 500)) == MAX_TOKENS


@torch.inference_mode()
def test_padding_does_not_change_a_prompt(text):
    alone = text(torch.tensor([[0, 5, 4]]))
    padded = text(torch.tensor([[0, 5, 4, -1, -1], [1, 2, 5, 4, 0]]))[:1]
    torch.testing.assert_close(alone, padded, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_prompt_without_a_known_word_is_no_prompt(text):
    assert text.encode("").tokens.shape == (0, 128)
    assert text.encode("xyzzy").tokens.shape == (0, 128)
    assert text(torch.tensor([[-1, -1]])).abs().max() == 0
    assert text.encode("rain").tokens.shape == (1, 128)
