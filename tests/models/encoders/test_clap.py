"""CLAP's text tower: what transformers says of prompts together, from each of them alone."""

import json

import pytest
import torch
from golden_cases import manifest

from v2a_core.errors import InputError
from v2a_core.models.encoders.clap import UNUSED, ClapConfig, ClapText, read_tokenizer

transformers = pytest.importorskip("transformers")
PUBLISHED = "clap_text_larger_clap_general"
# Byte-level BPE as RoBERTa has it: special tokens first, "Ġ" for a space.
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "<mask>", *"abcdehinoprstw ,", "Ġ", "Ġr", "ai", "Ġrai", "Ġrain", "on", "Ġon")
MERGES = [("Ġ", "r"), ("a", "i"), ("Ġr", "ai"), ("Ġrai", "n"), ("o", "n"), ("Ġ", "on")]
PROMPTS = ("", "rain", "rain on wood, a door creaks")


@pytest.fixture(scope="module")
def reference_tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roberta")
    (folder / "vocab.json").write_text(json.dumps({piece: index for index, piece in enumerate(PIECES)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in MERGES)]))
    return transformers.RobertaTokenizerFast.from_pretrained(folder)


@pytest.fixture(scope="module")
def tokenizer(reference_tokenizer, tmp_path_factory):
    path = tmp_path_factory.mktemp("clap") / "tokenizer.json"
    # As published, the file may ask for padding and truncation.
    reference_tokenizer.backend_tokenizer.enable_padding(length=100, pad_id=1)
    reference_tokenizer.backend_tokenizer.enable_truncation(5)
    reference_tokenizer.backend_tokenizer.save(str(path))
    return read_tokenizer(path)


@pytest.fixture(scope="module")
def published():
    """transformers' text tower with its projection and random weights, narrow."""
    torch.manual_seed(0)
    sizes = transformers.ClapTextConfig(
        vocab_size=len(PIECES),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=192,
        max_position_embeddings=40,
    )
    model = transformers.ClapTextModelWithProjection(sizes).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


@pytest.fixture(scope="module")
def tower(published, tokenizer):
    return ClapText.from_state(published.state_dict(), tokenizer)


@torch.inference_mode()
def test_prompts_alone_are_prompts_padded_together(published, tower, reference_tokenizer):
    batch = reference_tokenizer(list(PROMPTS), padding=True, return_tensors="pt")
    together = published(**batch).last_hidden_state
    for prompt, reference, present in zip(PROMPTS, together, batch["attention_mask"], strict=True):
        *own, padding = tower.encode(prompt)
        assert len(own) == present.sum()
        padded = torch.stack([*own, *[padding] * (len(reference) - len(own))])
        torch.testing.assert_close(padded, reference, atol=1e-5, rtol=1e-5)


def test_a_prompt_of_too_many_tokens_is_refused(tower):
    assert len(tower.encode(" rain" * 36)) == 2 + 36 + 1
    with pytest.raises(InputError, match="prompt has 39 tokens and the model reads 38"):
        tower.encode(" rain" * 37)


def test_parameters_are_the_published_ones_that_are_used(tokenizer):
    shapes = manifest(PUBLISHED)
    config = ClapConfig.of(shapes)
    assert config == ClapConfig(width=768, inner=3072, layers=12, positions=514, vocabulary=50265)
    state = ClapText(config, tokenizer, device="meta").state_dict()
    used = {name: shape for name, shape in shapes.items() if not name.startswith(("text_projection.", *UNUSED))}
    assert {name: tuple(value.shape) for name, value in state.items()} == used


def test_a_torn_file_is_named(published, tokenizer, tmp_path):
    state = dict(published.state_dict())
    del state["text_model.embeddings.LayerNorm.bias"]
    with pytest.raises(InputError, match=r"torn\.safetensors does not hold a whole CLAP text tower"):
        ClapText.from_state(state, tokenizer, source="torn.safetensors")
    (tmp_path / "page.json").write_text("<html>")
    with pytest.raises(InputError, match=r"page\.json is no tokenizer\.json that can be read"):
        read_tokenizer(tmp_path / "page.json")
