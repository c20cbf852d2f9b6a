"""Every length in samples, frames or tokens is derived here from seconds."""

import math

import numpy as np

# Durations come out of timestamp arithmetic: a length that is whole but for rounding must not gain a tick.
_EPSILON = 1e-6


def sample_count(duration_s: float, rate_hz: float) -> int:
    """Number of audio samples nearest to a duration in seconds."""
    return max(1, round(duration_s * rate_hz))


def tick_count(duration_s: float, rate_hz: float) -> int:
    """Number of instants k / rate_hz that lie in [0, duration_s), at least one."""
    return max(1, math.ceil(duration_s * rate_hz - _EPSILON))


def tick_times(duration_s: float, rate_hz: float) -> np.ndarray:
    """The instants k / rate_hz in [0, duration_s) in seconds, float64 [n]."""
    return np.arange(tick_count(duration_s, rate_hz)) / rate_hz
