"""Layers of MMAudio's autoencoder, which keep the variance of what passes through them (Karras et al. 2024).

Their convolutions expect folded weights: `vae.py` says what is folded in. Values are [B, C, T].
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

SILU = 0.596  # standard deviation of silu(x) for a normal x
KEEP, ADD = 0.7 / 0.58**0.5, 0.3 / 0.58**0.5  # a residual layer mixes 0.7 old and 0.3 new, at constant variance
EPSILON = 1e-4


class Level(nn.Module):
    """Residual blocks of one width, and how time is stretched or shortened after them."""

    def __init__(self, into: int, width: int, blocks: int, *, upsample: bool = False, downsample: bool = False):
        super().__init__()
        self.block = nn.ModuleList(Block(width if i else into, width) for i in range(blocks))
        self.upsample = Upsample(width) if upsample else nn.Identity()
        self.downsample = Downsample(width) if downsample else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        return self.downsample(self.upsample(x))


class Middle(nn.Module):
    """Attention over the whole of time between two residual blocks."""

    def __init__(self, width: int):
        super().__init__()
        self.block_1 = Block(width, width)
        self.attn_1 = Attention(width)
        self.block_2 = Block(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Block(nn.Module):
    """Two convolutions over three frames; what skips them is normalised too."""

    def __init__(self, into: int, width: int):
        super().__init__()
        self.conv1, self.conv2 = conv(into, width), conv(width, width)
        self.nin_shortcut = conv(into, width, 1) if into != width else None

    def forward(self, x: Tensor) -> Tensor:
        x = unit(x)
        h = self.conv2(F.silu(self.conv1(F.silu(x))))
        return h.add_(x, alpha=KEEP) if self.nin_shortcut is None else h.add_(self.nin_shortcut(x))


class Attention(nn.Module):
    """One head as wide as the layer, its queries, keys and values normalised."""

    def __init__(self, width: int):
        super().__init__()
        self.qkv, self.proj_out = conv(width, 3 * width, 1), conv(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (rearrange(unit(part), "b c t -> b 1 t c") for part in self.qkv(x).chunk(3, dim=1))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj_out(rearrange(mixed, "b 1 t c -> b c t")).add_(x, alpha=KEEP)


class Upsample(nn.Module):
    """Every frame twice, then a convolution."""

    def __init__(self, width: int):
        super().__init__()
        self.conv = conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.repeat_interleave(2, dim=2))


class Downsample(nn.Module):
    """Means of two frames, between two convolutions over single frames."""

    def __init__(self, width: int):
        super().__init__()
        self.conv1, self.conv2 = conv(width, width, 1), conv(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.avg_pool1d(self.conv1(x), 2))


def unit(x: Tensor) -> Tensor:
    """x [B, C, T] with every frame brought to a root mean square of 1."""
    return x / (EPSILON + torch.linalg.vector_norm(x, dim=1, keepdim=True) / x.shape[1] ** 0.5)


def conv(into: int, out: int, kernel: int = 3, *, bias: bool = False) -> nn.Conv1d:
    return nn.Conv1d(into, out, kernel, padding=kernel // 2, bias=bias)
