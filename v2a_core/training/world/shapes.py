"""Shapes as signed distances, negative inside, on local coordinates u (right) and v (down) in units of their size."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .dice import Dice

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Shape:
    """distance(u, v); `reach`: how far any part is from the centre; `foot`: how far below it the floor is touched."""

    distance: Distance
    reach: float = 1.0
    foot: float = 1.0
    round: bool = False


def circle() -> Shape:
    return Shape(lambda u, v: np.sqrt(u * u + v * v) - 1, round=True)


def ellipse(a: float, b: float) -> Shape:
    # Distance to first order: the implicit function over the length of its gradient.
    def distance(u, v):
        k = np.sqrt((u / a) ** 2 + (v / b) ** 2)
        return k * (k - 1) / np.maximum(np.sqrt((u / a**2) ** 2 + (v / b**2) ** 2), 1e-6)

    return Shape(distance, max(a, b), b)


def box(a: float, b: float, corner: float = 0.0) -> Shape:
    """A box of half-width a and half-height b with rounded corners."""

    def distance(u, v):
        x, y = np.abs(u) - (a - corner), np.abs(v) - (b - corner)
        if not corner:
            return np.maximum(x, y)
        outside = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2)
        return outside + np.minimum(np.maximum(x, y), 0) - corner

    return Shape(distance, float(np.hypot(a, b)), b)


def convex(normals: np.ndarray, offsets: np.ndarray) -> Shape:
    """The intersection of half-planes normal . p <= offset."""

    def distance(u, v):
        planes = [nx * u + ny * v - d for (nx, ny), d in zip(normals.astype(np.float32), offsets, strict=True)]
        return np.maximum.reduce(planes)

    return Shape(distance, 1.25, float(offsets.mean()) * 1.05)


def polygon(sides: int, dice: Dice | None = None) -> Shape:
    """A regular polygon, or with dice an irregular stone of so many sides."""
    angles = np.arange(sides) * 2 * np.pi / sides + np.pi / 2
    offsets = np.full(sides, np.cos(np.pi / sides))
    if dice is not None:
        angles = angles + dice.rng.uniform(-0.35, 0.35, sides)
        offsets = dice.rng.uniform(0.65, 0.95, sides)
    return convex(np.stack([np.cos(angles), np.sin(angles)], 1), offsets)


def ring(width: float) -> Shape:
    return Shape(lambda u, v: np.abs(np.sqrt(u * u + v * v) - (1 - width)) - width, round=True)


def star(points: int, depth: float) -> Shape:
    def distance(u, v):
        angle = np.arctan2(v, u)
        return np.sqrt(u * u + v * v) - (1 - depth * (0.5 + 0.5 * np.cos(points * angle)))

    return Shape(distance, 1.0, 0.92)


def union(*parts: tuple[Shape, float, float, float]) -> Shape:
    """Parts (shape, x, y, scale) put together."""

    def distance(u, v):
        return np.minimum.reduce([s.distance((u - x) / k, (v - y) / k) * k for s, x, y, k in parts])

    reach = max(float(np.hypot(x, y)) + s.reach * k for s, x, y, k in parts)
    return Shape(distance, reach, max(y + s.foot * k for s, _, y, k in parts))


def cross() -> Shape:
    return union((box(1.0, 0.33), 0, 0, 1.0), (box(0.33, 1.0), 0, 0, 1.0))


def mug() -> Shape:
    return union((box(0.62, 0.8, 0.1), -0.1, 0, 1.0), (ring(0.14), 0.62, 0, 0.42))


def bottle() -> Shape:
    return union((box(0.42, 0.62, 0.12), 0, 0.35, 1.0), (box(0.15, 0.4), 0, -0.55, 1.0))


def crescent() -> Shape:
    def distance(u, v):
        inside = np.sqrt(u * u + v * v) - 1
        bite = 0.8 - np.sqrt((u - 0.55) ** 2 + (v + 0.3) ** 2)
        return np.maximum(inside, bite)

    return Shape(distance)


def thing(dice: Dice) -> Shape:
    """Any object to drop, slide or float; test has shapes of its own."""
    return dice.kind(
        (
            circle,
            circle,
            lambda: box(dice.uniform(0.5, 1), dice.uniform(0.4, 1)),
            lambda: box(dice.uniform(0.5, 1), dice.uniform(0.4, 0.9), 0.25),
            lambda: polygon(dice.integer(3, 6)),
            lambda: polygon(dice.integer(5, 8), dice),
            lambda: ellipse(1.0, dice.uniform(0.45, 0.9)),
            bottle,
            lambda: ring(dice.uniform(0.1, 0.25)),
        ),
        (cross, crescent, mug, lambda: star(dice.integer(4, 8), dice.uniform(0.2, 0.5)), circle),
    )()
