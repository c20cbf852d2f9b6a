"""How the inside of a shape looks."""

from dataclasses import dataclass, field

import numpy as np

from .dice import Dice
from .noise import stretch, value_noise

_TILE = 64
TRAIN_STYLES = ("flat", "lit", "lit", "gradient", "textured", "textured", "striped", "outline", "silhouette")
TEST_STYLES = ("checker", "dotted", "rim", "hatched", "marbled")


@dataclass(frozen=True)
class Style:
    """kind (one of the style lists), two colours float32 [3], a tile of noise [64, 64], the direction of the light."""

    kind: str
    base: np.ndarray
    accent: np.ndarray
    light: tuple[float, float] = (-0.5, -0.7)
    scale: float = 4.0
    line: float = 0.12
    tile: np.ndarray | None = field(default=None, repr=False)

    def outlined(self, distance: np.ndarray) -> np.ndarray:
        """The distance to what this style fills: an outline is a band along the edge."""
        return np.abs(distance + self.line) - self.line if self.kind == "outline" else distance

    def shade(self, u: np.ndarray, v: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Colours float32 [n, 3] at local coordinates u, v [n] of a shape turned by angle [n] radians."""
        mix, gain, gloss = 0.0, 1.0, 0.0
        lx, ly = self.light
        # The light stays where it is while the object turns.
        toward = u * (lx * np.cos(angle) + ly * np.sin(angle)) + v * (ly * np.cos(angle) - lx * np.sin(angle))
        if self.kind == "lit":
            height = np.sqrt(np.maximum(1 - u * u - v * v, 0))
            lambert = np.clip(0.65 * toward + 0.65 * height, 0, 1)
            gain, gloss = 0.35 + 0.8 * lambert, 0.7 * lambert**12
        elif self.kind == "gradient":
            gain = 0.8 + 0.4 * toward
        elif self.kind in ("textured", "marbled"):
            rows, columns = ((c * self.scale * 8).astype(np.int32) & (_TILE - 1) for c in (v, u))
            grain = self.tile[rows, columns]
            mix = np.abs(2 * grain - 1) ** 0.5 if self.kind == "marbled" else grain
            gain = 0.85 + 0.3 * toward
        elif self.kind == "striped":
            mix, gain = (np.sin(u * self.scale * 2.2) > 0).astype(np.float32), 0.9 + 0.25 * toward
        elif self.kind == "checker":
            mix = ((np.floor(u * self.scale * 0.8) + np.floor(v * self.scale * 0.8)) % 2).astype(np.float32)
        elif self.kind == "dotted":
            a, b = (np.abs((c * self.scale * 0.8) % 1 - 0.5) for c in (u, v))
            mix = (a * a + b * b < 0.08).astype(np.float32)
        elif self.kind == "hatched":
            mix = (np.sin((u + v) * self.scale * 3) > 0.2).astype(np.float32)
        elif self.kind == "rim":
            edge = np.clip(u * u + v * v, 0, 1) ** 3
            gain, gloss = 0.45, edge * np.clip(0.3 + toward, 0, 1)
        colour = self.base + np.asarray(mix, np.float32)[..., None] * (self.accent - self.base)
        return colour * np.asarray(gain, np.float32)[..., None] + np.asarray(gloss, np.float32)[..., None]


def noise_tile(dice: Dice, cells: int = 4, octaves: int = 3) -> np.ndarray:
    """Tiling noise [64, 64] in 0..1."""
    return stretch(value_noise(dice.rng, _TILE, _TILE, (cells, cells), octaves, wrap=True))


def random_style(dice: Dice, near: float | None = None, contrast_to: np.ndarray | None = None, **colour) -> Style:
    """A style of this split; with `contrast_to` its brightness keeps off that colour's."""
    kind = dice.kind(TRAIN_STYLES, TEST_STYLES)
    base = dice.colour(near, **colour)
    if kind == "silhouette":
        base = base * np.float32(0.15)
    if contrast_to is not None and abs(base.mean() - contrast_to.mean()) < 0.12:
        base = np.clip(base + (0.3 if contrast_to.mean() < 0.5 else -0.3), 0, 1).astype(np.float32)
    accent = np.clip(base * np.float32(dice.uniform(0.3, 1.6)) + np.float32(dice.uniform(-0.2, 0.2)), 0, 1)
    light = dice.uniform(0, 2 * np.pi)
    tile = noise_tile(dice, dice.integer(3, 8)) if kind in ("textured", "marbled") else None
    return Style(
        kind,
        base,
        accent,
        (np.cos(light) * 0.7, -abs(np.sin(light))),
        dice.uniform(2, 6),
        dice.uniform(0.05, 0.16),
        tile,
    )
