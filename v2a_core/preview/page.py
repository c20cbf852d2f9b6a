"""The preview's page: rows below each other, with their names, the title, the legend and both axes around them."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .colours import DIM, GROUND, TEXT
from .lettering import fitted
from .panels import Axis, Marks
from .shapes import onset_dot, peak_dot, sample


class Row(NamedTuple):
    """A panel of pixels [H, W, 3], its name, what it shows, and whether the next one adjoins it."""

    name: str
    shows: str
    pixels: np.ndarray
    joined: bool = False


class Page:
    """Letters have the size `unit`, and everything has a size with it."""

    def __init__(self, axis: Axis, unit: int, title: str, rows: list[Row]):
        self.unit, self.axis = unit, axis
        self.left, self.gap, self.top = left_of(unit), unit // 2, round(4.4 * unit)
        self.width = self.left + axis.columns + 2 * unit
        self.small = small_letters(unit)
        self.bottom = self.top + sum(len(row.pixels) + self.gap * (not row.joined) for row in rows)
        self.image = Image.new("RGB", (self.width, self.bottom + 2 * unit), GROUND)
        self.draw = ImageDraw.Draw(self.image)
        self._write(unit, 1.4 * unit, title, TEXT, unit, self.width - 2 * unit)
        y = self.top
        for row in rows:
            self.image.paste(Image.fromarray(row.pixels), (self.left, y))
            # What is no taller than its name has it in the middle.
            below = min(0.6 * unit, len(row.pixels) / 2)
            self._write(unit, y + below, row.name, TEXT, unit, self.left - unit)
            self._write(unit, y + below + 1.4 * unit, row.shows, DIM, self.small, self.left - unit)
            self.last = y, len(row.pixels)
            y += len(row.pixels) + self.gap * (not row.joined)

    def _write(self, x: float, y: float, text: str, colour: tuple, size: int, width: float) -> float:
        """Write as much of a text as fits a width, its middle at a height, and return where it ends."""
        text, font = fitted(text, width, size)
        self.draw.text((x, y), text, colour, font, "lm")
        return x + font.getlength(text)

    def legend(self, entries: Iterable[tuple[Callable | None, bool, str]]) -> None:
        """Say what the marks mean: each entry's dot, if it has one, whether that is filled, and the words for it."""
        x = self.unit
        for dot, filled, text in entries:
            if dot:
                self.image.paste(sample(dot, self.unit, filled), (round(x), round(2.5 * self.unit)))
                x += 1.2 * self.unit
            x = self._write(x, 3 * self.unit, text, DIM, self.small, self.width - x) + self.unit

    def time_axis(self) -> None:
        """Label the marks of time."""
        for number, x in enumerate(self.left + self.axis.at(self.axis.marks_s)):
            self.draw.line((x, self.bottom - self.gap, x, self.bottom), DIM)
            at, step = number * self.axis.step_s, self.axis.step_s
            text = f"{at:.1f} s" if step < 1 else f"{at:.0f} s" if step < 60 else f"{at / 60:.0f} min"
            _, font = fitted(text, self.width, self.small)
            self.draw.text((x, self.bottom + 0.2 * self.unit), text, DIM, font, "ma" if number else "la")

    def frequency_axis(self, rate_hz: int) -> None:
        """Label the spectrogram, the last row."""
        top, height = self.last
        for hertz in (500, 1000, 2000, 4000, 8000, 16000):
            place = np.log1p(hertz / 700) / np.log1p(rate_hz / 2 / 700)
            if place < 0.97:
                y = top + height * (1 - place)
                text, font = fitted(f"{hertz / 1000:g}", self.left, self.small)
                self.draw.line((self.left - 0.4 * self.unit, y, self.left, y), DIM)
                self.draw.text((self.left - 0.6 * self.unit, y), text, DIM, font, "rm")


def legend_of(marks: Marks | None, onsets: int, tolerance_s: float, chance: float) -> Iterator[tuple]:
    """Entries of the legend; there are no marks where they would be too close together."""
    plural = "s" * (onsets != 1)
    if marks is None:
        yield None, False, f"{onsets} onsets in the sound, too close together to mark"
    elif not onsets:
        yield None, False, "no onset in the sound"
    elif not len(marks.peaks_s):
        yield onset_dot, False, f"{onsets} onset{plural}, and no peak of the motion to compare with"
    else:
        met = len(marks.matched_s)
        near = f"within {1000 * tolerance_s:.0f} ms of a peak of the motion ({chance:.1f} by chance)"
        yield onset_dot, True, f"{met} of {onsets} onset{plural} {near}"
        if met < onsets:
            yield onset_dot, False, f"{onsets - met} elsewhere"
        if unheard := len(marks.peaks_s) - met:
            yield peak_dot, False, f"{unheard} peak{'s' * (unheard != 1)} without"


def left_of(unit: int) -> int:
    """Where the panels begin."""
    return 7 * unit


def small_letters(unit: int) -> int:
    return max(10, round(0.85 * unit))
