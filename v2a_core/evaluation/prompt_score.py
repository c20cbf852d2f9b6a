"""Does a sound sound like the prompt: cosine between CLAP's vectors of both (Wu et al. 2023, arXiv:2211.06687).

HunyuanVideo-Foley comes with CLAP's text tower alone, or all of it in larger_clap_general_full.safetensors, which this
needs. The first 10 s are heard. The classes are transformers' own, their sizes those of the file.
"""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

import torch

from ..errors import InputError
from ..media.audio import Audio, resample
from ..models.encoders.clap import HEAD_WIDTH, ClapConfig, read_tokenizer
from ..weights.catalog import catalog
from ..weights.files import locate, locate_part
from ..weights.formats import read_shapes, read_state

RATE_HZ, HEARD_S = 48_000, 10
MODEL = "hunyuan_foley_xl"  # in whose part of the catalogue CLAP is
_LAYERS = "audio_model.audio_encoder.layers."
# Indices that transformers makes itself.
_INDICES = ("position_ids", "token_type_ids", "relative_position_index", "num_batches_tracked")


def prompt_scorer(prompt: str) -> Callable[[Audio], float] | None:
    """How near a sound is to a prompt, -1..1, higher is better; None without a prompt or without the files."""
    files = installed() if prompt.strip() else None
    return None if files is None else PromptScore(*files, prompt)


def installed() -> tuple[Path, Path] | None:
    """CLAP's file, if one with both halves is on this machine, and its tokenizer's."""
    parts = {part.role: part for part in catalog()[MODEL].parts}
    tokenizer = locate_part(parts["tokenizer"])
    found = (path for file in parts["clap"].files if (path := locate(file)) is not None)
    whole = next((path for path in found if any(name.startswith(_LAYERS) for name in read_shapes(path)[1])), None)
    return None if whole is None or tokenizer is None else (whole, tokenizer[1])


class PromptScore:
    """Scores sounds against one prompt; raises InputError for a file that doesn't fit and for a prompt too long."""

    def __init__(self, weights: str | PathLike, tokenizer: str | PathLike, prompt: str):
        from transformers import ClapFeatureExtractor, ClapModel

        shapes, state = read_shapes(weights)[1], read_state(weights)[1]
        try:
            self.model = ClapModel(_config(shapes)).eval()
            left = self.model.load_state_dict(state, strict=False)
        except (KeyError, RuntimeError) as error:
            raise InputError(f"{weights} does not fit CLAP ({error}): download it again.") from error
        lacking = [name for name in left.missing_keys if not name.endswith(_INDICES)]
        if lacking:
            raise InputError(f"{weights} lacks {lacking[0]} of CLAP: download it again.")
        ids = read_tokenizer(tokenizer).encode(prompt).ids
        most = self.model.config.text_config.max_position_embeddings - 2
        if len(ids) > most:
            raise InputError(f"The prompt has {len(ids)} tokens and CLAP reads {most}: shorten it.")
        self.ids = torch.tensor([ids])
        self.ear = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad")

    @torch.inference_mode()
    def __call__(self, audio: Audio) -> float:
        wave = resample(audio, RATE_HZ).samples.mean(0)[: HEARD_S * RATE_HZ]
        heard = self.ear(wave.double().numpy(), sampling_rate=RATE_HZ, return_tensors="pt")
        out = self.model(self.ids, heard["input_features"].float(), attention_mask=torch.ones_like(self.ids))
        return float((out.text_embeds * out.audio_embeds).sum())


def _config(shapes: Mapping[str, tuple[int, ...]]):
    """transformers' configuration of CLAP, from the shapes of its parameters; raises KeyError where they are others."""
    from transformers import ClapConfig as Config

    text = ClapConfig.of(shapes)
    stages = len({name.split(".")[3] for name in shapes if name.startswith(_LAYERS)})
    tables = [
        shapes[f"{_LAYERS}{stage}.blocks.0.attention.self.relative_position_bias_table"] for stage in range(stages)
    ]
    depths = [
        len({name.split(".")[5] for name in shapes if name.startswith(f"{_LAYERS}{stage}.blocks.")})
        for stage in range(stages)
    ]
    projected = shapes["audio_projection.linear1.weight"][0]
    patches = shapes["audio_model.audio_encoder.patch_embed.proj.weight"]
    return Config(
        projection_dim=projected,
        text_config={
            "vocab_size": text.vocabulary,
            "hidden_size": text.width,
            "num_hidden_layers": text.layers,
            "num_attention_heads": text.width // HEAD_WIDTH,
            "intermediate_size": text.inner,
            "max_position_embeddings": text.positions,
            "projection_dim": projected,
        },
        audio_config={
            "patch_embeds_hidden_size": patches[0],
            "patch_size": patches[2],
            "hidden_size": shapes["audio_model.audio_encoder.norm.weight"][0],
            "depths": depths,
            "num_attention_heads": [heads for _, heads in tables],
            "window_size": (round(tables[0][0] ** 0.5) + 1) // 2,
            "projection_dim": projected,
        },
    )
