"""From a recording to single hits with a known attack, and to even textures."""

from typing import NamedTuple

import numpy as np

from .packs import SAMPLE_RATE_HZ

_HOP = SAMPLE_RATE_HZ // 1000  # envelopes are per millisecond


class Hit(NamedTuple):
    """Where one hit starts and ends in a recording and where its attack is, in samples."""

    start: int
    attack: int
    end: int


def envelope(wave: np.ndarray, window_ms: int = 4) -> np.ndarray:
    """RMS over a few milliseconds, one value a millisecond."""
    energy = np.add.reduceat(np.square(wave, dtype=np.float64), np.arange(0, len(wave), _HOP)) / _HOP
    smooth = np.convolve(energy, np.full(window_ms, 1 / window_ms), mode="full")[: len(energy)]
    return np.sqrt(smooth)


def find_hits(wave: np.ndarray, least_ms: int = 90) -> list[Hit]:
    """Cut a recording at its onsets: rises by 10 dB or more, to 10 dB below the loudest moment or higher.

    Whatever follows within least_ms still belongs to a hit.
    """
    level = envelope(wave)
    peak = level.max()
    onsets: list[int] = []
    for t in np.flatnonzero(level >= 0.3 * peak):
        quiet = level[max(t - 25, 0) : t].min() if t > 8 else 0.0
        if level[t] >= 3.2 * quiet and (not onsets or t - onsets[-1] >= 220):
            onsets.append(int(t) + _half_way(level[t : t + 120]))
    return [_hit(wave, level, onset, _next_rise(level, onset, least_ms)) for onset in onsets]


def find_hit(wave: np.ndarray, least_ms: int = 90) -> Hit:
    """Find the first strong hit of a one-shot recording; a clear second one after least_ms is cut off."""
    level = envelope(wave)
    onset = _half_way(level)
    return _hit(wave, level, onset, _next_rise(level, onset, least_ms))


def _next_rise(level: np.ndarray, onset: int, least_ms: int) -> int:
    """Where the next hit begins, if it is a quarter as loud as this one, or the end."""
    loudest = level[onset : onset + 90].max()
    for t in range(onset + least_ms, len(level)):
        if level[t] > 0.25 * loudest and level[t] > 3 * level[t - 25 : t].min():
            return t
    return len(level)


def _half_way(level: np.ndarray) -> int:
    """The first moment at half of the loudest level: where the ear places the start of a sound that swells."""
    return int(np.argmax(level >= 0.5 * level.max()))


def _hit(wave: np.ndarray, level: np.ndarray, onset: int, end: int) -> Hit:
    # Walk back to the foot of the rise, then find the sample at which the hit really begins.
    foot = onset
    while foot > 0 and onset - foot < 12 and level[foot - 1] < level[foot] and level[foot] > 0.05 * level[onset]:
        foot -= 1
    first = max((foot - 4) * _HOP, 0)
    last = (onset + 8) * _HOP
    rise = np.abs(wave[first:last])
    attack = first + int(np.argmax(rise >= 0.4 * rise.max()))
    # A rise to the next hit belongs to the next hit; a tail ends where it is 50 dB down.
    stop = end * _HOP - (12 * _HOP if end < len(level) else 0)
    local = level[onset:end]
    loud = np.flatnonzero(local > 0.003 * local.max())
    stop = min(stop, (onset + int(loud[-1]) + 5) * _HOP, len(wave))
    return Hit(max(attack - 15 * _HOP, 0), attack, stop)


def take_hit(wave: np.ndarray, hit: Hit, max_s: float) -> tuple[np.ndarray, int]:
    """Cut a hit out with short fades, peak 1; returns the samples and the index of the attack."""
    stop = min(hit.end, hit.start + int(max_s * SAMPLE_RATE_HZ))
    cut = wave[hit.start : stop].astype(np.float32)
    lead = hit.attack - hit.start
    if lead:
        cut[:lead] *= np.linspace(0, 1, lead, dtype=np.float32) ** 2
    tail = min(len(cut) - lead, 30 * _HOP if stop == hit.end else 200 * _HOP)
    cut[len(cut) - tail :] *= np.linspace(1, 0, tail, dtype=np.float32) ** 2
    return cut / max(np.abs(cut).max(), 1e-6), lead


def even_out(wave: np.ndarray, amount: float = 0.8) -> np.ndarray:
    """Flatten a texture's slow loudness changes (over half a second and longer) so that a scene's level can rule.

    The result has an RMS of 0.1 (-20 dBFS) where the peaks allow it.
    """
    level = envelope(wave, 1)
    width = min(1000, len(level))
    kernel = np.hanning(width + 2)[1:-1]
    kernel /= kernel.sum()
    # Normalised convolution: the edges are averaged over what is there, not over silence.
    slow = np.sqrt(np.convolve(level**2, kernel, "same") / np.convolve(np.ones_like(level), kernel, "same"))
    gain = (slow + 0.05 * slow.max() + 1e-9) ** -amount
    even = wave * np.interp(np.arange(len(wave)), np.arange(len(gain)) * _HOP, gain)
    even *= 0.1 / np.sqrt(np.mean(even**2))
    peak = np.abs(even).max()
    return (even * min(1.0, 0.95 / peak)).astype(np.float32)
