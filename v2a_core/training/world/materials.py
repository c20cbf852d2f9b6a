"""What things are made of, as far as the eye can tell, and the shadows that they throw."""

import numpy as np

from .dice import Dice
from .draw import paint
from .shapes import circle
from .styles import Style, random_style

# What the material hints at: a hue, its saturations and brightnesses.
_HINTS = {
    "wood_impact": (0.07, (0.3, 0.7), (0.3, 0.8)),
    "metal_impact": (0.6, (0.0, 0.12), (0.5, 1.0)),
    "stone_impact": (0.1, (0.0, 0.2), (0.2, 0.6)),
    "glass_break": (0.5, (0.05, 0.3), (0.7, 1.0)),
    "ball_bounce": (None, (0.4, 1.0), (0.4, 1.0)),
}
SHADE = Style("flat", np.zeros(3, np.float32), np.zeros(3, np.float32))


def material(dice: Dice, looks: str) -> Style:
    """A style that hints at the material, in two thirds of the cases."""
    if dice.chance(0.33):
        return random_style(dice)
    hue, saturation, value = _HINTS[looks]
    return random_style(dice, hue, saturation=saturation, value=value)


def contact_shadow(path, radius: float, floor_y: float, depth: float):
    """The soft shadow that a thing on `path` throws on the floor: darker and smaller as it comes near."""

    def pose(t):
        x, y, _, seen = path(t)
        height = np.clip((floor_y - radius - y) / 0.6, 0, 1)
        return x, floor_y + 0.004, radius * (1.1 + 0.8 * height), 0.0, depth * (1 - 0.75 * height) * seen

    return lambda canvas: paint(canvas, pose, circle(), SHADE, soft=0.25, tall=0.28)
