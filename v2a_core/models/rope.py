"""Rotary position embedding (Su et al. 2021), computed in float32 at any model dtype."""

import torch
from torch import Tensor


def rope_table(length: int, head_width: int, device=None, base: float = 10000.0) -> Tensor:
    """Angles of positions 0..length-1 as complex rotations, complex64 [length, head_width / 2]."""
    frequencies = base ** -(torch.arange(0, head_width, 2, device=device, dtype=torch.float32) / head_width)
    angles = torch.arange(length, device=device, dtype=torch.float32)[:, None] * frequencies
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Rotate neighbouring pairs of x [..., T, head_width] by table [T, head_width / 2]."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * table).flatten(-2).to(x)
