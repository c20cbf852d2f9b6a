"""Who says what, when."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One spoken line: its span in seconds, its words, and its speaker where one is named."""

    start_s: float
    end_s: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Transcript:
    """The spoken lines of a soundtrack in order of time."""

    lines: tuple[Line, ...] = ()
