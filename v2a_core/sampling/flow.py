"""Rectified flow: x = (1 - sigma) * data + sigma * noise, and the network's velocity is noise - data."""

import torch
from torch import Tensor

from ..errors import InputError


def shifted_sigmas(steps: int, shift: float = 1.0) -> Tensor:
    """Noise levels from 1 down to 0, float32 [steps + 1].

    A shift above 1 spends more of the steps at high noise: s * t / (1 + (s - 1) * t), Stable Diffusion 3, eq. 23.
    """
    if steps < 1:
        raise InputError(f"steps is {steps}: at least one step is needed.")
    if not shift > 0:
        raise InputError(f"shift is {shift}: it must be above 0 (1 leaves the schedule as it is).")
    t = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    return (shift * t / (1 + (shift - 1) * t)).float()


def draw_noise(shape: tuple[int, ...], seed: int) -> Tensor:
    """Gaussian noise, float32 on the CPU, so that a seed means the same on every device."""
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))
