"""Layers that several networks share."""

import math
from functools import cache

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


def windows(x: Tensor, kernel: int) -> Tensor:
    """What a convolution over time sees at each instant: x [B, T, C] to [B * T, kernel * C], zeros beyond the ends."""
    if kernel > 1:
        x = F.pad(x, (0, 0, kernel // 2, kernel // 2)).unfold(1, kernel, 1).transpose(2, 3).flatten(2)
    return x.flatten(0, 1)


@cache
def time_conv(operations) -> type[nn.Conv1d]:
    """A convolution over time that is one matrix product over windows; its parameters are those of a Conv1d.

    Tokens stay [B, T, C] between layers, so nothing is transposed. The product has two axes: with three, torch's
    bfloat16 on the CPU takes twice as long.
    """

    class TimeConv(operations.Conv1d):
        def __init__(self, width: int, out: int, kernel: int, *, bias: bool = True, dtype=None, device=None):
            super().__init__(width, out, kernel, bias=bias, dtype=dtype, device=device)
            # Laid out in memory as [out, kernel, width], so that the matrix below is a view. Whoever puts another
            # layout in its place gets the same result, a copy slower.
            self.weight.data = self.weight.data.transpose(1, 2).contiguous().transpose(1, 2)

        # Both torch and ComfyUI call this one with the weights that are to be used now.
        def _conv_forward(self, seen: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
            return F.linear(seen, weight.transpose(1, 2).flatten(1), bias)

    return TimeConv


class ConvMLP(nn.Module):
    """SwiGLU feed-forward layer whose three matrices see kernel instants: w2(silu(w1(x)) * w3(x))."""

    def __init__(self, width: int, inner: int, kernel: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.kernel = kernel
        make = {"bias": False, "dtype": dtype, "device": device}

        def layer(i: int, o: int) -> nn.Module:
            return operations.Linear(i, o, **make) if kernel == 1 else time_conv(operations)(i, o, kernel, **make)

        self.w1, self.w2, self.w3 = layer(width, inner), layer(inner, width), layer(width, inner)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [B, T, width]."""
        seen = windows(x, self.kernel)
        h = F.silu(self.w1(seen)) * self.w3(seen)
        return self.w2(windows(h.unflatten(0, x.shape[:2]), self.kernel)).unflatten(0, x.shape[:2])
