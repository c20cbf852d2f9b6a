"""CLIP (Radford et al. 2021) in open_clip's layout: an image tower and a text tower, each of use without the other.

Names of parameters are open_clip's but for `attn.in_proj_weight` and `_bias`, which are those of a layer
`attn.in_proj`, and for the image tower's prefix `visual.`, which is cut off. `text_projection` and `logit_scale` serve
no purpose here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..fitting import fitted
from .attention import SelfAttention, in_layers
from .batches import FrameStream
from .clip_tokens import tokenize

SIZE = 384  # what the image tower is given; its 27 patches of 14 pixels leave the last six rows and columns unseen
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
IMAGE_HEAD_WIDTH, TEXT_HEAD_WIDTH = 80, 64
IMAGE_PREFIX = "visual."
TEXT_PREFIXES = ("token_embedding.", "positional_embedding", "transformer.", "ln_final.")
# Pictures at a time, enough to keep matrices busy. On a CPU fewer are faster: the widest layer of the published tower
# takes 15 MB a picture in float32, and malloc hands large memory back to the system after every use.
BATCH, BATCH_ON_CPU = 16, 4

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class ImageConfig:
    width: int
    inner: int
    layers: int
    patch: int
    positions: int
    out: int

    @classmethod
    def of(cls, shapes: Shapes) -> "ImageConfig":
        """Sizes of an image tower from the shapes of its parameters, under their names in the tower."""
        width, _, patch, _ = shapes["conv1.weight"]
        inner = shapes["transformer.resblocks.0.mlp.c_fc.weight"][0]
        return cls(width, inner, _layers(shapes), patch, shapes["positional_embedding"][0], shapes["proj"][1])


@dataclass(frozen=True)
class TextConfig:
    width: int
    inner: int
    layers: int
    positions: int
    vocabulary: int

    @classmethod
    def of(cls, shapes: Shapes) -> "TextConfig":
        """Sizes of a text tower from the shapes of its parameters."""
        (vocabulary, width), (positions, _) = shapes["token_embedding.weight"], shapes["positional_embedding"]
        return cls(width, shapes["transformer.resblocks.0.mlp.c_fc.weight"][0], _layers(shapes), positions, vocabulary)


def _layers(shapes: Shapes) -> int:
    return len({name.split(".")[2] for name in shapes if name.startswith("transformer.resblocks.")})


class ClipImage(nn.Module):
    """Pictures to one vector each, of length 1."""

    def __init__(self, config: ImageConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config, self.dtype = config, dtype or torch.float32
        make, width = {"dtype": dtype, "device": device}, config.width
        self.conv1 = operations.Conv2d(3, width, config.patch, stride=config.patch, bias=False, **make)
        self.class_embedding = nn.Parameter(torch.zeros(width, **make))
        self.positional_embedding = nn.Parameter(torch.zeros(config.positions, width, **make))
        self.ln_pre = operations.LayerNorm(width, **make)
        self.transformer = Transformer(config, IMAGE_HEAD_WIDTH, operations=operations, **make)
        self.ln_post = operations.LayerNorm(width, **make)
        self.proj = nn.Parameter(torch.zeros(width, config.out, **make))

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], *, dtype=None, operations=nn, source="the file") -> "ClipImage":
        """The tower with published weights, of which it takes its own; on the device where they are."""

        def build(shapes: Shapes) -> "ClipImage":
            return cls(ImageConfig.of(shapes), dtype=dtype, operations=operations)

        return fitted(build, image_state(state), cls.__name__, source, dtype or torch.float32)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised pictures [B, 3, H, W] to float32 [B, out]; pixels that fill no whole patch are not seen."""
        patches = self.conv1(x.to(self.dtype)).flatten(2).transpose(1, 2)
        first = self.class_embedding.to(patches).expand(len(x), 1, -1)
        h = self.ln_pre(torch.cat([first, patches], 1) + self.positional_embedding.to(patches))
        # Only the first token goes on.
        h = self.ln_post(self.transformer(h, queries=1)[:, 0])
        return F.normalize((h @ self.proj.to(h)).float(), dim=-1)

    def encode(self, frames: Tensor) -> Tensor:
        """Pictures uint8 [B, H, W, 3] on any device to float32 [B, out]."""
        x = frames.to(self.proj.device).permute(0, 3, 1, 2).float() / 255
        mean, std = (torch.tensor(values, device=x.device)[:, None, None] for values in (MEAN, STD))
        return self((x - mean) / std)

    def stream(self) -> FrameStream:
        """Takes a video's frames as they come."""
        return FrameStream(self.encode, BATCH_ON_CPU if self.proj.device.type == "cpu" else BATCH)


class ClipText(nn.Module):
    """A prompt to one vector of length 1 for each of its 77 tokens; padding is tokens like others."""

    def __init__(self, config: TextConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config, self.dtype = config, dtype or torch.float32
        make, width = {"dtype": dtype, "device": device}, config.width
        self.token_embedding = operations.Embedding(config.vocabulary, width, **make)
        self.positional_embedding = nn.Parameter(torch.zeros(config.positions, width, **make))
        self.transformer = Transformer(config, TEXT_HEAD_WIDTH, causal=True, operations=operations, **make)
        self.ln_final = operations.LayerNorm(width, **make)

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], *, dtype=None, operations=nn, source="the file") -> "ClipText":
        """The tower with published weights, of which it takes its own; on the device where they are."""

        def build(shapes: Shapes) -> "ClipText":
            return cls(TextConfig.of(shapes), dtype=dtype, operations=operations)

        return fitted(build, text_state(state), cls.__name__, source, dtype or torch.float32)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids [B, 77] to float32 [B, 77, width]: every token after the last norm, not only the prompt's end."""
        h = self.token_embedding(ids).to(self.dtype)
        h = self.transformer(h + self.positional_embedding.to(h))
        return F.normalize(self.ln_final(h).float(), dim=-1)

    def encode(self, prompt: str) -> Tensor:
        """One prompt to float32 [77, width]; what is too long is cut off."""
        ids = tokenize(prompt, self.config.positions)
        return self(torch.tensor([ids], device=self.positional_embedding.device))[0]


class Transformer(nn.Module):
    """Pre-norm transformer; only the first `queries` tokens, all by default, come out of its last layer."""

    def __init__(self, config: ImageConfig | TextConfig, head_width: int, causal: bool = False, **make):
        super().__init__()
        heads = config.width // head_width
        self.resblocks = nn.ModuleList(
            Block(config.width, config.inner, heads, causal=causal, **make) for _ in range(config.layers)
        )

    def forward(self, x: Tensor, queries: int | None = None) -> Tensor:
        *blocks, last = self.resblocks
        for block in blocks:
            x = block(x)
        return last(x, queries)


class Block(nn.Module):
    def __init__(self, width: int, inner: int, heads: int, *, causal: bool, dtype=None, device=None, operations=nn):
        super().__init__()
        make = {"dtype": dtype, "device": device}
        self.ln_1 = operations.LayerNorm(width, **make)
        self.attn = SelfAttention(width, heads, causal=causal, operations=operations, **make)
        self.ln_2 = operations.LayerNorm(width, **make)
        self.mlp = nn.ModuleDict(
            {"c_fc": operations.Linear(width, inner, **make), "c_proj": operations.Linear(inner, width, **make)}
        )

    def forward(self, x: Tensor, queries: int | None = None) -> Tensor:
        x = x[:, :queries] + self.attn(self.ln_1(x), queries)
        return x + self.mlp["c_proj"](quick_gelu(self.mlp["c_fc"](self.ln_2(x))))


def quick_gelu(x: Tensor) -> Tensor:
    """x * sigmoid(1.702 x), the approximation that CLIP was trained with."""
    return (1.702 * x).sigmoid_().mul_(x)


def image_state(state: Mapping) -> dict:
    """Of published {name: anything} what the image tower has, under its names there."""
    return in_layers({k.removeprefix(IMAGE_PREFIX): v for k, v in state.items() if k.startswith(IMAGE_PREFIX)})


def text_state(state: Mapping) -> dict:
    """Of published {name: anything} what the text tower has, under its names there."""
    return in_layers({k: v for k, v in state.items() if k.startswith(TEXT_PREFIXES)})
