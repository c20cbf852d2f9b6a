"""How long each sound of a line lasts, and when: typical durations, stretched to the line's start and end."""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from torch import Tensor

from ..errors import InputError
from .phonemes import SILENCE, TOKEN_RATE_HZ, Span, Word, phoneme_of, token_ids, word_spans, words_of
from .spelling import LONG, NONE
from .transcript import SLACK_S, Transcript

# How far all sounds may go from their typical length, in deviations of each: what is left over then is silence behind
# the line, and a line that is still too long is sped up evenly.
SLOWEST, FASTEST = 1.5, -2.5
# Seconds and deviation (of the logarithm) of a pause at a comma, and at the end of a sentence.
_PAUSES = {1: (0.18, 0.5), LONG: (0.4, 0.5)}
# A mouth that speaks for less than this share of what the words typically take is not the one that says them.
_ENOUGH = 0.7
# A mouth more open than this, now or a moment ago or hence, is speaking.
_OPEN, _MOMENT = 0.15, 4


def transcript_track(
    transcript: Transcript, tokens: int, mouth: Tensor | None = None
) -> tuple[Tensor, list[list[tuple[str, float, float]]]]:
    """A transcript as phonemes, int64 [tokens] at 25 Hz, and for each line its (word, start, end) in seconds.

    mouth, where it is known: how open the mouth is seen in each token, 0..1 [tokens]. Of a line that is only partly in
    those tokens too little is seen to fit it to.
    """
    lines, spoken = [], []
    for line in transcript.lines:
        words = words_of(line.text)
        is_whole = line.start_s >= 0 and line.end_s <= tokens / TOKEN_RATE_HZ + SLACK_S
        lines.append(place(words, line.start_s, line.end_s, mouth if is_whole else None))
        spoken.append([(words[i].text, start, end) for i, (start, end) in sorted(word_spans(lines[-1]).items())])
    return token_ids(lines, tokens), spoken


def place(words: list[Word], start_s: float, end_s: float, mouth: Tensor | None = None) -> list[Span]:
    """The sounds and pauses of a line, end to end from start_s to end_s; raises InputError for an empty span.

    Every sound is stretched by the same number of its own deviations (Campbell and Isard 1991, elasticity). With
    a mouth (as in `transcript_track`) speech goes on only where it speaks and waits where it is closed for longer,
    unless it hardly speaks at all.
    """
    if not (np.isfinite(start_s) and np.isfinite(end_s) and start_s < end_s):
        raise InputError(f"a spoken line from {start_s!r} to {end_s!r} s has no length: give it an end after its start")
    sounds = _sounds(words)
    if not sounds:
        return [Span(SILENCE, start_s, end_s)]
    passed_s, clock_s = _clock(start_s, end_s, mouth)
    if passed_s[-1] < _ENOUGH * min(natural_s(words), end_s - start_s):
        passed_s, clock_s = _clock(start_s, end_s, None)
    lengths = _stretched(np.array([mean for *_, mean, _ in sounds]), np.array([d for *_, d in sounds]), passed_s[-1])
    ends = np.minimum(np.cumsum(lengths), passed_s[-1])
    spans, now = [], start_s
    for (name, word, *_), begins, stops in zip(sounds, [0.0, *ends[:-1]], ends, strict=True):
        # A sound that could begin on either side of a closed mouth begins behind it, one that ends there ends before.
        i, j = np.searchsorted(passed_s[:-1], begins, "right") - 1, np.searchsorted(passed_s, stops - 1e-9)
        first = max(float(clock_s[i] + begins - passed_s[i]), now)
        last = max(float(clock_s[j] + stops - passed_s[j]), first)
        if first > now + 1e-6:
            spans.append(Span(SILENCE, now, first))
        spans.append(Span(name, now if first <= now + 1e-6 else first, last, word))
        now = last
    if end_s - now > 1e-6:
        return [*spans, Span(SILENCE, now, end_s)]
    return [*spans[:-1], replace(spans[-1], end_s=end_s)]


def natural_s(words: list[Word]) -> float:
    """Seconds that the words typically take."""
    return float(sum(np.exp(mean) for *_, mean, _ in _sounds(words)))


def duration_key(symbols: tuple[str, ...], at: int, is_last: bool) -> str:
    """Which typical duration a symbol of a word has: by itself, its place, and whether a pause follows its syllable."""
    vowels = [i for i, symbol in enumerate(symbols) if symbol[-1].isdigit()]
    if is_last and at >= (vowels[-1] if vowels else 0):
        return f"{symbols[at]} final"
    return f"{symbols[at]} initial" if at == 0 else f"{symbols[at]} inner"


def _sounds(words: list[Word]) -> list[tuple[str, int, float, float]]:
    """(phoneme, word, mean and deviation of the logarithm of its seconds) of a line, pauses between words included."""
    sounds = []
    for number, word in enumerate(words):
        at_end = number == len(words) - 1
        for i, symbol in enumerate(word.symbols):
            mean, deviation = _durations()[duration_key(word.symbols, i, at_end or word.pause > NONE)]
            sounds.append((phoneme_of(symbol), number, mean, deviation))
        if word.pause > NONE and not at_end:
            pause_s, deviation = _PAUSES[word.pause]
            sounds.append((SILENCE, -1, float(np.log(pause_s)), deviation))
    return sounds


def _stretched(mean: np.ndarray, deviation: np.ndarray, span_s: float) -> np.ndarray:
    low, high = FASTEST, SLOWEST
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if np.exp(mean + middle * deviation).sum() < span_s else (low, middle)
    lengths = np.exp(mean + low * deviation)
    total = lengths.sum()
    return lengths if high == SLOWEST and total < span_s else lengths * (span_s / total)


def _clock(start_s: float, end_s: float, mouth: Tensor | None) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of speech passed, and the seconds of the clip at which they have: knots of a line from 0 on."""
    if mouth is None:
        return np.array([0.0, end_s - start_s]), np.array([start_s, end_s])
    opening = np.pad(mouth.numpy().astype(np.float64), _MOMENT)
    speaks = np.lib.stride_tricks.sliding_window_view(opening, 2 * _MOMENT + 1).max(1) > _OPEN
    inner = np.arange(np.floor(start_s * TOKEN_RATE_HZ) + 1, np.ceil(end_s * TOKEN_RATE_HZ)) / TOKEN_RATE_HZ
    clock_s = np.concatenate([[start_s], inner, [end_s]])
    token = np.clip(((clock_s[:-1] + clock_s[1:]) / 2 * TOKEN_RATE_HZ).astype(int), 0, len(mouth) - 1)
    passed_s = np.cumsum(np.diff(clock_s) * speaks[token])
    return np.concatenate([[0.0], passed_s]), clock_s


@lru_cache(maxsize=1)
def _durations() -> dict[str, tuple[float, float]]:
    """Mean and deviation of the logarithm of the seconds, by `duration_key`."""
    return json.loads(Path(__file__).with_name("durations.json").read_text())
