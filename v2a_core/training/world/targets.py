"""What tools strike: anvils, logs, drums, cymbals, and the chips that fly."""

import numpy as np

from .dice import Dice
from .draw import paint
from .plan import Hit
from .shapes import box, circle, ellipse
from .styles import Style, random_style
from .tracks import ringing

# The hue that the struck thing hints at.
HUES = {"hammering": 0.6, "wood_chopping": 0.08, "drum": 0.0, "cymbal": 0.13, "tabla": 0.07}


def target(dice: Dice, looks: str, x: float, y: float, spread: float, dip, landed: list[Hit]):
    """What is struck, its top at y; it gives a little at each strike."""
    style = random_style(dice, HUES[looks])
    width = dice.uniform(0.1, 0.3) + spread
    if looks == "cymbal":
        tilt = ringing(
            [h.time_s for h in landed], [0.25 * h.strength for h in landed], dice.uniform(2, 4), dice.uniform(0.3, 0.8)
        )
        flat = ellipse(1.0, 0.08)
        stand = random_style(dice)
        return [
            lambda canvas: paint(canvas, lambda t: (x, y + 0.35, 0.35, 0.0, 1.0), box(0.03, 1.0), stand),
            lambda canvas: paint(canvas, lambda t: (x, y + width * 0.05, width, tilt(t), 1.0), flat, style),
        ]
    if looks in ("drum", "tabla"):
        depth, skin = dice.uniform(0.5, 1.1), random_style(dice, saturation=(0, 0.3), value=(0.5, 1))
        drums = [(x, width)] if looks == "drum" else [(x - spread, width * 0.6), (x + spread, width * 0.5)]
        layers = []
        for cx, w in drums:
            layers.append(
                lambda canvas, cx=cx, w=w: paint(
                    canvas, lambda t: (cx, y + w * depth + dip(t), w, 0.0, 1.0), box(1.0, depth), style
                )
            )
            layers.append(
                lambda canvas, cx=cx, w=w: paint(
                    canvas, lambda t: (cx, y + 0.01 + dip(t), w, 0.0, 1.0), ellipse(1.0, 0.16), skin
                )
            )
        return layers
    shape = dice.pick((box(1.0, 0.6, 0.05), box(0.6, 1.0), box(1.0, 0.35, 0.1)))
    nail = random_style(dice)
    layers = [
        lambda canvas: paint(canvas, lambda t: (x, y + width * shape.foot + dip(t), width, 0.0, 1.0), shape, style)
    ]
    if looks == "hammering" and dice.chance(0.5):
        layers.append(
            lambda canvas: paint(canvas, lambda t: (x, y + 0.03 + dip(t), 0.03, 0.0, 1.0), box(0.25, 1.0), nail)
        )
    return layers


def chips(dice: Dice, landed: list[Hit]):
    """Splinters or sparks that fly from each strike and are gone in a third of a second."""
    layers = []
    tone = dice.colour(0.1, (0.2, 0.8), (0.6, 1.0))
    style, size = Style("flat", tone, tone), dice.uniform(0.008, 0.02)
    times, x, y = np.array([(h.time_s, h.x, h.y) for h in landed]).reshape(-1, 3).T
    if not len(times):
        return layers
    for _ in range(dice.integer(2, 4)):
        vx, vy = dice.uniform(-1, 1), dice.uniform(-1.2, -0.3)

        def pose(t, vx=vx, vy=vy):
            i = np.clip(np.searchsorted(times, t, side="right") - 1, 0, None)
            since = t - times[i]
            alive = (since >= 0) & (since < 0.35)
            return x[i] + vx * since, y[i] + vy * since + 2 * since**2, size, 9 * since, alive * (1 - since / 0.35)

        layers.append(lambda canvas, pose=pose: paint(canvas, pose, circle(), style))
    return layers
