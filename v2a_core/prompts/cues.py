"""Prompts with times: which words govern which seconds of the sound.

A cue sheet has a cue a line:

    quiet street at night, -music
    [0.0-3.2] footsteps on gravel
    [3.2s] door slams
    [00:01:05.500-00:01:10] rain -music

A line without a time applies throughout. An instant, `[3.2s]`, lasts INSTANT_S from there. A minus before a word makes
what follows negative, up to the next comma, semicolon or minus; a minus inside a word, as in "lo-fi", is a hyphen.
"""

import math
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike

from ..errors import InputError
from .lines import CLOCK, mistake, numbered_lines, read_text, seconds

INSTANT_S = 1.0
MAX_SHEET = 100_000  # characters
MAX_CUES = 1000
MAX_WORDS = 2000  # characters of one cue
# A cue may end this much after the video: people round.
SLACK_S = 0.1

_HEAD = re.compile(r"\s*\[\s*")
_TIME = re.compile(CLOCK)
_TO = re.compile(r"\s*[-–]\s*")
_END = re.compile(r"\s*\]")
_MINUS = re.compile(r"(?:(?<=[\s,;])|^)-(?=[^\s\-])")
_BREAK = re.compile(r"[,;]")
_TIMED = re.compile(r"(?:^|[\r\n])[^\S\r\n]{0,99}\[[^\S\r\n]{0,99}[-–]?\d")


@dataclass(frozen=True)
class Cue:
    """What to hear and what not to hear from start_s to end_s, in seconds; an untimed cue is 0 to infinity."""

    start_s: float
    end_s: float
    positive: str
    negative: str = ""

    @property
    def is_timed(self) -> bool:
        return self.end_s != math.inf


@dataclass(frozen=True)
class Span:
    """A stretch of time in seconds over which the words in force stay the same."""

    start_s: float
    end_s: float
    positive: str
    negative: str


@dataclass(frozen=True)
class CueSheet:
    """Cues, the untimed ones first and then by their start."""

    cues: tuple[Cue, ...] = ()

    def positive(self, start_s: float = 0.0, end_s: float = math.inf) -> str:
        """What to hear somewhere in a span of seconds: the words of every cue that reaches into it, with commas."""
        return _list(cue.positive for cue in self._within(start_s, end_s))

    def negative(self, start_s: float = 0.0, end_s: float = math.inf) -> str:
        """What not to hear somewhere in a span of seconds."""
        return _list(cue.negative for cue in self._within(start_s, end_s))

    def spans(self, duration_s: float) -> tuple[Span, ...]:
        """[0, duration_s] cut wherever a cue starts or ends, with the words in force in each piece.

        Raises InputError where cues that are in force at once have more words than a prompt.
        """
        edges = {edge for cue in self.cues if cue.is_timed for edge in (cue.start_s, cue.end_s)}
        edges = [0.0, *sorted(edge for edge in edges if 0 < edge < duration_s), duration_s]
        coming, held, spans = deque(self.cues), [], []
        for start_s, end_s in pairwise(edges):
            while coming and coming[0].start_s < end_s:
                held.append(coming.popleft())
            held = [cue for cue in held if cue.end_s > start_s]
            words = _list(cue.positive for cue in held), _list(cue.negative for cue in held)
            longest = max(map(len, words))
            if len(edges) > 2 and longest > MAX_WORDS:
                raise InputError(
                    f"The cues in force at {start_s:g} s have {longest:,} characters together: shorten them to "
                    f"{MAX_WORDS:,}, or have fewer at once."
                )
            spans.append(Span(start_s, end_s, *words))
        return tuple(spans)

    def check(self, duration_s: float, name: str = "The prompt") -> None:
        """Raise InputError for the first cue that does not lie within the video's duration."""
        for cue in self.cues:
            # An instant near the end is cut short with the video.
            instant = math.isclose(cue.end_s - cue.start_s, INSTANT_S)
            last_s = cue.start_s if instant else cue.end_s
            if cue.is_timed and (cue.start_s >= duration_s or last_s > duration_s + SLACK_S):
                words = (cue.positive or "-" + cue.negative)[:40]
                raise InputError(
                    f"{name}: the cue [{cue.start_s:g}-{cue.end_s:g}] {words!r} reaches beyond the end of the video, "
                    f"which is {duration_s:g} s long: change its times."
                )

    def _within(self, start_s: float, end_s: float) -> list[Cue]:
        return [cue for cue in self.cues if cue.start_s < end_s and cue.end_s > start_s]


def cue_sheet(prompt: str, negative: str = "", more: tuple[Cue, ...] = ()) -> CueSheet:
    """What a prompt and a negative prompt say, either of which may be a cue sheet, and more cues.

    A text in which no line begins with a time is taken as it stands, its minuses and line breaks too. In a negative
    prompt that is a sheet the words are not to be heard, and those behind a minus are.
    """
    against = (Cue(c.start_s, c.end_s, c.negative, c.positive) for c in _taken(negative, "The negative prompt"))
    return _ordered((*_taken(prompt, "The prompt"), *against, *more))


def _taken(text: str, name: str) -> tuple[Cue, ...]:
    if is_timed(text):
        return parse_cues(text, name).cues
    return (Cue(0.0, math.inf, text),) if text else ()


def is_timed(text: str) -> bool:
    """Whether a line of the text begins with a time, which makes it a cue sheet."""
    return _TIMED.search(text) is not None


def parse_cues(text: str, name: str = "The prompt") -> CueSheet:
    """The cue sheet that a text holds; a prompt without times is one too.

    name is what an error calls the text. Raises InputError that quotes the line and points at the column.
    """
    cues = []
    for number, line in numbered_lines(text, name, MAX_SHEET):
        if not line.strip():
            continue
        if len(cues) == MAX_CUES:
            raise InputError(f"{name}, line {number}: this is more than {MAX_CUES:,} cues: make two sheets of it.")
        cues.append(_cue(line, number, name))
    return _ordered(cues)


def read_cues(path: str | PathLike) -> CueSheet:
    """The cue sheet that a file holds; raises InputError as parse_cues does, and for a file that can't be read."""
    name = f"The file {path}"
    return parse_cues(read_text(path, name), name)


def _ordered(cues: Iterable[Cue]) -> CueSheet:
    return CueSheet(tuple(sorted(cues, key=lambda cue: (cue.is_timed, cue.start_s))))


def _cue(line: str, number: int, name: str) -> Cue:
    def fail(at: int, what: str) -> InputError:
        return mistake(name, number, line, at, what)

    start_s, end_s, at = 0.0, math.inf, 0
    if head := _HEAD.match(line):
        start_s, end_s, at = _times(line, head.end(), fail)
    if len(line) - at > MAX_WORDS:
        raise fail(at, f"this cue has {len(line) - at:,} characters: shorten it to {MAX_WORDS:,}")
    positive, negative = _split(line[at:])
    if not (positive or negative):
        raise fail(len(line), "the cue has a time and no words: say what to hear, such as [0.0-3.2] footsteps")
    return Cue(start_s, end_s, positive, negative)


def _times(line: str, at: int, fail) -> tuple[float, float, int]:
    """Start and end in seconds of the time that begins at a column, and the column after its bracket."""
    start = _TIME.match(line, at)
    if not start and line[at : at + 1] in ("-", "–"):
        raise fail(at, "times count from 0: there are no negative ones")
    if not start:
        raise fail(at, "expected a time, such as in [0.0-3.2], [3.2s] or [00:01:05.500-00:01:10]")
    start_s = seconds(start[0])
    if closed := _END.match(line, start.end()):
        return start_s, start_s + INSTANT_S, closed.end()
    to = _TO.match(line, start.end())
    if not to:
        raise fail(start.end(), "expected - and the time of the end, or ]")
    end = _TIME.match(line, to.end())
    if not end:
        raise fail(to.end(), "expected the time of the end, such as 3.2 or 00:01:10")
    closed = _END.match(line, end.end())
    if not closed:
        raise fail(end.end(), "expected ] after the time")
    if seconds(end[0]) <= start_s:
        raise fail(end.start(), f"the cue ends at {end[0]}, which is not after its start at {start[0]}")
    return start_s, seconds(end[0]), closed.end()


def _split(words: str) -> tuple[str, str]:
    """Positive and negative words of a cue."""
    positive, negative = [], []
    first, *rest = _MINUS.split(words)
    positive.append(first)
    for piece in rest:
        against, *after = _BREAK.split(piece, maxsplit=1)
        negative.append(against)
        positive += after
    return _joined(positive), _joined(negative)


def _joined(parts) -> str:
    """Phrases with a comma between them, none twice."""
    return _list(" ".join(part.split()).strip(" ,;") for part in parts)


def _list(phrases: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, phrases)))
