"""Shapes with smooth edges: what joins motion and sound, and the spans that words hold for.

They are drawn SMOOTH times as large and brought down, as Pillow's own have steps for edges.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..prompts.cues import CueSheet
from ..prompts.transcript import Transcript
from .colours import DIM, GROUND, MOTION, ONSET, PANEL, TEXT, mixed
from .lettering import fitted
from .panels import Axis, Marks

SMOOTH = 4
LANE_ROWS = 4  # of spans that overlap


@dataclass(frozen=True)
class Span:
    """Words and the seconds that they hold for."""

    start_s: float
    end_s: float
    words: str


def cue_spans(sheet: CueSheet) -> list[Span]:
    """A cue sheet's cues, those without a time first; a minus stands before what is not to be heard."""
    negative = [cue.negative and f"-{cue.negative}" for cue in sheet.cues]
    return [
        Span(cue.start_s, cue.end_s, ", ".join(filter(None, (cue.positive, against))))
        for cue, against in zip(sheet.cues, negative, strict=True)
    ]


def line_spans(transcript: Transcript) -> list[Span]:
    """A transcript's lines, with their speakers."""
    return [
        Span(line.start_s, line.end_s, f"{line.speaker}: {line.text}" if line.speaker else line.text)
        for line in transcript.lines
    ]


def lane(spans: Sequence[Span], axis: Axis, unit: int, size: int, colour: tuple) -> tuple[np.ndarray, int]:
    """Spans as bars with their words, those that overlap below each other, and how many have found no place."""
    rows, hidden = _stacked(spans, axis)
    height = round(1.7 * unit)
    canvas = Image.new("RGB", (axis.columns, height * len(rows) - unit // 5), GROUND)
    large = Image.new("RGB", (canvas.width * SMOOTH, canvas.height * SMOOTH), GROUND)
    bars, tall = ImageDraw.Draw(large), (height - unit // 5) * SMOOTH
    placed = [(row, span, *pixels) for row, held in enumerate(rows) for span, *pixels in held]
    for row, _, left, right in placed:
        box = left * SMOOTH, row * height * SMOOTH, (right - 1) * SMOOTH, row * height * SMOOTH + tall - 1
        bars.rounded_rectangle(box, 0.25 * tall, mixed(colour, PANEL, 0.3))
        bars.rounded_rectangle((*box[:2], min(box[0] + unit // 3 * SMOOTH, box[2]), box[3]), 0.15 * tall, colour)
    canvas.paste(large.resize(canvas.size, Image.Resampling.BOX))
    draw = ImageDraw.Draw(canvas)
    for row, span, left, right in placed:
        words, font = fitted(span.words, right - left - 1.3 * unit, size)
        draw.text((left + 0.8 * unit, row * height + 0.75 * unit), words, TEXT, font, "lm")
    return np.array(canvas), hidden


def _stacked(spans: Iterable[Span], axis: Axis) -> tuple[list[list[tuple[Span, float, float]]], int]:
    """Spans with their pixels, in rows where none touches another, and how many are left over."""
    rows, hidden = [[]], 0
    for span in sorted(spans, key=lambda span: span.start_s):
        left, right = (float(axis.at(min(max(time_s, 0), axis.duration_s))) for time_s in (span.start_s, span.end_s))
        right = max(right, left + 3)
        free = next((row for row in rows if not row or row[-1][2] <= left), None)
        if free is None and len(rows) < LANE_ROWS:
            rows.append(free := [])
        if free is None or span.start_s >= axis.duration_s:
            hidden += 1
        else:
            free.append((span, left, right))
    return rows, hidden


def bridge(axis: Axis, unit: int, marks: Marks) -> np.ndarray:
    """What joins the motion above to the onsets below: a line for each pair, hollow ends for what is alone."""
    canvas = Image.new("RGB", (axis.columns * SMOOTH, 2 * unit * SMOOTH), GROUND)
    draw, above, below = ImageDraw.Draw(canvas), 0.45 * unit * SMOOTH, 1.5 * unit * SMOOTH
    for onset_s, peak_s in marks.matched_s:
        ends = [(float(axis.at(peak_s)) * SMOOTH, above), (float(axis.at(onset_s)) * SMOOTH, below)]
        draw.line(ends, ONSET, max(SMOOTH, unit * SMOOTH // 7))
    met = {time_s for pair in marks.matched_s for time_s in pair}
    for peak_s in marks.peaks_s:
        peak_dot(draw, axis.at(peak_s) * SMOOTH, above, unit, peak_s in met)
    for onset_s in marks.onsets_s:
        onset_dot(draw, axis.at(onset_s) * SMOOTH, below, unit, onset_s in met)
    return np.array(canvas.resize((axis.columns, 2 * unit), Image.Resampling.BOX))


def sample(dot, unit: int, filled: bool) -> Image.Image:
    """One of the two dots by itself, for the legend."""
    canvas = Image.new("RGB", (unit * SMOOTH, unit * SMOOTH), GROUND)
    dot(ImageDraw.Draw(canvas), unit * SMOOTH / 2, unit * SMOOTH / 2, unit, filled)
    return canvas.resize((unit, unit), Image.Resampling.BOX)


def peak_dot(draw: ImageDraw.ImageDraw, x: float, y: float, unit: int, filled: bool) -> None:
    """A peak of the motion, hollow where no sound starts."""
    _dot(draw, x, y, 0.22 * unit * SMOOTH, MOTION if filled else DIM, filled)


def onset_dot(draw: ImageDraw.ImageDraw, x: float, y: float, unit: int, filled: bool) -> None:
    """An onset of the sound, hollow where motion is not at its height."""
    _dot(draw, x, y, 0.3 * unit * SMOOTH, ONSET if filled else TEXT, filled)


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: tuple, filled: bool) -> None:
    box = x - radius, y - radius, x + radius, y + radius
    draw.ellipse(box, colour if filled else GROUND, colour, round(0.35 * radius))
