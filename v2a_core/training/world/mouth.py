"""What a mouth does while it speaks: the lips' shape for every phoneme, blended from each to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...prompts.phonemes import SILENCE, Span

# (open, wide, teeth): how far the lips are apart 0..1, drawn to the sides 1 or rounded -1, how much of the teeth shows.
_SHAPES = {
    (0.0, 0.0, 0.0): (SILENCE,),
    (0.0, -0.05, 0.0): ("P", "B", "M"),
    (0.12, 0.1, 0.9): ("F", "V"),
    (0.25, 0.1, 0.55): ("TH", "DH"),
    (0.18, 0.35, 0.9): ("S", "Z"),
    (0.25, -0.6, 0.7): ("SH", "ZH", "CH", "JH"),
    (0.25, 0.2, 0.5): ("T", "D", "N", "L"),
    (0.3, 0.1, 0.3): ("K", "G", "NG", "HH", "Y"),
    (0.22, -0.6, 0.2): ("R", "ER"),
    (0.15, -1.0, 0.0): ("W",),
    (0.3, 0.9, 0.6): ("IY",),
    (0.4, 0.6, 0.5): ("IH", "EY"),
    (0.6, 0.5, 0.5): ("EH",),
    (0.85, 0.6, 0.5): ("AE",),
    (0.4, 0.0, 0.3): ("AX",),
    (0.55, 0.0, 0.3): ("AH", "UH"),
    (1.0, 0.1, 0.35): ("AA", "AY", "AW"),
    (0.75, -0.5, 0.1): ("AO", "OY"),
    (0.5, -0.8, 0.0): ("OW",),
    (0.25, -1.0, 0.0): ("UW",),
}
VISEMES = {phoneme: shape for shape, phonemes in _SHAPES.items() for phoneme in phonemes}
# Lips that must meet pull hard against their neighbours, as do teeth on a lip; a tongue behind the teeth hardly does.
_PULL = dict.fromkeys("PBM", 20.0) | dict.fromkeys("FV", 10.0) | dict.fromkeys(("W", "UW", "SH", "CH", "JH"), 4.0)
_WEAK = dict.fromkeys(("T", "D", "N", "L", "K", "G", "NG", "HH", "DH", "S", "Z"), 0.6)
_SHUT = ("P", "B", "M", "F", "V")
_RATE_HZ = 200
# How far a sound reaches into its neighbours; those that shut the lips pull hard but let go at once.
_REACH_S, _SHUT_REACH_S = 0.035, 0.012


@dataclass(frozen=True)
class Mouth:
    """The lips over time: `open` 0..1, `wide` -1..1, `teeth` 0..1 at 200 Hz from 0 on."""

    table: np.ndarray

    def __call__(self, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """open, wide and teeth at seconds [T], each [T]."""
        grid = np.arange(self.table.shape[1]) / _RATE_HZ
        return tuple(np.interp(times_s, grid, row) for row in self.table)


def mouth_of(spans: Sequence[Span], duration_s: float, effort: float = 1.0) -> Mouth:
    """The lips that say the spans, closed before, between and after; `effort` scales how far they open.

    Every phoneme pulls the lips to its shape, fully within its span and the less the farther from it: the dominance
    functions of Cohen and Massaro 1993, "Modeling coarticulation in synthetic visual speech".
    """
    times = np.arange(int(np.ceil(duration_s * _RATE_HZ)) + 2) / _RATE_HZ
    # Rest pulls a little everywhere, so that the lips fall shut where nothing is said.
    weight = np.full(len(times), 0.03)
    total = np.zeros((3, len(times)))
    for span in spans:
        first, last = ((span.start_s, span.end_s)[k] * _RATE_HZ for k in (0, 1))
        part = slice(max(int(first) - _RATE_HZ // 2, 0), max(int(last) + _RATE_HZ // 2, 0))
        t = times[part]
        away = np.maximum(np.maximum(span.start_s - t, t - span.end_s), 0)
        pull = _PULL.get(span.phoneme, _WEAK.get(span.phoneme, 1.0)) * np.exp(
            -away / (_SHUT_REACH_S if span.phoneme in _SHUT else _REACH_S)
        )
        weight[part] += pull
        total[:, part] += pull * np.array(VISEMES[span.phoneme])[:, None]
    shape = total / weight
    shape[0] *= effort
    return Mouth(np.clip(shape, [[0], [-1], [0]], 1))
