"""Fields over the whole picture: tiles that scroll, textures that sway, bolts of lightning."""

from itertools import pairwise

import numpy as np

from .dice import Dice
from .draw import Canvas, limb
from .styles import Style

# A tile of 256 samples spans this many world units, across and down.
_SPAN = 2.0


def scroll_tile(canvas: Canvas, tile: np.ndarray, shift_x: np.ndarray, shift_y: np.ndarray) -> np.ndarray:
    """The wrapping tile [256, 256] shifted by world units [T], float32 [T, H, W].

    Sampled at the pixel grid once (bilinear down, nearest across), so a frame costs two slices.
    """
    frames, height, width = canvas.size
    side = tile.shape[0]
    # The tile at this picture's resolution, a whole number of pixels around.
    rows, columns = max(2, round(_SPAN * height)), max(2, round(_SPAN * width / canvas.aspect))
    fitted = tile[np.arange(rows) * side // rows][:, np.arange(columns) * side // columns]
    fitted = np.pad(fitted, ((0, height + 1), (0, width)), mode="wrap")
    at_y = (shift_y * height) % rows
    at_x = ((shift_x * width / canvas.aspect) % columns).astype(np.int64) % columns
    low = at_y.astype(np.int64) % rows
    part = (at_y - np.floor(at_y)).astype(np.float32)
    field = np.empty((frames, height, width), np.float32)
    for k in range(frames):
        window = fitted[low[k] : low[k] + height + 1, at_x[k] : at_x[k] + width]
        np.add(window[:-1] * (1 - part[k]), window[1:] * part[k], out=field[k])
    return field


def swayed(canvas: Canvas, tile: np.ndarray, shift_x: np.ndarray) -> np.ndarray:
    """The tile displaced along x by shift_x [T, H, W] world units, linear in between, float32 [T, H, W]."""
    x, y = canvas.grid()
    side = tile.shape[0]
    position = (x - shift_x) * np.float32(side / _SPAN)
    low = np.floor(position).astype(np.int32)
    part = position - low
    rows = ((y * np.float32(side / _SPAN)).astype(np.int32) & (side - 1)) * side
    flat = tile.ravel()
    return flat[rows + (low & (side - 1))] * (1 - part) + flat[rows + ((low + 1) & (side - 1))] * part


def bolt(dice: Dice, at_s: float, x: float, colour: np.ndarray):
    """A jagged stroke of lightning that is seen for a sixth of a second from at_s on."""
    knots = [(x, -0.1)]
    while knots[-1][1] < 0.75:
        knots.append((knots[-1][0] + dice.uniform(-0.12, 0.12), knots[-1][1] + dice.uniform(0.1, 0.25)))
    style, lasts = Style("flat", colour, colour), dice.uniform(0.1, 0.25)

    def layer(canvas: Canvas) -> None:
        since = canvas.times_s - at_s
        seen = ((since >= 0) & (since < lasts)).astype(np.float64)
        if not seen.any():
            return
        still = lambda p: lambda t: (np.full(len(t), p[0]), np.full(len(t), p[1]))  # noqa: E731
        for start, end in pairwise(knots):
            limb(canvas, still(start), still(end), 0.009, style, opacity=seen)

    return layer
