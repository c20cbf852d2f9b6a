"""Ovals whose width and height change from frame to frame, which heads are made of."""

from collections.abc import Callable

import numpy as np

from .draw import Canvas

# x, y, half width, half height, angle, opacity at seconds [T], each [T] or a number.
OvalPose = Callable[[np.ndarray], tuple]


def oval(canvas: Canvas, pose: OvalPose, colour: np.ndarray, *, power: float = 2.0, light=(0.0, 0.0)) -> None:
    """Paint a superellipse |u| ** power + |v| ** power < 1 of a colour, brighter towards `light` (x, y)."""
    frames, height, width = canvas.size
    x, y, w, h, angle, opacity = (np.broadcast_to(np.asarray(v, np.float64), (frames,)) for v in pose(canvas.times_s))
    column, row = canvas.project(x, y)
    half = np.maximum(np.stack([w, h]) * canvas.zoom, 1e-5)
    reach = half.max(0) * 1.45 + 2 / height
    seen = np.flatnonzero((opacity > 1e-3) & (w > 0) & (h > 0))
    if not len(seen):
        return
    left, right = (
        column[seen] - reach[seen] * width / canvas.aspect,
        column[seen] + reach[seen] * width / canvas.aspect,
    )
    top, bottom = row[seen] - reach[seen] * height, row[seen] + reach[seen] * height
    c0, c1 = max(int(left.min()), 0), min(int(right.max()) + 2, width)
    r0, r1 = max(int(top.min()), 0), min(int(bottom.max()) + 2, height)
    if c0 >= c1 or r0 >= r1:
        return
    at = lambda values: values[seen, None, None].astype(np.float32)  # noqa: E731
    dx = (np.arange(c0, c1)[None, None] - at(column)) * np.float32(canvas.aspect / width)
    dy = (np.arange(r0, r1)[None, :, None] - at(row)) * np.float32(1 / height)
    cos, sin = np.cos(at(angle)), np.sin(at(angle))
    u, v = (dx * cos + dy * sin) / at(half[0]), (dy * cos - dx * sin) / at(half[1])
    k = (np.abs(u) ** power + np.abs(v) ** power) ** (1 / power)
    # Distance to the edge in pixels, to first order, and never more slope than the thinner half allows.
    edge = (k - 1) * at(half.min(0)) * height
    alpha = np.clip(0.5 - edge, 0, 1) * at(opacity)
    # What is thinner than a pixel is as faint as it is thin.
    alpha *= np.minimum(1, 2 * at(half.min(0)) * height)
    shade = np.clip(1 + light[0] * u + light[1] * v, 0.2, 1.8) if any(light) else np.ones_like(u)
    part = canvas.pixels[seen, r0:r1, c0:c1]
    canvas.pixels[seen, r0:r1, c0:c1] = part + alpha[..., None] * (shade[..., None] * colour - part)
