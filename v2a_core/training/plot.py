"""A run's losses as a picture, drawn with no more than what the pack needs anyway."""

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ..atomic import whole_file
from ..preview import DIM, GRID, GROUND, MOTION, ONSET, TEXT, WAVE, save_png
from .log import RunLog

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 960, 540, 90, 50, 30, 50
COLOURS = (MOTION, ONSET, WAVE, (213, 94, 0), (204, 121, 167))
KNOWN = ("step", "seconds", "rate")


def draw_log(folder: Path) -> Tensor:
    """Every loss of a run's log.jsonl against its steps, uint8 [540, 960, 3]; logarithmic where all are positive."""
    rows = RunLog(folder).rows()
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    took_s = rows[-1]["seconds"] if rows else 0.0
    draw.text((LEFT, 15), f"{folder.name}: {took_s / 60:.1f} minutes", TEXT, font)
    losses = {name: [(row["step"], row[name]) for row in rows if _finite(row.get(name))] for name in _names(rows)}
    losses = {name: points for name, points in losses.items() if points}
    if not losses:
        return torch.from_numpy(np.array(image))
    values = [value for points in losses.values() for _, value in points]
    scale = math.log10 if min(values) > 0 else float
    low, high, last = scale(min(values)), scale(max(values)), max(row["step"] for row in rows)
    room = max(0.05 * (high - low), 1e-3)
    low, high = low - room, high + room

    def at(step: float, value: float) -> tuple[float, float]:
        across, up = step / last, (scale(value) - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    for part in range(5):
        level = low + (high - low) * part / 4
        value = 10**level if scale is math.log10 else level
        x, y = at(last * part / 4, value)
        draw.line([(LEFT, y), (WIDTH - RIGHT, y)], GRID)
        draw.text((LEFT - 8, y), f"{value:.3g}", DIM, font, anchor="rm")
        draw.text((x, HEIGHT - BOTTOM + 8), f"{last * part / 4:.0f}", DIM, font, anchor="mt")
    for place, (name, points) in enumerate(losses.items()):
        colour = COLOURS[place % len(COLOURS)]
        draw.line([at(*point) for point in points], colour, 2, joint="curve")
        draw.text((WIDTH - RIGHT, 15 + 18 * place), name, colour, font, anchor="ra")
    return torch.from_numpy(np.array(image))


def plot_log(folder: Path) -> Path:
    """Draw a run's log into loss.png beside it."""
    with whole_file(folder / "loss.png") as unfinished:
        save_png(draw_log(folder), unfinished)
    return folder / "loss.png"


def _names(rows: list[dict]) -> list[str]:
    return sorted({name for row in rows for name in row} - set(KNOWN))


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
