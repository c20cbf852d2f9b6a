"""Drawing batched over time: a canvas of frames, shapes painted through a camera, fields blended over everything.

World units: the picture is 1 high and `aspect` wide, x to the right, y down, whatever its size in pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .shapes import Shape
from .styles import Style

# x, y, size, angle, opacity at seconds [T], each [T] or a number.
Pose = Callable[[np.ndarray], tuple]
# x and y at seconds [T].
Curve2 = Callable[[np.ndarray], tuple]


@dataclass
class Canvas:
    """Frames being drawn, float32 [T, H, W, 3] in 0..1, with the camera (centre and zoom, each [T]) of every frame."""

    times_s: np.ndarray
    pixels: np.ndarray
    aspect: float
    camera_x: np.ndarray
    camera_y: np.ndarray
    zoom: np.ndarray
    shutter_s: float = 0.0

    @property
    def size(self) -> tuple[int, int, int]:
        return self.pixels.shape[:3]

    def project(self, x, y) -> tuple[np.ndarray, np.ndarray]:
        """World to pixel columns and rows (pixel centres at whole numbers), for values that are [T] or numbers."""
        _, height, width = self.size
        column = ((x - self.camera_x) * self.zoom / self.aspect + 0.5) * width - 0.5
        return column, ((y - self.camera_y) * self.zoom + 0.5) * height - 0.5

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """World x [T, 1, W] and y [T, H, 1] of the pixels."""
        _, height, width = self.size
        x = (((np.arange(width) + 0.5) / width - 0.5) * self.aspect)[None] / self.zoom[:, None] + self.camera_x[:, None]
        y = ((np.arange(height) + 0.5) / height - 0.5)[None] / self.zoom[:, None] + self.camera_y[:, None]
        return x[:, None, :].astype(np.float32), y[:, :, None].astype(np.float32)

    def blend(self, alpha: np.ndarray, colour: np.ndarray) -> None:
        """Lay a colour ([3] or [T, H, W, 3]) over everything with opacity alpha [T, H, W]."""
        self.pixels += alpha[..., None] * (colour - self.pixels)


def _full(value, frames: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(value, np.float64), (frames,))


def paint(canvas: Canvas, pose: Pose, shape: Shape, style: Style, *, soft: float = 0.0, tall: float = 1.0) -> None:
    """Paint a shape along its pose: edge antialiased or blurred over `soft` sizes, smeared over an open shutter.

    `tall` squeezes the shape upright (0.3 makes a disc an ellipse). Only the pixels about the shape are touched.
    """
    frames, height, width = canvas.size
    # Larger pictures show the single exposures of a smear, so they get more of them.
    exposures = 1 if canvas.shutter_s == 0 else 3 if height <= 128 else 9
    offsets = canvas.shutter_s * (np.arange(exposures) + 0.5 - exposures / 2) / exposures
    poses = []
    for offset in offsets:
        x, y, size, angle, opacity = (_full(value, frames) for value in pose(canvas.times_s + offset))
        poses.append((*canvas.project(x, y), size * canvas.zoom, angle, opacity))
    column, row, size, angle, opacity = np.stack([np.stack(p) for p in poses], 1)  # each [S, T]
    radius = size.max(0) * (shape.reach + soft) * max(1.0, tall)
    half_w, half_h = radius * width / canvas.aspect + 1.5, radius * height + 1.5
    left, right = column.min(0) - half_w, column.max(0) + half_w
    top, bottom = row.min(0) - half_h, row.max(0) + half_h
    seen = (opacity.max(0) > 1e-3) & (right > 0) & (left < width - 1) & (bottom > 0) & (top < height - 1) & (radius > 0)
    at = np.flatnonzero(seen)
    if not len(at):
        return
    # One box size for the batch, slid to stay on the picture, so no pixel outside is ever addressed.
    left, top = np.maximum(left[at], 0).astype(np.int64), np.maximum(top[at], 0).astype(np.int64)
    box_w = int(min(width, (np.minimum(right[at], width) - left).max() + 2))
    box_h = int(min(height, (np.minimum(bottom[at], height) - top).max() + 2))
    columns = np.minimum(left, width - box_w)[:, None] + np.arange(box_w)
    rows = np.minimum(top, height - box_h)[:, None] + np.arange(box_h)
    alpha, middle = 0.0, len(offsets) // 2
    for s in range(len(offsets)):
        scale = np.maximum(size[s, at], 1e-6)[:, None]
        u = ((columns - column[s, at, None]) * (canvas.aspect / width) / scale).astype(np.float32)[:, None, :]
        v = ((rows - row[s, at, None]) / (height * tall) / scale).astype(np.float32)[:, :, None]
        cos, sin = (f(angle[s, at]).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
        lu, lv = (u, v) if not angle[s, at].any() else (u * cos + v * sin, v * cos - u * sin)
        distance = style.outlined(shape.distance(lu, lv))
        pixels_per_unit = (scale * height).astype(np.float32)[..., None]
        edge = distance * (pixels_per_unit / (1 + 2 * soft * pixels_per_unit))
        alpha = alpha + np.clip(0.5 - edge, 0, 1) * opacity[s, at, None, None].astype(np.float32)
        if s == middle:
            local = lu, lv
    alpha = np.broadcast_to(alpha, (len(at), box_h, box_w)).ravel() / np.float32(len(offsets))
    chosen = np.flatnonzero(alpha > 0.004)
    if soft:
        alpha = alpha * alpha * (3 - 2 * alpha)
    flat = (at[:, None, None] * height + rows[:, :, None]) * width + columns[:, None, :]
    flat, alpha = flat.ravel()[chosen], alpha[chosen, None]
    u, v = (np.broadcast_to(c, (len(at), box_h, box_w)).ravel()[chosen] for c in local)
    turned = angle[middle, at].astype(np.float32)[chosen // (box_h * box_w)]
    target = canvas.pixels.reshape(-1, 3)
    under = target[flat]
    target[flat] = under + alpha * (style.shade(u, v, turned) - under)


def limb(
    canvas: Canvas, start: Curve2, end: Curve2, thickness: float, style: Style, taper: float = 1.0, opacity=1.0
) -> None:
    """A rounded bar between two moving points; `taper` is the thickness at the end over that at the start."""
    x0, y0 = start(canvas.times_s)
    x1, y1 = end(canvas.times_s)
    # All frames share one shape, so the bar is as long as at its longest and is scaled by its length along u only.
    half = np.hypot(np.asarray(x1) - x0, np.asarray(y1) - y0).max() / 2 + 1e-6
    lean = float(thickness / half)

    def pose(times_s):
        (ax, ay), (bx, by) = start(times_s), end(times_s)
        return (ax + bx) / 2, (ay + by) / 2, half, np.arctan2(by - ay, bx - ax), opacity

    def distance(u, v):
        along = np.clip(u, -1, 1)
        return np.sqrt((u - along) ** 2 + v * v) - lean * (1 + (taper - 1) * (along + 1) / 2)

    paint(canvas, pose, Shape(distance, 1 + lean * max(1.0, taper)), style)
