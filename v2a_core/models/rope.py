"""Rotary position embedding (Su et al. 2021), computed in float32 at any model dtype."""

from functools import lru_cache

import torch
from torch import Tensor


@lru_cache(maxsize=16)
def rope_table(length: int, head_width: int, device=None, base: float = 10000.0, step: float = 1.0) -> Tensor:
    """Angles of positions 0, step, ... as complex rotations, complex64 [length, head_width / 2]; made once a length."""
    # Whoever asks first may be in inference mode, and whoever asks next may be training.
    with torch.inference_mode(False):
        frequencies = base ** -(torch.arange(0, head_width, 2, device=device, dtype=torch.float32) / head_width)
        angles = step * torch.arange(length, device=device, dtype=torch.float32)[:, None] * frequencies
        return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Rotate neighbouring pairs of x [..., T, head_width] by table [T, head_width / 2]."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * table).flatten(-2).to(x)
