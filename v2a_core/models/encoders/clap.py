"""CLAP's text tower (Wu et al. 2023), a RoBERTa: transformers' own class, without the sound half and the projection."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import InputError
from ..fitting import fitted

HEAD_WIDTH = 64
PAD = 1
PREFIX = "text_model."
# Indices that transformers makes itself, and what turns the tokens into the one vector that sounds are compared with.
UNUSED = tuple(PREFIX + name for name in ("embeddings.position_ids", "embeddings.token_type_ids", "pooler."))


@dataclass(frozen=True)
class ClapConfig:
    width: int
    inner: int
    layers: int
    positions: int
    vocabulary: int

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> "ClapConfig":
        """Sizes from the shapes of the published parameters; raises KeyError where there is no such tower."""
        layer, embeddings = f"{PREFIX}encoder.layer.", f"{PREFIX}embeddings."
        vocabulary, width = shapes[f"{embeddings}word_embeddings.weight"]
        return cls(
            width=width,
            inner=shapes[f"{layer}0.intermediate.dense.weight"][0],
            layers=len({name.split(".")[3] for name in shapes if name.startswith(layer)}),
            positions=shapes[f"{embeddings}position_embeddings.weight"][0],
            vocabulary=vocabulary,
        )


class ClapText(nn.Module):
    """A prompt to one vector a token; names of parameters are the published ones."""

    def __init__(self, config: ClapConfig, tokenizer, *, device=None):
        """tokenizer is a tokenizers.Tokenizer."""
        super().__init__()
        from transformers import ClapTextConfig, ClapTextModel

        self.config, self.tokenizer = config, tokenizer
        sizes = ClapTextConfig(
            vocab_size=config.vocabulary,
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.width // HEAD_WIDTH,
            intermediate_size=config.inner,
            max_position_embeddings=config.positions,
            pad_token_id=PAD,
        )
        with torch.device(device or "cpu"):
            self.text_model = ClapTextModel(sizes, add_pooling_layer=False)
        self._index(device or "cpu")

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], tokenizer, *, dtype=None, source: str = "the file") -> "ClapText":
        """The tower with published weights, of which it takes its own; on the device where they are.

        dtype is float32 where left out. Raises InputError, which calls the weights source, where they don't fit.
        """

        def build(shapes: Mapping[str, tuple[int, ...]]) -> "ClapText":
            return cls(ClapConfig.of(shapes), tokenizer, device="meta")

        module = fitted(build, text_state(state), "CLAP text tower", source, dtype or torch.float32)
        module._index(module.text_model.embeddings.LayerNorm.weight.device)
        return module

    def _index(self, device) -> None:
        """Make the indices that transformers has as buffers, and keep them out of the state dict."""
        positions = torch.arange(self.config.positions, device=device)[None]
        for name, index in (("position_ids", positions), ("token_type_ids", torch.zeros_like(positions))):
            self.text_model.embeddings.register_buffer(name, index, persistent=False)

    def forward(self, ids: Tensor, present: Tensor) -> Tensor:
        """Token ids [B, L] and where they are not padding [B, L] to float32 [B, L, width]."""
        return self.text_model(input_ids=ids, attention_mask=present).last_hidden_state.float()

    def encode(self, prompt: str) -> Tensor:
        """One prompt of L tokens, its start and end among them, to float32 [L + 1, width].

        The last row is what becomes of every padding token beside this prompt: they stand at no position and nothing
        attends to them, so they are all alike, however many there are. Raises InputError for too many tokens.
        """
        ids = self.tokenizer.encode(prompt).ids
        most = self.config.positions - PAD - 1
        if len(ids) > most:
            raise InputError(f"The prompt has {len(ids)} tokens and the model reads {most}: shorten it.")
        device = self.text_model.embeddings.LayerNorm.weight.device
        padded = torch.tensor([[*ids, PAD]], device=device)
        present = torch.ones_like(padded)
        present[0, -1] = 0
        return self(padded, present)[0]


def read_tokenizer(path: str | PathLike):
    """The tokenizer in a published tokenizer.json; raises InputError where there is none."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(Path(path).read_text(encoding="utf-8"))
    except Exception as error:  # a bare Exception is what the library raises
        raise InputError(f"{path} is no tokenizer.json that can be read ({error}). Download it again.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def text_state(state: Mapping) -> dict:
    """Of published {name: anything} what the module has."""
    return {k: v for k, v in state.items() if k.startswith(PREFIX) and not k.startswith(UNUSED)}
