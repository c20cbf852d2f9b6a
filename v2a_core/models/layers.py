"""Layers that several networks share."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def normalize(x: Tensor) -> Tensor:
    """Layer normalisation over the last axis without weights."""
    return F.layer_norm(x, x.shape[-1:])


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Adaptive layer norm's affine part: shift and scale come from the condition (Peebles and Xie 2023)."""
    return x * (1 + scale) + shift


def sinusoids(t: Tensor, width: int, fastest: float = 1000.0) -> Tensor:
    """Cosines and sines of t [B] at geometric frequencies from 1 to fastest rad per unit, float32 [B, width]."""
    frequencies = torch.exp(torch.linspace(0, math.log(fastest), width // 2, device=t.device, dtype=torch.float32))
    angles = t.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class GatedMLP(nn.Module):
    """SwiGLU feed-forward layer (Shazeer 2020): out(silu(gate(x)) * value(x))."""

    def __init__(self, width: int, inner: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.gate_value = operations.Linear(width, 2 * inner, bias=False, dtype=dtype, device=device)
        self.out = operations.Linear(inner, width, bias=False, dtype=dtype, device=device)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.gate_value(x).chunk(2, dim=-1)
        return self.out(F.silu(gate) * value)
