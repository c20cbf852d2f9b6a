"""CLIP's tokens against open_clip's, and against the tokenizers library on text of every kind."""

import json

import pytest
from golden_cases import GOLDEN
from hypothesis import given, settings
from hypothesis import strategies as st

from v2a_core.models.encoders.clip_tokens import MERGES, _tables, clean, tokenize

CASES = json.loads((GOLDEN / "clip_tokens.json").read_text())


@pytest.mark.parametrize(("text", "ids"), list(zip(CASES["text"], CASES["token_ids"], strict=True)))
def test_ids_are_those_of_open_clip(text, ids):
    assert tokenize(text) == ids


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("don’t “shout”", 'don\'t "shout"'),
        ("rain &amp; wind", "rain & wind"),
        ("rain &amp;lt; wind", "rain < wind"),
        (" Rain\n\ton  TIN ", "rain on tin"),
        ("cafe\u0301", "café"),
    ],
)
def test_spellings_of_the_same_prompt(one, other):
    assert tokenize(one) == tokenize(other)


def test_a_prompt_cannot_end_itself():
    # The names of the special tokens are text like any other.
    assert tokenize("<|endoftext|> rain").count(49407) == 1


def test_half_a_character_is_no_error():
    assert tokenize("rain \ud83d")[0] == 49406


@pytest.fixture(scope="module")
def library():
    tokenizers = pytest.importorskip("tokenizers")
    merges = [tuple(line.split()) for line in MERGES.read_text(encoding="utf-8").splitlines()[1:]]
    numbers, _, _ = _tables()
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    made = tokenizers.Tokenizer(tokenizers.models.BPE(numbers, merges, end_of_word_suffix="</w>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Split(tokenizers.Regex(pattern), "removed", invert=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return made


# Letters that are younger than either library's tables fall into different classes.
OLD = st.characters(codec="utf-8", exclude_categories=["Cn", "Co", "Cs"], max_codepoint=0x1000)
WORDS = st.sampled_from(["don't", "we'll", "'sound'", "'''ll", "3d", "½²Ⅷ", "a_b", "...!?", "x²", "雨の音", "🎵🌧️"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(parts=st.lists(st.one_of(st.text(OLD, max_size=8), WORDS), max_size=8))
def test_any_text_gives_what_the_tokenizers_library_gives(library, parts):
    text = " ".join(parts)
    ids = [49406, *library.encode(clean(text)).ids[:75], 49407]
    assert tokenize(text) == ids + [0] * (77 - len(ids))
