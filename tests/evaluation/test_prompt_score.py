"""A sound against a prompt: transformers' own CLAP, from a file alone, and no score where there is none."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from v2a_core.errors import InputError
from v2a_core.evaluation.prompt_score import PromptScore, installed, prompt_scorer
from v2a_core.media.audio import Audio
from v2a_core.weights.formats import write_state

transformers = pytest.importorskip("transformers")
WORDS = ("<s>", "<pad>", "</s>", "<unk>", "rain", "on", "wood")


@pytest.fixture(scope="module")
def clap():
    """CLAP with random weights, narrow in both halves."""
    torch.manual_seed(0)
    text = {"vocab_size": len(WORDS), "hidden_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"intermediate_size": 64, "max_position_embeddings": 12}
    sound = {"patch_embeds_hidden_size": 16, "hidden_size": 64, "depths": [1, 2, 1], "num_attention_heads": [2, 2, 4]}
    sizes = {"text_config": {**text, "projection_dim": 32}, "audio_config": {**sound, "projection_dim": 32}}
    model = transformers.ClapModel(transformers.ClapConfig(**sizes, projection_dim=32)).eval()
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


@pytest.fixture
def folder(clap, tmp_path, monkeypatch):
    """Models' folder with CLAP's files in it, as they are published."""
    monkeypatch.setenv("V2A_MODELS", str(tmp_path))
    where = tmp_path / "foley"
    where.mkdir()
    state = {name: tensor.contiguous().clone() for name, tensor in clap.state_dict().items()}
    write_state(where / "larger_clap_general_full.safetensors", state, {})
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(where / "larger_clap_general_tokenizer.json"))
    return where


def sound(seconds, rate_hz=48_000):
    return Audio(0.1 * torch.randn(2, round(seconds * rate_hz), generator=torch.Generator().manual_seed(1)), rate_hz)


@pytest.mark.parametrize("seconds", [1.5, 12.0])
def test_is_what_transformers_says(clap, folder, seconds):
    audio = sound(seconds)
    wave = audio.samples.mean(0)[: 10 * 48_000].numpy().astype(np.float64)
    heard = transformers.ClapFeatureExtractor(truncation="rand_trunc")(wave, sampling_rate=48_000, return_tensors="pt")
    with torch.inference_mode():
        out = clap(torch.tensor([[4, 5, 6]]), heard["input_features"].float())
    expected = torch.nn.functional.cosine_similarity(out.text_embeds, out.audio_embeds).item()
    assert prompt_scorer("rain on wood")(audio) == pytest.approx(expected, abs=1e-4)
    assert prompt_scorer("wood")(audio) != pytest.approx(expected, abs=1e-3)


def test_no_score_without_a_prompt_or_the_half_that_hears(clap, folder):
    assert prompt_scorer(" ") is None
    path = folder / "larger_clap_general_full.safetensors"
    text = {name: tensor.clone() for name, tensor in clap.state_dict().items() if name.startswith("text_model.")}
    write_state(path, text, {})
    assert installed() is None
    path.unlink()
    assert prompt_scorer("rain") is None


def test_a_file_that_is_not_whole_and_a_prompt_that_is_too_long(clap, folder):
    with pytest.raises(InputError, match="12 tokens and CLAP reads 10"):
        prompt_scorer("rain " * 12)
    path = folder / "larger_clap_general_full.safetensors"
    state = {name: tensor.clone() for name, tensor in clap.state_dict().items() if "linear2" not in name}
    write_state(path, state, {})
    with pytest.raises(InputError, match=r"lacks .*linear2"):
        PromptScore(path, folder / "larger_clap_general_tokenizer.json", "rain")
