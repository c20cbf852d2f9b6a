"""Motion that makes no sound: things that float, swing, pass or gesture and hit nothing; shadows; overlays."""

import numpy as np

from .dice import Dice
from .draw import limb, paint
from .plan import Layer
from .shapes import box, circle, ellipse, thing
from .styles import Style, random_style
from .tracks import Track, wander


def random_distractors(dice: Dice, duration_s: float, aspect: float) -> tuple[list[Layer], list[Layer]]:
    """Layers behind and before the action; often none."""
    behind, before = [], []
    for _ in range(int(dice.pick((0, 0, 0, 1, 1, 2)))):
        layer = dice.pick((_floater, _floater, _passer, _swinger, _shadow, _gesture, _gesture, _overlay))(
            dice, duration_s, aspect
        )
        (before if dice.chance(0.2) else behind).append(layer)
    return behind, before


def _floater(dice: Dice, duration_s: float, aspect: float) -> Layer:
    """A thing on a smooth wandering course."""
    shape, style = thing(dice), random_style(dice)
    size, x0, y0 = dice.motion(0.02, 0.12), dice.uniform(0, aspect), dice.uniform(0, 0.8)
    x, y = (
        wander(dice, dice.motion(0.05, 0.6), dice.motion(0.1, 0.9)),
        wander(dice, dice.motion(0.02, 0.3), dice.motion(0.1, 0.9)),
    )
    spin = dice.uniform(-2, 2)
    return lambda canvas: paint(canvas, lambda t: (x0 + x(t), y0 + y(t), size, spin * t, 1.0), shape, style)


def _passer(dice: Dice, duration_s: float, aspect: float) -> Layer:
    """A thing that crosses the picture and is gone."""
    shape, style, size = thing(dice), random_style(dice), dice.motion(0.03, 0.25)
    speed = dice.sign() * dice.motion(0.2, 1.6) * aspect
    middle_s, y0, slope = dice.uniform(0, duration_s), dice.uniform(0.05, 0.85), dice.uniform(-0.2, 0.2)
    spin = dice.uniform(-3, 3)

    def pose(t):
        along = speed * (t - middle_s)
        return aspect / 2 + along, y0 + slope * along, size, spin * t, 1.0

    return lambda canvas: paint(canvas, pose, shape, style)


def _swinger(dice: Dice, duration_s: float, aspect: float) -> Layer:
    """A pendulum: it reverses again and again, softly, so a reversal alone is no hit."""
    shape, style, size = thing(dice), random_style(dice), dice.motion(0.03, 0.12)
    x0, length = dice.uniform(0.1, 0.9) * aspect, dice.uniform(0.3, 0.7)
    swing, rate, phase = dice.motion(0.2, 0.9), dice.motion(2.0, 7.0), dice.uniform(0, 6)

    def pose(t):
        angle = swing * np.sin(rate * t + phase)
        return x0 + length * np.sin(angle), length * np.cos(angle) - 0.1, size, -angle, 1.0

    return lambda canvas: paint(canvas, pose, shape, style)


def _shadow(dice: Dice, duration_s: float, aspect: float) -> Layer:
    """A soft patch of shade or light that drifts over everything."""
    tone = np.full(3, dice.pick((0.0, 0.0, 1.0)), np.float32)
    shape = dice.pick((circle(), ellipse(1.0, 0.5)))
    size, speed, depth = dice.motion(0.2, 0.6), dice.motion(-0.4, 0.4), dice.uniform(0.15, 0.5)
    x0, y0, sway = dice.uniform(0, aspect), dice.uniform(0, 1), wander(dice, 0.2, 0.5)

    def pose(t):
        return x0 + speed * (t - duration_s / 2), y0 + sway(t), size, 0.3, depth

    return lambda canvas: paint(canvas, pose, shape, Style("flat", tone, tone), soft=0.4)


def _gesture(dice: Dice, duration_s: float, aspect: float) -> Layer:
    """An arm that goes from pose to pose, quickly at times, but always eases into its stops."""
    style, thickness, length = random_style(dice), dice.uniform(0.015, 0.06), dice.motion(0.2, 0.6)
    x0, y0 = dice.uniform(0, aspect), dice.uniform(0.3, 1.1)
    turn, now = [(0.0, dice.uniform(-1.2, 1.2), 1)], 0.0
    while now < duration_s:
        now += dice.uniform(0.0, 1.2)
        move = dice.motion(0.25, 1.1)
        turn += [(now, turn[-1][1], 1), (now + move, dice.uniform(-1.3, 1.3), 0)]
        now += move
    angle = Track(turn)

    def shoulder(t):
        return x0 + 0 * t, y0 + 0 * t

    def hand(t):
        return x0 + length * np.sin(angle(t)), y0 - length * np.cos(angle(t))

    return lambda canvas: limb(canvas, shoulder, hand, thickness, style, 0.7)


def _overlay(dice: Dice, duration_s: float, aspect: float) -> Layer:
    """A caption, a logo or a bar that is laid over the picture, and may come and go in one frame."""
    start = dice.uniform(-2, duration_s)
    end = start + dice.uniform(0.5, duration_s)
    size, style = dice.uniform(0.05, 0.4) * aspect, random_style(dice)
    x0, y0 = dice.uniform(0.2, 0.8) * aspect, dice.pick((0.06, 0.12, 0.85, 0.93))
    shape = dice.pick((box(1.0, dice.uniform(0.05, 0.25)), box(0.2, 0.2, 0.05), circle()))

    def pose(t):
        return x0, y0, size, 0.0, 1.0 * ((t >= start) & (t < end))

    return lambda canvas: paint(canvas, pose, shape, style)
