"""Speech fitted to the times at which it is said, without a change of pitch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import av
import numpy as np
import torch

from ..errors import InputError
from .audio import Audio, fit_length, match_channels, resample
from .ducking import STEP_S, levels_dbfs

Progress = Callable[[str, int, int], None]

MOST_STRETCH = 1.25  # beyond, speech sounds hurried or drawn out
# What is this much below the loudest of an utterance is a pause; a pause shorter than this belongs to a word.
_PAUSE_DB, _PAUSE_S = -40.0, 0.12
_SAME = 0.005


@dataclass(frozen=True)
class Fit:
    """How one utterance fits its span: its own length in seconds, how many times faster it is said, and its end."""

    start_s: float
    end_s: float
    spoken_s: float
    speed: float

    @property
    def ends_s(self) -> float:
        return self.start_s + self.spoken_s / self.speed

    def __str__(self) -> str:
        how = f"{self.speed:.2f} times faster" if self.speed > 1 else f"{1 / self.speed:.2f} times slower"
        how = "as it is" if self.speed == 1 else how
        off_s = self.ends_s - self.end_s
        end = "" if abs(off_s) < 0.02 else f", ends {abs(off_s):.2f} s {'late' if off_s > 0 else 'early'}"
        return f"{self.spoken_s:.2f} s of speech for {self.end_s - self.start_s:.2f} s: {how}{end}"


def place_speech(
    utterances: Sequence[Audio],
    spans: Sequence[tuple[float, float]],
    most: float = MOST_STRETCH,
    progress: Progress | None = None,
) -> tuple[Audio, tuple[Fit, ...]]:
    """Utterances said at the given spans in seconds, as one mono sound, and how each fits.

    Silence around an utterance is left out. It is said up to `most` times faster or slower to fill its span; past that
    it ends early or late. One utterance for several spans is cut at its longest pauses first.
    """
    if not spans:
        raise InputError("The transcript has no lines: there is nowhere to put the speech.")
    if not 1 <= most <= 2:
        raise InputError(f"The limit of the stretch is {most!r}: give a number from 1 (none) to 2.")
    if len(utterances) == 1 < len(spans):
        utterances = split_at_pauses(utterances[0], len(spans))
    if len(utterances) != len(spans):
        raise InputError(
            f"There are {len(utterances)} sounds of speech for {len(spans)} lines: give one a line, or one of all."
        )
    rate_hz = max(utterance.rate_hz for utterance in utterances)
    placed, fits = [], []
    for utterance, (start_s, end_s) in zip(utterances, spans, strict=True):
        if progress:
            progress("place speech", len(placed), len(spans))
        voice = trim(resample(Audio(match_channels(utterance.samples, 1), utterance.rate_hz), rate_hz))
        speed = min(max(voice.duration_s / (end_s - start_s), 1 / most), most)
        speed = 1.0 if abs(speed - 1) < _SAME else speed
        fits.append(Fit(start_s, end_s, voice.duration_s, speed))
        placed.append((round(start_s * rate_hz), stretch(voice, speed).samples))
    total = torch.zeros(1, max(start + samples.shape[-1] for start, samples in placed))
    for start, samples in placed:
        total[:, start : start + samples.shape[-1]] += samples
    return Audio(total, rate_hz), tuple(fits)


def stretch(audio: Audio, speed: float) -> Audio:
    """The sound `speed` times faster at the same pitch, 0.5 to 2: FFmpeg's atempo (WSOLA); mono [1, N]."""
    if speed == 1:
        return audio
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=audio.rate_hz, format="fltp", layout="mono")
    sink = graph.add("abuffersink")
    graph.link_nodes(source, graph.add("atempo", f"{speed:.6f}"), sink).configure()
    frame = av.AudioFrame.from_ndarray(audio.samples.contiguous().numpy(), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = audio.rate_hz, 0
    source.push(frame)
    source.push(None)
    parts = []
    while True:
        try:
            parts.append(sink.pull().to_ndarray().reshape(1, -1))
        except (av.BlockingIOError, av.EOFError):
            break
    # The filter gives nothing for a sound that is shorter than its window.
    made = torch.from_numpy(np.concatenate(parts, 1)) if parts else audio.samples
    return fit_length(Audio(made, audio.rate_hz), audio.duration_s / speed)


def trim(audio: Audio) -> Audio:
    """The sound without the silence before and after it; raises InputError where there is nothing else."""
    first, last = _words(audio)[0][0], _words(audio)[-1][1]
    return Audio(audio.samples[:, first:last], audio.rate_hz)


def split_at_pauses(audio: Audio, count: int) -> list[Audio]:
    """A recording of `count` utterances, cut in the middle of its longest pauses."""
    words = _words(audio)
    if len(words) < count:
        raise InputError(
            f"The speech has {len(words) - 1} pauses and the transcript {count} lines: give one sound a line, or say "
            "the lines with a pause after each."
        )
    pauses = sorted(range(len(words) - 1), key=lambda i: words[i][1] - words[i + 1][0])[: count - 1]
    cuts = [0, *sorted((words[i][1] + words[i + 1][0]) // 2 for i in pauses), audio.samples.shape[-1]]
    return [Audio(audio.samples[:, a:b], audio.rate_hz) for a, b in pairwise(cuts)]


def _words(audio: Audio) -> list[tuple[int, int]]:
    """Spans in samples of what is heard between pauses."""
    levels = levels_dbfs(audio)
    if levels.max() < -90:
        raise InputError("The speech is silent: check the node that makes it.")
    heard = (levels > levels.max() + _PAUSE_DB).nonzero()[:, 0].tolist()
    step, shortest = round(STEP_S * audio.rate_hz), ceil(_PAUSE_S / STEP_S)
    edges = [i for i in range(1, len(heard)) if heard[i] - heard[i - 1] > shortest]
    groups = zip([0, *edges], [*edges, len(heard)], strict=True)
    return [(heard[a] * step, min((heard[b - 1] + 1) * step, audio.samples.shape[-1])) for a, b in groups]
