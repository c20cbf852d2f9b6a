"""The camera and what it does to the picture: framing, shake, cuts, light, blur, grain, compression."""

from dataclasses import dataclass

import numpy as np

from .dice import Dice
from .draw import Canvas
from .tracks import Curve, Track, ringing, wander

GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Camera:
    """Where the camera looks (world x, y) and how close, curves over seconds; the shutter as a share of frame time."""

    x: Curve
    y: Curve
    zoom: Curve
    shutter: float


def random_camera(
    dice: Dice, aspect: float, duration_s: float, jolts: list[tuple[float, float]], still=False
) -> Camera:
    """Tripod, hand-held, slow pan, slow zoom, a cut; `jolts` are (time_s, strength) that may shake it."""
    shutter = dice.uniform(0.3, 1.0) if dice.chance(0.5) else 0.0
    centre_x, centre_y, zoom = aspect / 2, 0.5, 1.0
    if still or dice.chance(0.3):
        return Camera(*(lambda t, c=c: np.full(np.shape(t), c) for c in (centre_x, centre_y, zoom)), shutter)
    shake = dice.pick((0.0, 0.004, 0.012, 0.03)) * dice.motion(0.5, 1.5)
    rate = dice.motion(0.5, 3.0)
    sway = wander(dice, shake, rate), wander(dice, shake, rate)
    pan = dice.uniform(-0.12, 0.12) * aspect if dice.chance(0.3) else 0.0
    tilt = dice.uniform(-0.06, 0.06) if dice.chance(0.2) else 0.0
    zoom_from, zoom_to = (dice.uniform(0.95, 1.3), dice.uniform(0.95, 1.3)) if dice.chance(0.35) else (1.0, 1.0)
    cut = dice.uniform(0.2, 0.8) * duration_s if dice.chance(0.08) else duration_s + 1
    cut_zoom, cut_x = dice.uniform(0.9, 1.35), dice.uniform(-0.08, 0.08) * aspect
    jolt = dice.uniform(0.003, 0.012) if dice.chance(0.12) else 0.0
    shock = ringing([t for t, _ in jolts], [jolt * s for _, s in jolts], dice.uniform(6, 11), 0.08)
    drift = Track([(0.0, -0.5, 1), (duration_s, 0.5, 0 if dice.chance(0.5) else 1)])

    def x(t):
        return centre_x + sway[0](t) + pan * drift(t) + np.where(t >= cut, cut_x, 0.0)

    def y(t):
        return centre_y + sway[1](t) + tilt * drift(t) + shock(t)

    def closeness(t):
        return (zoom_from + (zoom_to - zoom_from) * (drift(t) + 0.5)) * np.where(t >= cut, cut_zoom, 1.0)

    return Camera(x, y, closeness, shutter)


@dataclass(frozen=True)
class Lens:
    """What happens to the light on its way to the file; every part may be switched off by a zero."""

    grey: float
    tint: np.ndarray
    gamma: float
    contrast: float
    lift: float
    vignette: float
    light: tuple[float, float, float]
    blur: float
    grain: float
    blocks: float
    exposure: Curve
    seed: int

    def expose(self, canvas: Canvas, frame_numbers: np.ndarray) -> np.ndarray:
        """The canvas as it is recorded, uint8 [T, H, W, 3]."""
        pixels = canvas.pixels
        _, height, width = canvas.size
        if self.blur:
            pixels = blurred(pixels, self.blur * height)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        x, y = (x + 0.5) / width * 2 - 1, (y + 0.5) / height * 2 - 1
        amount, direction, slope = self.light
        fall = (
            1
            - self.vignette * (x * x + y * y) / 2
            + amount * np.tanh(slope * (x * np.cos(direction) + y * np.sin(direction)))
        )
        mixing = ((1 - self.grey) * np.eye(3, dtype=np.float32) + self.grey * GREY[:, None]) * self.tint
        gain = fall.astype(np.float32)[None] * self.exposure(canvas.times_s).astype(np.float32)[:, None, None]
        if self.grey or np.any(self.tint != 1):
            pixels = pixels @ mixing.astype(np.float32)
        pixels = np.multiply(pixels, gain[..., None], out=pixels)
        if self.blocks:
            pixels = _blocky(pixels, self.blocks)
        if self.grain:
            pixels += self._grain(frame_numbers, height, width)[..., None]
        tone = np.linspace(0, 1, 1024)
        tone = np.clip((tone**self.gamma - 0.5) * self.contrast + 0.5 + self.lift, 0, 1)
        pixels *= 1023
        pixels += 0.5
        return np.round(tone * 255).astype(np.uint8)[np.clip(pixels, 0, 1023, out=pixels).astype(np.int16)]

    def _grain(self, frame_numbers: np.ndarray, height: int, width: int) -> np.ndarray:
        rng = np.random.default_rng(self.seed)
        sheet = rng.standard_normal((height + 61, width + 67), np.float32) * np.float32(self.grain)
        # Each frame sees another part of one sheet of grain.
        corners = np.stack([frame_numbers * 37 % 61, frame_numbers * 23 % 67], 1)
        return np.stack([sheet[r : r + height, c : c + width] for r, c in corners])


def blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of [T, H, W, 3], sigma in pixels, edges held."""
    reach = max(1, round(2.5 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    taps /= taps.sum()
    for axis in (1, 2):
        length, padding = pixels.shape[axis], [(0, 0)] * 4
        padding[axis] = (reach, reach)
        padded = np.pad(pixels, padding, mode="edge")
        at = lambda k: padded[:, k : k + length] if axis == 1 else padded[:, :, k : k + length]  # noqa: B023, E731
        pixels = taps[0] * at(0)
        for k in range(1, len(taps)):
            pixels += taps[k] * at(k)
    return pixels


def _blocky(pixels: np.ndarray, amount: float) -> np.ndarray:
    """Blocks of a sixteenth of the height drawn towards their mean, as starved codecs do."""
    frames, height, width, _ = pixels.shape
    side = max(2, height // 16)
    if height % side or width % side:
        rows, columns = (np.arange(n) // side * side + side // 2 for n in (height, width))
        mean = pixels[:, np.minimum(rows, height - 1)][:, :, np.minimum(columns, width - 1)]
        return pixels + np.float32(amount) * (mean - pixels)
    blocks = pixels.reshape(frames, height // side, side, width // side, side, 3)
    mean = blocks.mean((2, 4), keepdims=True)
    return (blocks + np.float32(amount) * (mean - blocks)).reshape(pixels.shape)


def random_lens(dice: Dice, duration_s: float) -> Lens:
    """Footage of any quality, from clean to a dark, grainy, grey, blocky web clip."""
    tint = 1 + dice.rng.uniform(-0.25, 0.25, 3).astype(np.float32) * dice.chance(0.4)
    flicker = wander(dice, dice.uniform(0.02, 0.15), dice.motion(0.3, 4)) if dice.chance(0.25) else None
    jump_s = dice.uniform(0.1, 0.9) * duration_s if dice.chance(0.06) else duration_s + 1
    level, jump = dice.uniform(0.75, 1.15), dice.uniform(0.6, 1.5)

    def exposure(t):
        return level * np.where(t >= jump_s, jump, 1.0) * (1 + (flicker(t) if flicker else 0.0))

    return Lens(
        grey=1.0 if dice.chance(0.2) else (dice.uniform(0, 0.6) if dice.chance(0.3) else 0.0),
        tint=tint,
        gamma=dice.uniform(0.6, 1.5) if dice.chance(0.5) else 1.0,
        contrast=dice.uniform(0.4, 1.3) if dice.chance(0.6) else 1.0,
        lift=dice.uniform(-0.1, 0.12) if dice.chance(0.4) else 0.0,
        vignette=dice.uniform(0.1, 0.7) if dice.chance(0.5) else 0.0,
        light=(dice.uniform(0, 0.35) if dice.chance(0.5) else 0.0, dice.uniform(0, 6.28), dice.uniform(0.5, 3)),
        blur=dice.uniform(0.006, 0.02) if dice.chance(0.35) else 0.0,
        grain=dice.uniform(0.004, 0.05) if dice.chance(0.6) else 0.0,
        blocks=dice.uniform(0.2, 0.8) if dice.chance(0.15) else 0.0,
        exposure=exposure,
        seed=int(dice.rng.integers(2**31)),
    )
