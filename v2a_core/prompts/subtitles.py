"""Transcripts in and out of text: SubRip (SRT), WebVTT, and lines such as `ANNA [0.5-2.0]: hello`."""

import html
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, takewhile, zip_longest

from ..errors import InputError
from .lines import CLOCK, mistake, numbered_lines, read_text, seconds
from .transcript import Line, Transcript, describe

MAX_LINES = 10_000
MAX_WORDS = 1000  # characters of one line
MAX_MARKED = 4000  # of one with its mark-up; Python reads no number of more than 4,300 digits, as &#...; may hold

_ARROW = re.compile(rf"\s*(-?{CLOCK})\s*-->\s*(-?{CLOCK})(?=\s|$)")
_SPAN = re.compile(rf"([^\[\]]{{0,100}})\[\s*(-?{CLOCK})\s*[-–]\s*(-?{CLOCK})\s*\]\s*:?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?\s{1,10}([^<>]{1,100})>")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]{0,200}>|\{\\[^{}]{0,200}\}")
# ANNA: hello. Not "Note: hello" and not 10:30.
_NAME = re.compile(r"(?!\d)([^:.,!?]{1,40}):\s+")
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_ROLLING = re.compile(r"<\d{1,4}:\d\d[:.]")  # a word's own time: captions that roll up while they are spoken


def parse_transcript(text: str, name: str = "The transcript") -> Transcript:
    """The transcript that a text holds, in whichever of the three forms it is written.

    A speaker is named by WebVTT's <v Anna>, by capitals and a colon (ANNA: hello), or before the time in the third
    form. Mark-up such as <i> is left out. A subtitle without a speaker ends where the next of them begins. Raises
    InputError that quotes the line; name is what it calls the text.
    """
    numbered = numbered_lines(text, name)
    is_webvtt = re.match(r"WEBVTT(?:\s|$)", numbered[0][1]) is not None
    is_subtitles = is_webvtt or any("-->" in line for _, line in numbered)
    if is_subtitles:
        lines = _subtitles(numbered, name, is_webvtt)
    else:
        lines = (_line(number, line, name) for number, line in numbered if line.strip())
    kept = []
    for line in lines:
        if len(kept) == MAX_LINES:
            raise InputError(f"{name} has more than {MAX_LINES:,} lines: make two of it.")
        kept.append(line)
    return Transcript.of(_in_turn(kept, name) if is_subtitles else kept, name)


def read_transcript(path: str | os.PathLike) -> Transcript:
    """The transcript of a file, which errors call by its path; raises InputError as read_text and parse_transcript."""
    name = f"The file {path}"
    return parse_transcript(read_text(path, name), name)


def write_srt(transcript: Transcript) -> str:
    """A transcript as SubRip text, speakers in capitals before their words."""
    blocks = []
    for number, line in enumerate(transcript.lines, 1):
        words = f"{line.speaker.upper()}: {line.text}" if line.speaker else line.text
        blocks.append(f"{number}\n{_srt_clock(line.start_s)} --> {_srt_clock(line.end_s)}\n{words}\n")
    return "\n".join(blocks)


def write_blanks(spans: Iterable[tuple[float, float]], words: str = "...") -> str:
    """A line a span of seconds, to be filled in: the third form of a transcript, and a cue sheet's too."""
    return "\n".join(f"[{_clock(start_s)}-{_clock(end_s)}] {words}" for start_s, end_s in spans)


def _clock(at_s: float) -> str:
    minutes, tenths = divmod(round(at_s * 10), 600)
    return f"{minutes // 60:02}:{minutes % 60:02}:{tenths // 10:02}.{tenths % 10}"


def _srt_clock(at_s: float) -> str:
    minutes, milliseconds = divmod(round(at_s * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def _subtitles(numbered: list[tuple[int, str]], name: str, is_webvtt: bool) -> Iterator[Line]:
    rolls, above = is_webvtt and any(_ROLLING.search(line) for _, line in numbered), ""
    for block in _blocks(_body(numbered) if is_webvtt else numbered):
        if is_webvtt and _NO_CUE.match(block[0][1]):
            continue
        at = _times_at(block)
        if at is None:
            number, line = block[0]
            raise mistake(name, number, line, 0, "expected a subtitle's times, such as 00:00:01,500 --> 00:00:03,000")
        number, line = block[at]
        arrow = _ARROW.match(line)
        if not arrow:
            raise mistake(name, number, line, 0, "expected two times, such as 00:00:01,500 --> 00:00:03,000")
        start_s, end_s = _checked(arrow, 1, number, name)
        rows = [row for _, row in block[at + 1 :]]
        if rolls:
            # The upper row is what was said before, moved up.
            plain = [_TAG.sub("", row).strip() for row in rows]
            rows = [row for row, said in zip(rows, plain, strict=True) if said != above]
            above = plain[-1] if plain else ""
        words = " ".join(rows)
        if len(words) > MAX_MARKED:
            raise _too_long(words, number, line, name)
        voice = _VOICE.search(words)
        words = _TAG.sub("", _VOICE.sub("", words))
        words = html.unescape(words) if is_webvtt else words
        speaker, words = (voice[1], words) if voice else _named(words)
        if words.strip():  # an empty subtitle is a pause
            yield _spoken(start_s, end_s, words, speaker, number, line, name)


def _body(numbered: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """What follows WebVTT's header, which ends with a blank line or where the first times are."""
    header = takewhile(lambda at: numbered[at][1].strip() and "-->" not in numbered[at][1], range(1, len(numbered)))
    return numbered[1 + sum(1 for _ in header) :]


def _blocks(numbered: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Lines between blank ones; the words of a subtitle may come below a blank row, as in YouTube's captions."""
    block: list[tuple[int, str]] = []
    for is_text, lines in groupby(numbered, key=lambda each: bool(each[1].strip())):
        if not is_text:
            continue
        following = list(lines)
        if block and (_times_at(following) is not None or _NO_CUE.match(following[0][1])):
            yield block
            block = []
        block += following
        if "-->" not in block[-1][1]:
            yield block
            block = []
    if block:
        yield block


def _times_at(block: list[tuple[int, str]]) -> int | None:
    """Where a block has its times: a number or a name may stand above them."""
    return next((at for at, (_, line) in enumerate(block[:2]) if "-->" in line), None)


def _in_turn(lines: Iterable[Line], name: str) -> Iterator[Line]:
    """Lines of which those without a speaker come one after the other: subtitles stay on while the next is shown.

    Those that begin at once are one line; raises InputError where that is more than one says.
    """
    lines = sorted(lines, key=lambda line: (line.start_s, line.end_s))
    unnamed = groupby((line for line in lines if not line.speaker), key=lambda line: line.start_s)
    at_once = [list(group) for _, group in unnamed]
    for group, following in zip_longest(at_once, at_once[1:]):
        words, end_s = " ".join(line.text for line in group), group[-1].end_s
        if len(words) > MAX_WORDS:
            raise InputError(
                f"{name}: {len(words):,} characters begin at once, the first of them {describe(group[0])}: "
                f"shorten them to {MAX_WORDS:,}."
            )
        yield replace(group[-1], end_s=min(end_s, following[0].start_s) if following else end_s, text=words)
    yield from (line for line in lines if line.speaker)


def _line(number: int, line: str, name: str) -> Line:
    head = _SPAN.match(line)
    if not head:
        bracket = max(0, line.find("["))
        raise mistake(name, number, line, bracket, "expected a speaker and a span, such as ANNA [0.5-2.0]: hello")
    start_s, end_s = _checked(head, 2, number, name)
    words = line[head.end() :]
    if not words.strip():
        raise mistake(name, number, line, len(line), "there are no words after the time")
    return _spoken(start_s, end_s, words, head[1], number, line, name)


def _named(words: str) -> tuple[str, str]:
    """Speaker and words of `ANNA: hello`; no speaker where no capitals stand before a colon."""
    name = _NAME.match(words.lstrip())
    if name and name[1] == name[1].upper() and any(map(str.isalpha, name[1])):
        return name[1], words.lstrip()[name.end() :]
    return "", words


def _checked(times: re.Match, group: int, number: int, name: str) -> tuple[float, float]:
    """Start and end in seconds of the match's two times; raises InputError unless the one is before the other."""
    start, end = times[group], times[group + 1]
    for clock, at in ((start, group), (end, group + 1)):
        if clock.startswith("-"):
            raise mistake(name, number, times.string, times.start(at), f"the time {clock} is negative: count from 0")
    if seconds(end) <= seconds(start):
        what = f"the line ends at {end}, which is not after its start at {start}"
        raise mistake(name, number, times.string, times.start(group + 1), what)
    return seconds(start), seconds(end)


def _spoken(start_s: float, end_s: float, words: str, speaker: str, number: int, line: str, name: str) -> Line:
    words, speaker = " ".join(words.split()), " ".join(speaker.split()).rstrip(" :")
    if len(words) > MAX_WORDS:
        raise _too_long(words, number, line, name)
    return Line(start_s, end_s, words, speaker)


def _too_long(words: str, number: int, line: str, name: str) -> InputError:
    return mistake(name, number, line, 0, f"{len(words):,} characters are more than one says: use {MAX_WORDS:,}")
