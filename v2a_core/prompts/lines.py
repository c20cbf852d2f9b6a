"""Text that a person wrote: its bounds, its clock times, and errors that point at the place."""

import os
import re
from fractions import Fraction
from pathlib import Path

from ..errors import InputError

MAX_TEXT = 1_000_000  # characters; the subtitles of a long film have about 150,000
SHOWN = 60

# 3.2, 3.2s, 1:05, 00:01:05.500, 00:01:05,500
CLOCK = r"(?:\d{1,4}:)?(?:\d{1,4}:)?\d{1,6}(?:[.,]\d{1,9})?s?"
# What no line of text holds: controls other than the tab, and halves of a character.
_FOREIGN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read_text(path: str | os.PathLike, name: str) -> str:
    """The text of a file; raises InputError where it is missing, too large or no Unicode."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(4 * MAX_TEXT + 1)
    except OSError as error:
        raise InputError(f"{name} can't be read ({error.strerror}): check its path.") from error
    if len(data) > 4 * MAX_TEXT:
        raise InputError(f"{name} has more than {4 * MAX_TEXT:,} bytes: this is no text of {MAX_TEXT:,} characters.")
    return decode(data, name)


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, or UTF-16 with its mark; name is what an error calls the file."""
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line}: this is not {error.encoding} text: save it again as UTF-8.") from None


def numbered_lines(text: str, name: str, limit: int = MAX_TEXT) -> list[tuple[int, str]]:
    """(number from 1, line) of a text; raises InputError for one that is too long or holds control characters."""
    if not isinstance(text, str):
        raise InputError(f"{name} is {type(text).__name__}, not text.")
    if len(text) > limit:
        raise InputError(f"{name} has {len(text):,} characters: shorten it to {limit:,}.")
    lines = list(enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), 1))
    for number, line in lines:
        if found := _FOREIGN.search(line):
            what = f"the character U+{ord(found[0]):04X} is no text: delete it"
            raise mistake(name, number, line, found.start(), what)
    return lines


def seconds(clock: str) -> float:
    """Seconds of a clock time that matches CLOCK: the parts between colons are hours, minutes and seconds."""
    total = Fraction(0)  # in floats 1:01.029 would not be 61.029
    for part in clock.rstrip("s").replace(",", ".").split(":"):
        total = total * 60 + Fraction(part)
    return float(total)


def mistake(name: str, number: int, line: str, at: int, what: str) -> InputError:
    """An error that names the line and the column, quotes what is there and points at it."""
    first = max(0, min(at - SHOWN // 2, len(line) - SHOWN))
    shown = "".join(c if c.isprintable() else "·" for c in line[first : first + SHOWN])
    before, after = "…" * (first > 0), "…" * (first + SHOWN < len(line))
    pointer = " " * (len(before) + at - first) + "^"
    return InputError(f"{name}, line {number}, column {at + 1}: {what}.\n  {before}{shown}{after}\n  {pointer}")
