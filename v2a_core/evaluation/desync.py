"""How many seconds a sound is off its picture, by Synchformer's classifier of offsets.

Synchformer (Iashin et al. 2024, arXiv:2401.16423) sorts a segment of 4.8 s into 21 offsets from -2 to 2 s. DeSync, as
MMAudio defines it (arXiv:2412.15322), is the size of the likeliest one, averaged over the first and the last 4.8 s of
each clip.
"""

import torch
from torch import Tensor

CLASSES, MOST_S = 21, 2.0


def desync(logits: Tensor) -> float:
    """Mean size of the offsets in seconds, 0..2, lower is better, from logits [segments, 21] of one clip."""
    grid = torch.linspace(-MOST_S, MOST_S, CLASSES, dtype=torch.float64)
    return float(grid[logits.reshape(-1, CLASSES).argmax(-1)].abs().mean())
