"""A recording played a little faster or slower, so that it is another voice or another thing."""

from functools import lru_cache

import numpy as np
import torch
import torchaudio
from torch import Tensor

# Sample-rate ratios n/20: pitch within a tenth up or down.
PITCHES = (18, 19, 20, 20, 20, 21, 22)


def at_pitch(wave: np.ndarray, pitch: int) -> Tensor:
    """The wave [N] played pitch/20 times as fast, float32 [20 N / pitch]."""
    return _resampler(pitch)(torch.from_numpy(wave))


@lru_cache(maxsize=len(set(PITCHES)))
def _resampler(pitch: int) -> torchaudio.transforms.Resample:
    return torchaudio.transforms.Resample(pitch, 20)
