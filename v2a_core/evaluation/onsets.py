"""Does a sound start when it should: onsets of audio, and how they pair with the events that caused them.

The detector is spectral flux with a maximum filter over bands (SuperFlux, Boeck and Widmer 2013) at 100 Hz. Its
settings were chosen on true audio of the training split only.
"""

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch.nn.functional as F
import torchaudio
from torch import Tensor

from ..media.audio import Audio, resample

RATE_HZ = 24_000
HOP = 240
FRAME_RATE_HZ = RATE_HZ / HOP


@dataclass(frozen=True)
class OnsetSettings:
    """How the detector listens; times in seconds, levels in decibels."""

    fft: int = 512  # 21 ms: long enough for the bands, short enough that an attack is over in two frames
    bands: int = 40
    floor_db: float = 50.0  # what lies this far below the loudest band of the clip is silence
    lag: int = 2  # frames between the two spectra compared: with the window they span a soft attack of 20 ms
    rise_db: float = 5.0  # an onset raises the mean band by this much more than ...
    around_s: float = 0.25  # ... the median over this time before and after
    gap_s: float = 0.05  # no two onsets are closer
    masking_s: float = 0.2  # this near a stronger onset, a weaker one counts only if it reaches ...
    masking_share: float = 0.5  # ... this share of it: shards and rebounds belong to their hit
    latency_s: float = 0.0067  # the flux of a hit peaks this early, as its window sees it coming


@cache
def _mel(settings: OnsetSettings) -> torchaudio.transforms.MelSpectrogram:
    return torchaudio.transforms.MelSpectrogram(
        RATE_HZ, n_fft=settings.fft, hop_length=HOP, n_mels=settings.bands, f_min=60.0, power=1.0, mel_scale="htk"
    )


def onset_strength(audio: Audio, settings: OnsetSettings = OnsetSettings()) -> Tensor:
    """Mean rise of the mel bands in decibels at 100 Hz, float32 [T]; frame k is centred on k / 100 seconds."""
    wave = resample(audio, RATE_HZ).samples.mean(0)
    # Mirrored at the ends, so that a sound already there is no onset; a sliver needs the length to be mirrored.
    mel = _mel(settings)(F.pad(wave, (0, max(0, settings.fft - len(wave)))))
    # Levels are relative to the clip's loudest band, so that a gain changes nothing; digital silence stays silent.
    level = 20 * (mel / mel.max().clamp_min(1e-8)).clamp_min(10 ** (-settings.floor_db / 20)).log10()
    # The maximum over three bands keeps a gliding pitch from counting as a new sound.
    before = F.max_pool1d(level.T, 3, stride=1, padding=1).T
    rise = (level[:, settings.lag :] - before[:, : -settings.lag]).clamp_min(0).mean(0)
    # The pair (k, k + lag) describes the moment between them.
    return F.pad(rise, (settings.lag // 2, settings.lag - settings.lag // 2))


def detect_onsets(audio: Audio, settings: OnsetSettings = OnsetSettings()) -> np.ndarray:
    """Times in seconds at which sounds start, float64 [n], ascending."""
    return onsets_in(onset_strength(audio, settings), settings)


def onsets_in(strength: Tensor, settings: OnsetSettings = OnsetSettings()) -> np.ndarray:
    """The same from what `onset_strength` heard."""
    strength = strength.numpy().astype(np.float64)
    around = round(settings.around_s * FRAME_RATE_HZ)
    padded = np.pad(strength, around, mode="reflect" if len(strength) > around else "edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1), axis=1)
    rise = strength - usual
    left, right = np.pad(strength, (1, 0))[:-1], np.pad(strength, (0, 1))[1:]
    tops = np.flatnonzero((rise > settings.rise_db) & (strength >= left) & (strength > right))
    kept = np.zeros(len(strength), bool)
    reach = math.ceil(max(settings.masking_s, settings.gap_s) * FRAME_RATE_HZ)
    for top in tops[np.argsort(-strength[tops], kind="stable")]:
        first = max(0, top - reach)
        others = first + np.flatnonzero(kept[first : top + reach + 1])
        apart = np.abs(others - top)
        masked = rise[top] < settings.masking_share * rise[others[apart < settings.masking_s * FRAME_RATE_HZ]]
        kept[top] = not masked.any() and not (apart < settings.gap_s * FRAME_RATE_HZ).any()
    times = np.array([_summit(strength, top) for top in np.flatnonzero(kept)]) / FRAME_RATE_HZ
    return (times + settings.latency_s).clip(0)


def _summit(strength: np.ndarray, top: int) -> float:
    """Where the parabola through a peak and its neighbours is highest, in frames."""
    if not 0 < top < len(strength) - 1:
        return float(top)
    left, middle, right = strength[top - 1 : top + 2]
    return top + 0.5 * (left - right) / min(left - 2 * middle + right, -1e-9)


@dataclass(frozen=True)
class OnsetScore:
    """Counts over one or more clips, and of every pair, in seconds, the offset (positive: the sound is late) and both.

    matched_s has the times of each pair's onset and event.
    """

    pairs: int = 0
    detected: int = 0
    expected: int = 0
    offsets_s: tuple[float, ...] = field(default=(), repr=False)
    matched_s: tuple[tuple[float, float], ...] = field(default=(), repr=False)

    def __add__(self, other: "OnsetScore") -> "OnsetScore":
        return OnsetScore(
            self.pairs + other.pairs,
            self.detected + other.detected,
            self.expected + other.expected,
            self.offsets_s + other.offsets_s,
            self.matched_s + other.matched_s,
        )

    @property
    def precision(self) -> float:
        """Share of detected onsets that an event explains."""
        return self.pairs / self.detected if self.detected else 0.0

    @property
    def recall(self) -> float:
        """Share of events that are heard."""
        return self.pairs / self.expected if self.expected else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there was nothing to hear and nothing was heard."""
        total = self.detected + self.expected
        return 2 * self.pairs / total if total else 1.0

    @property
    def median_offset_s(self) -> float:
        """Median of the signed offsets; nan without pairs."""
        return float(np.median(self.offsets_s)) if self.offsets_s else float("nan")

    @property
    def median_abs_offset_s(self) -> float:
        """Median of the offsets' sizes; nan without pairs."""
        return float(np.median(np.abs(self.offsets_s))) if self.offsets_s else float("nan")


def match_onsets(detected_s: np.ndarray, expected_s: np.ndarray, tolerance_s: float = 0.05) -> OnsetScore:
    """Pair onsets with events one to one within a tolerance: as many pairs as can be, then the smallest total offset.

    Both are times in seconds in any order. No pair spans a pause longer than the tolerance, so what lies between such
    pauses is paired by itself: the work grows with the length of a sound, not with its square.
    """
    detected, expected = np.sort(detected_s), np.sort(expected_s)
    times = np.sort(np.concatenate((detected, expected)))
    pauses = times[1:][np.diff(times) > tolerance_s + 1e-9]
    groups = (np.split(some, np.searchsorted(some, pauses)) for some in (detected, expected))
    return sum((_paired(*group, tolerance_s) for group in zip(*groups, strict=True)), OnsetScore())


def _paired(detected: np.ndarray, expected: np.ndarray, tolerance_s: float) -> OnsetScore:
    """The best pairing of two sorted lists; on a line it keeps the order, so dynamic programming finds it."""
    # best[i][j] = (-pairs, total offset, offsets, pairs) over the first i onsets and j events; smaller is better.
    best = [[(0, 0.0, (), ())] * (len(expected) + 1) for _ in range(len(detected) + 1)]
    for i, onset in enumerate(detected, 1):
        for j, event in enumerate(expected, 1):
            best[i][j] = min(best[i - 1][j], best[i][j - 1])
            offset = float(onset - event)
            # Times are sums of floats: a pair on the edge counts.
            if abs(offset) <= tolerance_s + 1e-9:
                pairs, total, offsets, matched = best[i - 1][j - 1]
                longer = (*offsets, offset), (*matched, (float(onset), float(event)))
                best[i][j] = min(best[i][j], (pairs - 1, total + abs(offset), *longer))
    pairs, _, offsets, matched = best[-1][-1]
    return OnsetScore(-pairs, len(detected), len(expected), offsets, matched)
