"""Mini's reading of a prompt: word vectors distilled from a sentence encoder, and a small transformer over them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..base import TextFeatures

MAX_TOKENS = 48


@dataclass(frozen=True)
class TextConfig:
    vector: int = 64
    width: int = 128
    heads: int = 4
    layers: int = 2


def pack_words(words: Iterable[str]) -> Tensor:
    """A vocabulary as a uint8 tensor, for a file of weights."""
    return torch.tensor(list("\n".join(words).encode()), dtype=torch.uint8)


def unpack_words(packed: Tensor) -> tuple[str, ...]:
    """The vocabulary that pack_words packed."""
    return tuple(bytes(packed.tolist()).decode().split("\n"))


class MiniText(nn.Module):
    """A prompt to one vector; the table of word vectors is fixed, what comes after it is trained with the network."""

    def __init__(self, config: TextConfig, words: tuple[str, ...]):
        super().__init__()
        self.config, self.words = config, {word: i for i, word in enumerate(words)}
        self.register_buffer("table", torch.zeros(len(words), config.vector))
        self.position = nn.Parameter(torch.randn(MAX_TOKENS, config.width) * 0.02)
        self.widen = nn.Linear(config.vector, config.width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(config.width, config.heads, 2 * config.width, 0.0, "gelu", batch_first=True)
            for _ in range(config.layers)
        )
        self.score = nn.Linear(config.width, 1)
        self.gist = nn.Linear(config.vector, config.width)
        self.norm = nn.LayerNorm(config.width)

    def tokenize(self, prompt: str) -> list[int]:
        """Word indices by greedy longest match, continuations written ##like this (WordPiece); others are dropped."""
        ids = []
        for word in re.findall(r"[a-z0-9]+", prompt.lower()):
            ids += self._pieces(word)
        return ids[:MAX_TOKENS]

    def _pieces(self, word: str) -> list[int]:
        if word in self.words:
            return [self.words[word]]
        pieces, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self.words)
            end = next(ends, None)
            if end is None:
                return []
            pieces.append(self.words[prefix + word[start:end]])
            start = end
        return pieces

    def forward(self, ids: Tensor) -> Tensor:
        """Word indices [B, L], -1 where there is none, to vectors [B, width]; a row of none gives zeros."""
        absent = ids < 0
        empty = absent.all(1)
        # A row without words must still attend to something: its result is zeroed below.
        masked = absent & ~empty[:, None]
        vectors = self.table[ids.clamp_min(0)].to(self.position)
        h = self.widen(vectors) + self.position[: ids.shape[1]]
        for layer in self.layers:
            h = layer(h, src_key_padding_mask=masked)
        weight = F.softmax(self.score(h).masked_fill(masked[..., None], -torch.inf), 1)
        # The words' mean goes past the layers too: a wording that training never saw then still means something.
        present = ~absent[..., None]
        gist = self.gist((vectors * present).sum(1) / present.sum(1).clamp_min(1))
        return self.norm((weight * h).sum(1) + gist) * ~empty[:, None]

    def encode(self, prompt: str) -> TextFeatures:
        """Encode one prompt to [1, width], or to [0, width] where it holds no word that is known."""
        ids = self.tokenize(prompt)
        device, width = self.position.device, self.position.shape[1]
        tokens = self(torch.tensor([ids], device=device)) if ids else torch.zeros(0, width, device=device)
        return TextFeatures("mini", tokens, prompt)
