"""English text to the sounds of speech, and the sounds as numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from .lexicon import CONSONANTS, VOWELS, pronounce
from .spelling import read_aloud

TOKEN_RATE_HZ = 25
SILENCE = ""
# The schwa of "about", AH0 in the lexicon, is so common and so short that it has a name of its own.
SCHWA = "AX"
PHONEMES = (SILENCE, *sorted([*CONSONANTS, *VOWELS, SCHWA]))
PHONEME_IDS = {phoneme: number for number, phoneme in enumerate(PHONEMES)}


@dataclass(frozen=True)
class Word:
    """A word as it is said: its letters, ARPAbet with stress, and the pause behind it (`spelling.NONE` to `LONG`)."""

    text: str
    symbols: tuple[str, ...]
    pause: int = 0


@dataclass(frozen=True)
class Span:
    """A stretch of speech in seconds: a phoneme of PHONEMES, and the place of its word in the line (-1: silence)."""

    phoneme: str
    start_s: float
    end_s: float
    word: int = -1


def words_of(text: str) -> list[Word]:
    """The words of a text with their pronunciations; what can't be read in English is left out."""
    return [Word(text, pronounce(text), pause) for text, pause in read_aloud(text)]


def phoneme_of(symbol: str) -> str:
    """The phoneme of an ARPAbet symbol with stress: AA1 is AA, AH0 is AX."""
    return SCHWA if symbol == "AH0" else symbol.rstrip("012")


def word_spans(spans: Iterable[Span]) -> dict[int, tuple[float, float]]:
    """Start and end in seconds of each word, by its place in the line."""
    words: dict[int, tuple[float, float]] = {}
    for span in spans:
        if span.word >= 0:
            start, end = words.get(span.word, (span.start_s, span.end_s))
            words[span.word] = min(start, span.start_s), max(end, span.end_s)
    return words


def token_ids(lines: Iterable[list[Span]], tokens: int) -> Tensor:
    """The phoneme of each 1/25 s, int64 [tokens] into PHONEMES; 0 is silence, within lines and outside of them.

    lines: the spans of one line each, in order of time. Every phoneme of a line has at least one token as long as
    there are enough of them; its place is then off by a token or two at most. Of lines at one time the later wins.
    """
    ids = torch.zeros(tokens, dtype=torch.int64)
    for spans in lines:
        starts = _starts([span.start_s for span in spans], spans[-1].end_s) if spans else []
        for span, first, last in zip(spans, starts, starts[1:], strict=False):
            ids[max(first, 0) : max(last, 0)] = PHONEME_IDS[span.phoneme]
    return ids


def _starts(times_s: list[float], end_s: float) -> list[int]:
    """First tokens of spans that start at these times, and the token behind the last, one apart where there is room."""
    starts = [round(time * TOKEN_RATE_HZ) for time in [*times_s, end_s]]
    count, room = len(times_s), starts[-1] - starts[0]
    if room < count:
        return [starts[0] + i * room // count for i in range(count + 1)]
    for i in range(1, count + 1):
        starts[i] = max(starts[i], starts[i - 1] + 1)
    last = round(end_s * TOKEN_RATE_HZ)
    return [min(start, last - (count - i)) for i, start in enumerate(starts)]
