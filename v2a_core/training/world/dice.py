"""Random draws that keep the splits apart: test takes only what train never takes."""

import colorsys
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
SPLITS = ("train", "val", "test")
# Of every motion range, test owns the stretch between these fractions and train the rest.
_HELD = (0.42, 0.58)
# Of the twelve sectors of the hue circle, test owns these.
_HELD_HUES = (2, 6, 10)


class Dice:
    """A seeded generator that knows its split.

    Val draws from the same choices as train with other seeds; test draws from choices of its own.
    """

    def __init__(self, split: str, *key: int):
        self.split = split
        self.held_out = split == "test"
        self.rng = np.random.default_rng([SPLITS.index(split) + 1, *key])

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def sign(self) -> int:
        return 1 if self.chance(0.5) else -1

    def pick(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        share = None if weights is None else np.asarray(weights, float) / np.sum(weights)
        return options[int(self.rng.choice(len(options), p=share))]

    def kind(self, train: Sequence[T], test: Sequence[T]) -> T:
        """One of the options that belong to this split."""
        return self.pick(test if self.held_out else train)

    def motion(self, low: float, high: float) -> float:
        """A number from low to high: test from the middle of the range, train from either side of it."""
        inner_low, inner_high = (low + (high - low) * share for share in _HELD)
        if self.held_out:
            return self.uniform(inner_low, inner_high)
        value = self.uniform(low, high - (inner_high - inner_low))
        return value if value < inner_low else value + (inner_high - inner_low)

    def hue(self, near: float | None = None) -> float:
        """A hue of this split's sectors, within a twelfth of `near` where the split has one there."""
        sectors = [s for s in range(12) if (s in _HELD_HUES) == self.held_out]
        if near is not None:
            distance = [abs((s + 0.5) / 12 - near) % 1 for s in sectors]
            distance = [min(d, 1 - d) for d in distance]
            sectors = [s for s, d in zip(sectors, distance, strict=True) if d <= max(min(distance), 1 / 16)]
        return (self.pick(sectors) + self.uniform(0, 1)) / 12

    def colour(self, near: float | None = None, saturation=(0.0, 0.9), value=(0.1, 1.0)) -> np.ndarray:
        """A colour, float32 [3] in 0..1."""
        # Most of what cameras see is nearer to grey than to pure.
        pure = saturation[0] + (saturation[1] - saturation[0]) * self.uniform(0, 1) ** 1.6
        rgb = colorsys.hsv_to_rgb(self.hue(near), pure, self.uniform(*value))
        return np.asarray(rgb, np.float32)
