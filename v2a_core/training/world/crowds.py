"""Crowds: rows of people who sway and raise their arms, the more the louder they are."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import limb
from .levels import level_curve, sampled
from .ovals import oval
from .plan import Plan
from .styles import random_style


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Heads in rows, the nearer the larger and the lower; some of them clap or wave."""
    level = level_curve(dice, duration_s)
    plan = Plan("crowd", random_backdrop(dice, dice.motion(0.3, 0.9)), level=sampled(level, duration_s))
    rows, rate = dice.integer(1, 4), dice.motion(1.5, 6)
    jumps = dice.motion(0.02, 0.12)
    for row in range(rows):
        depth = (row + 1) / rows
        size = dice.motion(0.03, 0.09) * (0.5 + depth)
        y = 0.25 + 0.6 * depth + dice.uniform(-0.05, 0.05)
        x = dice.uniform(-size, size)
        while x < aspect + size:
            plan.layers += _person(dice, x, y, size, level, rate * dice.uniform(0.7, 1.4), jumps)
            x += size * dice.uniform(1.6, 3.2)
    return plan


def _person(dice: Dice, x: float, y: float, size: float, level, rate: float, jumps: float):
    skin = dice.colour(dice.pick((0.06, 0.03, 0.1)), (0.1, 0.6), (0.2, 1.0))
    hair, coat = dice.colour(0.08, (0, 0.6), (0.03, 0.6)), random_style(dice)
    phase, eager = dice.uniform(0, 6.3), dice.uniform(0.3, 1.2)

    def excited(t):
        return np.clip(level(t), 0, 1) * eager

    def lift(t):
        return jumps * excited(t) * np.abs(np.sin(rate * t + phase))

    def neck(t):
        return x + 0.2 * size * excited(t) * np.sin(0.7 * rate * t + phase), y + size - lift(t)

    def hip(t):
        return neck(t)[0], neck(t)[1] + 3 * size

    layers = [
        lambda canvas: limb(canvas, hip, neck, 1.1 * size, coat, 0.9),
        lambda canvas: oval(canvas, lambda t: (neck(t)[0], neck(t)[1] - size, 0.8 * size, size, 0, 1), skin),
        lambda canvas: oval(
            canvas, lambda t: (neck(t)[0], neck(t)[1] - 1.5 * size, 0.8 * size, 0.6 * size, 0, 1), hair
        ),
    ]
    if dice.chance(0.5):
        arm = dice.sign()

        def shoulder(t):
            return neck(t)[0] + arm * 0.9 * size, neck(t)[1] + 0.8 * size

        def hand(t):
            up = 2.4 * excited(t) * (0.6 + 0.4 * np.sin(2 * rate * t + phase)) - 1.2
            return shoulder(t)[0] + arm * 1.6 * size * np.cos(up), shoulder(t)[1] - 1.6 * size * np.sin(up)

        layers.append(lambda canvas: limb(canvas, shoulder, hand, 0.3 * size, coat))
    return layers
