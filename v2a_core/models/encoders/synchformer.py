"""The picture half of Synchformer (Iashin et al. 2024): a MotionFormer with divided space-time attention (Patrick et
al. 2021) over short segments, and a summary of each of its time slots.

Names of parameters are the published ones without `vfeat_extractor.`, but for `self_attn.in_proj_weight` and `_bias`,
which are those of a layer `self_attn.in_proj`. The sound half and the 2-D `patch_embed.proj` serve no purpose here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ..fitting import fitted
from .attention import SelfAttention, in_layers
from .batches import Batches

SIZE = 224
SEGMENT, STRIDE = 16, 8  # frames at 25 Hz
HEAD_WIDTH = 64
EPS = 1e-6
PREFIX = "vfeat_extractor."
UNUSED = ("patch_embed.proj.weight", "patch_embed.proj.bias")
# Segments at a time: 6276 tokens keep matrices busy, and the widest layer takes 77 MB in float32. On a CPU one at a
# time is faster: up to 32 MB malloc keeps memory for the next layer.
BATCH, BATCH_ON_CPU = 4, 1


@dataclass(frozen=True)
class SynchformerConfig:
    width: int
    inner: int
    layers: int
    patch: tuple[int, int, int]
    slots: int
    positions: int

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> "SynchformerConfig":
        """Sizes from the shapes of the parameters, under their names in the module."""
        width, _, *patch = shapes["patch_embed_3d.proj.weight"]
        layers = len({name.split(".")[1] for name in shapes if name.startswith("blocks.")})
        slots, positions = shapes["temp_embed"][1], shapes["pos_embed"][1]
        return cls(width, shapes["blocks.0.mlp.fc1.weight"][0], layers, tuple(patch), slots, positions)


class Synchformer(nn.Module):
    """Segments of 16 frames to eight vectors each, one for every two frames."""

    def __init__(self, config: SynchformerConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config, self.dtype = config, dtype or torch.float32
        make, width = {"dtype": dtype, "device": device}, config.width
        conv = operations.Conv3d(3, width, config.patch, stride=config.patch, **make)
        self.patch_embed_3d = nn.ModuleDict({"proj": conv})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width, **make))
        self.pos_embed = nn.Parameter(torch.zeros(1, config.positions, width, **make))
        self.temp_embed = nn.Parameter(torch.zeros(1, config.slots, width, **make))
        self.blocks = nn.ModuleList(Block(config, operations=operations, **make) for _ in range(config.layers))
        self.norm = operations.LayerNorm(width, eps=EPS, **make)
        self.spatial_attn_agg = Summary(config, operations=operations, **make)

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], *, dtype=None, operations=nn, source="the file") -> "Synchformer":
        """The picture half with published weights, of which it takes its own; on the device where they are."""

        def build(shapes: Mapping[str, tuple[int, ...]]) -> "Synchformer":
            return cls(SynchformerConfig.of(shapes), dtype=dtype, operations=operations)

        return fitted(build, visual_state(state), cls.__name__, source, dtype or torch.float32)

    def forward(self, x: Tensor) -> Tensor:
        """Segments [B, 3, 16, 224, 224] within -1..1 to float32 [B, 8, width]."""
        tokens = self.patch_embed_3d["proj"](x.to(self.dtype)).flatten(2).transpose(1, 2)
        positions, slots = self.pos_embed.to(tokens), self.temp_embed.to(tokens)
        # Tokens lie slot after slot; the one in front of all has no time.
        where = positions[:, 1:].repeat(1, slots.shape[1], 1) + slots.repeat_interleave(positions.shape[1] - 1, 1)
        first = (self.cls_token.to(tokens) + positions[:, :1]).expand(len(x), -1, -1)
        h = torch.cat([first, tokens + where], 1)
        for block in self.blocks:
            h = block(h)
        h = rearrange(self.norm(h[:, 1:]), "b (t s) d -> (b t) s d", t=slots.shape[1])
        return self.spatial_attn_agg(h).unflatten(0, (len(x), -1)).float()

    def encode(self, segments: Tensor) -> Tensor:
        """Segments uint8 [B, 16, 224, 224, 3] on any device to float32 [B, 8, width]."""
        x = segments.to(self.pos_embed.device).permute(0, 4, 1, 2, 3)
        return self(x.float() / 127.5 - 1)

    def stream(self) -> "SegmentStream":
        """Takes a video's frames as they come."""
        return SegmentStream(self.encode, BATCH_ON_CPU if self.pos_embed.device.type == "cpu" else BATCH)


class SegmentStream:
    """Frames at 25 Hz to features as they stream by: no more than a few segments are kept, and a segment like the one
    before is encoded once.
    """

    def __init__(self, encode: Callable[[Tensor], Tensor], size: int):
        self.batches = Batches(encode, size)
        self.frames: list[Tensor] = []  # from the beginning of the next segment on
        self.segments = 0

    def add(self, frames: Tensor) -> None:
        """Frames uint8 [n, 224, 224, 3] that follow those before."""
        self.frames.extend(frames)
        while len(self.frames) >= SEGMENT:
            self.batches.add(torch.stack(self.frames[:SEGMENT]))
            self.segments += 1
            del self.frames[:STRIDE]

    def features(self, segments: int) -> Tensor:
        """Eight vectors for each of so many segments, float32 [8 * segments, width]; the last frame is held."""
        while self.segments < segments:
            self.add(self.frames[-1][None].expand(SEGMENT - len(self.frames), -1, -1, -1))
        return self.batches.results()[:segments].flatten(0, 1)


class Block(nn.Module):
    """Attention along time, attention within each slot, and an MLP."""

    def __init__(self, config: SynchformerConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        make, width = {"dtype": dtype, "device": device}, config.width
        self.slots = config.slots
        self.norm1, self.norm2, self.norm3 = (operations.LayerNorm(width, eps=EPS, **make) for _ in range(3))
        self.attn, self.timeattn = (DividedAttention(width, operations=operations, **make) for _ in range(2))
        self.mlp = nn.ModuleDict(
            {
                "fc1": operations.Linear(width, config.inner, **make),
                "fc2": operations.Linear(config.inner, width, **make),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [B, 1 + slots * places, width], slot after slot."""
        x = x + self.timeattn(self.norm3(x), "b h (t s) d -> (b s) h t d", self.slots)
        x = x + self.attn(self.norm1(x), "b h (t s) d -> (b t) h s d", self.slots)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class DividedAttention(nn.Module):
    """Attention within groups of tokens, each with the first token as one more; that one itself attends to all."""

    def __init__(self, width: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.qkv = operations.Linear(width, 3 * width, dtype=dtype, device=device)
        self.proj = operations.Linear(width, width, dtype=dtype, device=device)

    def forward(self, x: Tensor, grouping: str, slots: int) -> Tensor:
        """Tokens [B, 1 + slots * places, width]; grouping says how heads of the others come apart."""
        q, k, v = rearrange(self.qkv(x), "b n (j h d) -> j b h n d", j=3, d=HEAD_WIDTH)
        first = F.scaled_dot_product_attention(q[:, :, :1], k, v)
        places = (x.shape[1] - 1) // slots
        apart = [rearrange(part[:, :, 1:], grouping, t=slots) for part in (q, k, v)]
        groups = len(apart[0]) // len(x)
        k, v = (
            torch.cat([part[:, :, :1].repeat_interleave(groups, 0), grouped], 2)
            for part, grouped in zip((k, v), apart[1:], strict=True)
        )
        mixed = F.scaled_dot_product_attention(apart[0], k, v)
        together, grouped = grouping.split(" -> ")
        mixed = rearrange(mixed, f"{grouped} -> {together}", b=len(x), t=slots, s=places)
        return self.proj(rearrange(torch.cat([first, mixed], 2), "b h n d -> b n (h d)"))


class Summary(nn.Module):
    """One vector for a slot's tokens: what a learned token becomes among them in one pre-norm transformer layer."""

    def __init__(self, config: SynchformerConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        make, width = {"dtype": dtype, "device": device}, config.width
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width, **make))
        self.self_attn = SelfAttention(width, width // HEAD_WIDTH, operations=operations, **make)
        self.linear1 = operations.Linear(width, config.inner, **make)
        self.linear2 = operations.Linear(config.inner, width, **make)
        self.norm1, self.norm2 = (operations.LayerNorm(width, eps=EPS, **make) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [B, N, width] to [B, width]."""
        h = torch.cat([self.cls_token.to(x).expand(len(x), -1, -1), x], 1)
        # Only the learned token's row is of use.
        h = h[:, 0] + self.self_attn(self.norm1(h), queries=1)[:, 0]
        return h + self.linear2(F.gelu(self.linear1(self.norm2(h))))


def visual_state(state: Mapping) -> dict:
    """Of published {name: anything} what the module has, under its names there."""
    own = {k.removeprefix(PREFIX): v for k, v in state.items() if k.startswith(PREFIX)}
    return in_layers({k: v for k, v in own.items() if k not in UNUSED})
