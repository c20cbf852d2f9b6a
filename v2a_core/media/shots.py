"""Where one shot ends and another begins."""

import math
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from .video import FrameRate, VideoSource, read_frames

RATE_HZ = 12.5
SIZE = 32
SHADES = 4  # of each colour in a histogram
# How much of a picture changes its colour at a cut, and by what factor that exceeds what else changes around it.
CHANGED, ABOVE = 0.3, 3.0
NEIGHBOURS = 6
MAX_CUTS = 100_000

Progress = Callable[[str, int, int], None]


def find_shots(source: VideoSource, progress: Progress | None = None) -> list[float]:
    """Times in seconds from the trim start at which the picture changes at once; slow fades are not found.

    A cut is a change of the colour histogram that stands out from those around it. The video streams by once, small.
    """
    rate = FrameRate(RATE_HZ, SIZE, SIZE)
    cuts: list[float] = []
    recent: deque[tuple[float, float]] = deque(maxlen=2 * NEIGHBOURS + 1)  # (time, change), the candidate in the middle
    before = None

    def step(time_s: float, change: float) -> None:
        recent.append((time_s, change))
        if len(recent) == recent.maxlen and len(cuts) < MAX_CUTS and _stands_out([change for _, change in recent]):
            cuts.append(recent[NEIGHBOURS][0])

    for _ in range(NEIGHBOURS):
        step(0.0, math.nan)
    for _, chunk in read_frames(source, {"shots": rate}, progress=progress):
        shades = histograms(chunk.frames)
        earlier = torch.cat([shades[:1] if before is None else before, shades[:-1]])
        changes = (shades - earlier).abs().sum(1) / 2
        for time_s, change in zip(chunk.times_s.tolist(), changes.tolist(), strict=True):
            step(time_s, change)
        before = shades[-1:]
    for _ in range(NEIGHBOURS):
        step(0.0, math.nan)
    return cuts


def _stands_out(changes: list[float]) -> bool:
    """Whether the middle one of changes is a cut; there is none (NaN) before the beginning and after the end."""
    middle, others = changes[NEIGHBOURS], [c for i, c in enumerate(changes) if i != NEIGHBOURS and not math.isnan(c)]
    return middle >= CHANGED and all(middle >= other for other in others) and middle * len(others) > ABOVE * sum(others)


def histograms(frames: Tensor) -> Tensor:
    """Pictures uint8 [N, H, W, 3] to the share of their pixels in each of SHADES ** 3 colours, float32 [N, colours]."""
    red, green, blue = (frames.long() * SHADES // 256).flatten(1, 2).unbind(-1)
    colours = (red * SHADES + green) * SHADES + blue
    out = torch.zeros(len(frames), SHADES**3)
    return out.scatter_add_(1, colours, torch.ones_like(colours, dtype=torch.float32)) / colours.shape[1]
