"""Where a sound comes from: left or right, near or far, and moving."""

import math
import re
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from .audio import Audio

MAX_POINTS = 100_000
_POINT = re.compile(r"\s*([0-9.]+)\s*s?\s*[:\s]\s*([-+]?[0-9.]+)\s*")


@dataclass(frozen=True, eq=False)
class Track:
    """A path: at each time in seconds a position from -1 (left) to 1 (right) and a level in dB; straight in between."""

    times_s: np.ndarray
    positions: np.ndarray
    levels_db: np.ndarray

    def at(self, times_s: np.ndarray) -> tuple[Tensor, Tensor]:
        """Position and level in dB at each time, float32 [n]; before the first point and after the last they stay."""
        both = (np.interp(times_s, self.times_s, values) for values in (self.positions, self.levels_db))
        position, level_db = (torch.from_numpy(values).float() for values in both)
        return position, level_db


def track(times_s, positions, levels_db=None) -> Track:
    """The Track through points in order of time; raises InputError where they are not, or not from -1 to 1."""
    levels_db = [0.0] * len(times_s) if levels_db is None else levels_db
    times, places, levels = (np.asarray(values, np.float64) for values in (times_s, positions, levels_db))
    if not (0 < len(times) <= MAX_POINTS and times.shape == places.shape == levels.shape):
        raise InputError(
            f"The path has {len(times)} times and {len(places)} positions: give 1 to {MAX_POINTS:,} of both."
        )
    if not all(np.isfinite(values).all() for values in (times, places, levels)) or (np.diff(times) <= 0).any():
        raise InputError("The path's times are not in order, each later than the one before: sort them.")
    if (abs(places) > 1).any():
        raise InputError(f"The path has a position of {places[abs(places).argmax()]:g}: -1 is left and 1 is right.")
    return Track(times, places, levels)


def parse_track(text: str) -> Track:
    """The Track of a text of times and positions, such as `0: -1, 2.5: 0.8`, one pair a comma or line."""
    points = []
    for number, pair in enumerate(filter(str.strip, re.split(r"[,;\n]", text[: 40 * MAX_POINTS])), 1):
        found = _POINT.fullmatch(pair)
        try:
            points.append((float(found[1]), float(found[2])))
        except (TypeError, ValueError):
            what = f"The path's point {number}, {pair.strip()[:40]!r}, is no time and position"
            raise InputError(f"{what}: write them such as 0: -1, 2.5: 0.8.") from None
    return track([at for at, _ in points], [place for _, place in points])


def mask_track(mask: Tensor, duration_s: float, far_db: float = 12.0) -> Track:
    """The path of what a mask shows: position from its centroid, level from its area.

    mask float 0..1 [N, H, W] or [H, W]; several are spread evenly over duration_s. An object's area falls with the
    square of its distance and its sound's amplitude with the distance, so the level is 10 log10(area / largest area),
    but no less than -far_db. While nothing is shown, position and level go straight from the last seen to the next.
    """
    mask = mask[None] if mask.ndim == 2 else mask
    if mask.ndim != 3 or 0 in mask.shape or not all(one.isfinite().all() for one in mask):
        raise InputError(f"The mask's shape is {list(mask.shape)}: it must be [masks, height, width], of numbers.")
    # One at a time and on the CPU: there are thousands of them, and not every device knows float64.
    columns = torch.stack([one.cpu().double().clamp(0, 1).mean(0) for one in mask])
    areas = columns.mean(1)
    # A stray pixel is no object.
    seen = areas > 1e-4
    if not seen.any():
        raise InputError("The mask is empty throughout: there is nothing whose place the sound could follow.")
    width = mask.shape[2]
    across = (torch.arange(width, dtype=torch.float64) + 0.5) / width * 2 - 1
    positions = (columns[seen] * across).sum(1) / columns[seen].sum(1)
    levels_db = (10 * torch.log10(areas[seen] / areas.max())).clamp(min=-far_db)
    times_s = (torch.arange(len(mask), dtype=torch.float64)[seen] + 0.5) / len(mask) * duration_s
    return track(times_s, positions, levels_db)


def pan(audio: Audio, where: float | Track) -> Audio:
    """Mono or stereo sound put at a position from -1 (left) to 1 (right), or moved along a path; always stereo.

    Of constant power, by the equal-power panner of the W3C's Web Audio API: mono at 0 is 3 dB lower in each of two
    channels, and stereo at 0 stays as it is.
    """
    channels, count = audio.samples.shape
    if channels > 2:
        raise InputError(f"A sound of {channels} channels can't be panned: mix it to mono or stereo first.")
    if isinstance(where, Track):
        position, level_db = where.at(np.arange(count) / audio.rate_hz)
    else:
        if not -1 <= where <= 1:
            raise InputError(f"The pan is {where!r}: give a number from -1 (left) to 1 (right).")
        position, level_db = torch.tensor(float(where)), torch.tensor(0.0)
    samples = audio.samples * 10 ** (level_db / 20)
    if channels == 1:
        angle = (position + 1) * math.pi / 4
        return Audio(torch.cat([samples * angle.cos(), samples * angle.sin()]), audio.rate_hz)
    left, right = samples
    angle = torch.where(position <= 0, position + 1, position) * math.pi / 2
    crossing = torch.where(position <= 0, right, left)
    to_left, to_right = crossing * angle.cos(), crossing * angle.sin()
    leftward, rightward = torch.stack([left + to_left, to_right]), torch.stack([to_left, right + to_right])
    return Audio(torch.where(position <= 0, leftward, rightward), audio.rate_hz)
