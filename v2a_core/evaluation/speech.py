"""Is there sound when a mouth is open, or when the transcript has a line: intersection over union of times.

A moment has sound where its level is within 30 dB of the loudest tenth and above -60 dBFS; pauses shorter than 0.15 s,
such as those before a plosive, count as sound. Nothing here tells speech from other sounds: it is meant for clips whose
sound is speech.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

from ..media.audio import Audio

RATE_HZ = 100  # of the moments
BLOCK_S = 0.02
BELOW_LOUD_DB, FLOOR_DBFS = 30.0, -60.0
PAUSE_S = 0.15

Span = tuple[float, float]


def sounding(audio: Audio) -> np.ndarray:
    """Whether there is sound at each hundredth of a second, bool [T]."""
    power = audio.samples.double().square().mean(0)
    count = max(1, round(audio.duration_s * RATE_HZ))
    total = F.pad(power.cumsum(0), (1, 0))
    edges = [
        ((torch.arange(count) + 0.5) / RATE_HZ + side * BLOCK_S / 2).mul(audio.rate_hz).round().long()
        for side in (-1, 1)
    ]
    first, last = (edge.clamp(0, len(power)) for edge in edges)
    level_db = (10 * ((total[last] - total[first]) / (last - first).clamp_min(1)).clamp_min(1e-12).log10()).numpy()
    return _without_pauses(level_db > max(np.percentile(level_db, 90) - BELOW_LOUD_DB, FLOOR_DBFS))


def spans_mask(spans: Iterable[Span], duration_s: float) -> np.ndarray:
    """Whether each hundredth of a second lies in one of the spans of seconds, bool [T]."""
    mask = np.zeros(max(1, round(duration_s * RATE_HZ)), bool)
    for start_s, end_s in spans:
        mask[max(0, round(start_s * RATE_HZ)) : max(0, round(end_s * RATE_HZ))] = True
    return mask


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks, 0..1, up to the end of the shorter; 1 where both are empty."""
    length = min(len(one), len(other))
    one, other = one[:length], other[:length]
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 1.0


def speech_overlap(heard: np.ndarray, spans: Sequence[Span]) -> float:
    """How well the sounding moments of a clip fill the spans and nothing else, 0..1, higher is better."""
    return overlap(heard, spans_mask(spans, len(heard) / RATE_HZ))


def _without_pauses(mask: np.ndarray) -> np.ndarray:
    on = np.flatnonzero(mask)
    filled = mask.copy()
    for before, after in pairwise(on):
        if 1 < after - before <= PAUSE_S * RATE_HZ:
            filled[before:after] = True
    return filled
