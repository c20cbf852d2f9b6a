"""Rectified flow: x = (1 - sigma) * data + sigma * noise, and the network's velocity is noise - data."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import InputError

MAX_LEVELS = 1_000_000


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


def part_sigmas(steps: int, shift: float = 1.0, strength: float = 1.0) -> Tensor:
    """The last steps + 1 noise levels of a schedule of which so many steps are the part `strength`, 0 to 1.

    A strength below 1 begins below full noise, with a sound that exists; 1 is the whole schedule.
    """
    if not 0 < strength <= 1:
        raise InputError(f"strength is {strength}: give a number above 0, up to 1 (1 makes all of it anew).")
    return shifted_sigmas(int(min(steps / strength, MAX_LEVELS)), shift)[-(steps + 1) :]


def draw_noise(shape: tuple[int, ...], seed: int) -> Tensor:
    """Gaussian noise, float32 on the CPU, so that a seed means the same on every device."""
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def fresh_noise(x: Tensor) -> Callable[[], Tensor]:
    """Draws Gaussian noise like x at each call, float32 on the CPU, at every place from the value of x there.

    So a seed still says all, an item comes out alone as it does in a batch, and windows of a film that share noise go
    on sharing it.
    """
    state = x.cpu().float().contiguous().view(torch.int32).long()

    def draw() -> Tensor:
        nonlocal state
        state = state + _GOLDEN
        bits = _mixed(state) >> 11 & (1 << 53) - 1
        uniform = (bits.double() + 0.5) / (1 << 53)
        return torch.special.ndtri(uniform).float().to(x)

    return draw


# SplitMix64 (Steele, Lea and Flood 2014), whose constants are read as signed numbers.
_GOLDEN, _FIRST, _SECOND = -0x61C8864680B583EB, -0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15


def _mixed(state: Tensor) -> Tensor:
    z = (state ^ (state >> 30 & (1 << 34) - 1)) * _FIRST
    z = (z ^ (z >> 27 & (1 << 37) - 1)) * _SECOND
    return z ^ (z >> 31 & (1 << 33) - 1)
