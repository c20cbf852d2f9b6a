"""Pictures that call for music: nothing strikes, nothing sounds, only light, colour and slow motion set a mood."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import Canvas
from .fields import scroll_tile
from .noise import stretch, value_noise
from .ovals import oval
from .plan import Layer, Plan
from .tracks import Track, wander

# (hue, saturation, brightness, speed) of a mood.
_MOODS = {
    "music_calm": (0.55, (0.05, 0.6), (0.5, 1.0), (0.01, 0.06)),
    "music_tense": (0.98, (0.0, 0.5), (0.02, 0.35), (0.02, 0.2)),
    "music_lively": (0.13, (0.5, 1.0), (0.6, 1.0), (0.15, 0.6)),
}
LOOKS = tuple(_MOODS)


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Drifting clouds, floating lights, a slow curtain of colour; the level hardly changes, or swells or fades once."""
    looks = dice.pick(LOOKS)
    hue, saturation, value, speeds = _MOODS[looks]
    plan = Plan(looks, random_backdrop(dice, dice.motion(0.5, 1.0) if dice.chance(0.6) else None))
    level = dice.uniform(0.5, 0.9)
    ends = {"even": (level, level), "swells": (0.2 * level, level), "fades": (level, 0.1 * level)}
    first, last = ends[dice.pick(("even", "even", "even", "swells", "fades"))]
    curve = Track([(0.0, first, 1), (duration_s, last, 0)])
    plan.level = np.clip(curve(np.arange(int(np.ceil(duration_s * 100))) / 100), 0, 1).astype(np.float32)
    speed = dice.motion(*speeds)
    for _ in range(dice.integer(1, 2)):
        plan.layers.append(_veil(dice, dice.colour(hue, saturation, value), speed))
    for _ in range(dice.integer(0, 14)):
        plan.layers.append(_light(dice, dice.colour(hue, saturation, (0.5, 1.0)), speed, aspect))
    return plan


def _veil(dice: Dice, colour: np.ndarray, speed: float) -> Layer:
    """A sheet of cloud or light that drifts over everything."""
    tile = stretch(value_noise(dice.rng, 256, 256, (dice.integer(2, 6), dice.integer(2, 6)), 4, wrap=True))
    dense, turn = dice.uniform(0.4, 0.9), dice.uniform(0, 6.3)

    def layer(canvas: Canvas) -> None:
        run = speed * canvas.times_s
        cloud = scroll_tile(canvas, tile, run * np.cos(turn), run * np.sin(turn))
        canvas.blend(dense * cloud, colour)

    return layer


def _light(dice: Dice, colour: np.ndarray, speed: float, aspect: float) -> Layer:
    """A soft disc that floats and glows up and down."""
    x0, y0, size = dice.uniform(0, aspect), dice.uniform(0, 1), dice.motion(0.01, 0.12)
    x, y = wander(dice, 0.1 + speed, 0.2 + speed), wander(dice, 0.1 + speed, 0.2 + speed)
    glow, rate, phase = dice.uniform(0.2, 0.7), dice.motion(0.3, 2.0), dice.uniform(0, 6.3)
    swell = lambda t: glow * (0.6 + 0.4 * np.sin(rate * t + phase))  # noqa: E731
    return lambda canvas: oval(canvas, lambda t: (x0 + x(t), y0 + y(t), size, size, 0, swell(t)), colour)
