"""What stands behind the action: a wall or a landscape, and a floor where the scene has one."""

from dataclasses import dataclass

import numpy as np

from .dice import Dice
from .draw import Canvas
from .noise import stretch, value_noise

TRAIN_WALLS = ("flat", "gradient", "noise", "noise", "clutter", "clutter", "tiles", "stripes", "hills")
TEST_WALLS = ("bricks", "bokeh", "contours", "plaid")
# The backdrop is drawn this much beyond the picture on each side, for the camera to move over.
MARGIN = 0.3


@dataclass(frozen=True)
class Backdrop:
    """A wall of one kind over a floor that begins at floor_y (None: no floor). Colours float32 [3]."""

    wall: str
    colours: tuple[np.ndarray, ...]
    floor_y: float | None
    floor_colours: tuple[np.ndarray, ...]
    scale: float
    contrast: float
    seed: int

    def render(self, height: int, width: int, aspect: float) -> np.ndarray:
        """The backdrop over the picture and MARGIN around it, float32 [height, width, 3]."""
        rng = np.random.default_rng(self.seed)
        x = (((np.arange(width) + 0.5) / width) * (1 + 2 * MARGIN) - MARGIN)[None] * aspect
        y = (((np.arange(height) + 0.5) / height) * (1 + 2 * MARGIN) - MARGIN)[:, None]
        x, y = x.astype(np.float32), y.astype(np.float32)
        picture = self._wall(rng, x, y, height, width, aspect)
        if self.floor_y is not None:
            grain = stretch(value_noise(rng, height, width, (8, int(6 * aspect)), 4))
            nearness = np.clip((y - self.floor_y) / (1.3 - self.floor_y), 0, 1)
            floor = self.floor_colours[0] + (self.contrast * grain + 0.3 * nearness)[..., None] * (
                self.floor_colours[1] - self.floor_colours[0]
            )
            on_floor = np.clip((y - self.floor_y) * height / (1 + 2 * MARGIN) + 0.5, 0, 1)[..., None]
            shade = 1 - 0.35 * np.exp(-np.abs(y - self.floor_y) / 0.03)[..., None]
            picture = (picture + on_floor * (floor - picture)) * shade
        return np.clip(picture, 0, 1.2).astype(np.float32)

    def _wall(self, rng, x, y, height, width, aspect) -> np.ndarray:
        a, b, c = self.colours
        noise = lambda cells, octaves=4: stretch(value_noise(rng, height, width, cells, octaves))  # noqa: E731
        k = self.scale
        mix = np.zeros((height, width), np.float32)
        if self.wall == "gradient":
            mix = np.clip(y * rng.uniform(-1, 1) + x / aspect * rng.uniform(-1, 1) + 0.5, 0, 1)
        elif self.wall == "noise":
            mix = noise((max(2, int(k)), max(2, int(k * aspect))))
        elif self.wall == "tiles":
            joint = np.minimum((x * k) % 1, (y * k) % 1) < 0.08
            mix = np.where(joint, 1.0, 0.4 * noise((6, 8), 2))
        elif self.wall == "stripes":
            turn = rng.uniform(0, np.pi)
            mix = np.clip(0.5 + 2 * np.sin((x * np.cos(turn) + y * np.sin(turn)) * k * 6), 0, 1)
        elif self.wall == "hills":
            mix = 0.3 * noise((3, 5)) * np.ones_like(y)
            picture = a + mix[..., None] * (b - a)
            for layer in range(3):
                ridge = 0.35 + 0.15 * layer + 0.25 * (value_noise(rng, 1, width, (2, 4 + 3 * layer), 4) - 0.5)
                tone = (c * (0.9 - 0.25 * layer) + 0.12 * (noise((10, 14), 3) - 0.5)[..., None]).astype(np.float32)
                picture = np.where((y > ridge)[..., None], tone, picture)
            return picture
        elif self.wall == "clutter":
            return self._clutter(rng, x, y, aspect, noise)
        elif self.wall == "bricks":
            row = np.floor(y * k * 1.6)
            joint = ((x * k * 0.8 + 0.5 * (row % 2)) % 1 < 0.07) | ((y * k * 1.6) % 1 < 0.12)
            mix = np.where(joint, 1.0, 0.5 * noise((12, 16), 2))
        elif self.wall == "bokeh":
            picture = np.broadcast_to(a * 0.4, (height, width, 3)).astype(np.float32)
            for _ in range(rng.integers(8, 24)):
                cx, cy, r = rng.uniform(-0.2, aspect + 0.2), rng.uniform(-0.2, 1.2), rng.uniform(0.03, 0.14)
                disc = np.clip((r - np.hypot(x - cx, y - cy)) * 40, 0, 1) * rng.uniform(0.1, 0.5)
                picture = picture + disc[..., None] * (b if rng.random() < 0.5 else c)
            return picture
        elif self.wall == "contours":
            mix = np.clip(0.5 + 1.5 * np.sin(noise((3, 4), 3) * 6 * k), 0, 1)
        elif self.wall == "plaid":
            mix = 0.5 * (np.sin(x * k * 8) > 0.3) + 0.5 * (np.sin(y * k * 8) > 0.3)
        return a + (self.contrast * mix)[..., None].astype(np.float32) * (b - a)

    def _clutter(self, rng, x, y, aspect, noise) -> np.ndarray:
        """Things over things with sizes by a power law, as in photographs (the dead-leaves model)."""
        grain = noise((8, 10))
        picture = self.colours[0] + (grain - 0.5)[..., None] * 0.2
        for _ in range(int(rng.integers(15, 60))):
            tone = self.colours[rng.integers(3)] * np.float32(rng.uniform(0.5, 1.3))
            cx, cy = rng.uniform(-0.3, aspect + 0.3), rng.uniform(-0.3, 1.3)
            size = 0.05 / np.sqrt(rng.uniform(0.012, 1))
            w, h = size * rng.uniform(0.4, 1.5), size * rng.uniform(0.4, 1.5)
            inside = (
                (np.abs(x - cx) < w) & (np.abs(y - cy) < h)
                if rng.random() < 0.5
                else ((x - cx) / w) ** 2 + ((y - cy) / h) ** 2 < 1
            )
            tone = tone + (grain[..., None] - 0.5) * np.float32(rng.uniform(0, 0.35))
            picture = np.where(inside[..., None], tone, picture)
        return picture

    def lay(self, canvas: Canvas) -> None:
        """Fill the canvas with the backdrop as its camera sees it."""
        _, height, width = canvas.size
        rows, columns = round(height * (1 + 2 * MARGIN)), round(width * (1 + 2 * MARGIN))
        picture = self.render(rows, columns, canvas.aspect)
        x, y = canvas.grid()
        down = (y[:, :, 0] + MARGIN) / (1 + 2 * MARGIN) * rows - 0.5
        along = (x[:, 0, :] / canvas.aspect + MARGIN) / (1 + 2 * MARGIN) * columns - 0.5
        moving = any(np.ptp(c) > 0 for c in (canvas.camera_x, canvas.camera_y, canvas.zoom))
        at = slice(None) if moving else slice(0, 1)
        take_rows, take_columns = _sampling(down[at], rows), _sampling(along[at], columns)
        # Bilinear sampling on a grid is a product with a matrix from each side.
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1))
        for channel in range(3):
            canvas.pixels[..., channel] = take_rows @ planes[channel] @ take_columns.transpose(0, 2, 1)


def _sampling(position: np.ndarray, length: int) -> np.ndarray:
    """Linear interpolation at positions [T, n] of `length` samples as matrices float32 [T, n, length], edges held."""
    position = np.clip(position, 0, length - 1).astype(np.float32)
    return np.maximum(0, 1 - np.abs(position[..., None] - np.arange(length, dtype=np.float32)))


def random_backdrop(dice: Dice, floor_y: float | None = None, floor_near: float | None = None, snowy=False) -> Backdrop:
    """A backdrop of this split; `floor_near` is a hue to hint at on the floor."""
    wall = dice.kind(TRAIN_WALLS, TEST_WALLS)
    dark = dice.chance(0.3)
    value = (0.05, 0.4) if dark else (0.25, 1.0)
    colours = tuple(dice.colour(saturation=(0, 0.7), value=value) for _ in range(3))
    floor_saturation, floor_value = ((0, 0.12), (0.75, 1.0)) if snowy else ((0.05, 0.6), (0.12, 0.8))
    floor = tuple(dice.colour(floor_near, floor_saturation, floor_value) for _ in range(2))
    if floor_y is not None and dice.chance(0.15):
        floor_y = None
    return Backdrop(
        wall, colours, floor_y, floor, dice.uniform(2.5, 9), dice.uniform(0.15, 1.0), int(dice.rng.integers(2**31))
    )
