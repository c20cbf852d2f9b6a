"""What vehicles are put together from."""

from .dice import Dice
from .draw import paint
from .shapes import box, circle, ellipse, ring, union
from .styles import random_style


def body(dice: Dice, looks: str):
    """Parts (shape, x, y, scale, whether it turns, group) of a vehicle of half-length 1; the wheels touch y = 0.42."""
    if looks == "airplane":
        wing = dice.kind(((0.3, 0.05), (0.22, 0.45)), ((0.4, 0.2),))
        return [
            (ellipse(1.0, dice.uniform(0.1, 0.2)), 0.0, 0.0, 1.0, False, "hull"),
            (box(0.14, 0.3), -0.85, -0.25, 1.0, False, "hull"),
            (ellipse(*wing), 0.0, 0.06, 1.0, False, "wing"),
        ]
    cabin, x, y = dice.kind(
        (
            lambda: (box(0.5, 0.2, 0.12), dice.uniform(-0.2, 0.1), -0.22),
            lambda: (box(0.75, 0.3, 0.05), -0.2, -0.3),
            lambda: (box(0.25, 0.28, 0.06), 0.55, -0.2),
        ),
        (lambda: (ellipse(0.6, 0.4), 0.0, -0.15), lambda: (box(0.35, 0.15), -0.5, -0.25)),
    )()
    wheel, tyre = dice.uniform(0.15, 0.24), ring(0.3) if dice.chance(0.4) else circle()
    parts = [
        (cabin, x, y, 1.0, False, "hull"),
        (box(1.0, dice.uniform(0.18, 0.26), 0.1), 0.0, 0.1, 1.0, False, "hull"),
        (box(0.28, 0.1, 0.03), x + 0.05, y + 0.02, 0.9, False, "glass"),
    ]
    return parts + [(tyre, side, 0.42 - wheel, wheel, True, "wheel") for side in (-0.6, 0.6)]


def wagon(dice: Dice):
    windows = dice.integer(2, 4)
    parts = [(box(1.0, 0.42, 0.06), 0.0, -0.1, 1.0, False, "hull")]
    parts.append(
        (
            union(*((box(0.12, 0.12), -0.75 + 1.5 * i / (windows - 1), 0.0, 1.0) for i in range(windows))),
            0.0,
            -0.2,
            1.0,
            False,
            "glass",
        )
    )
    return parts


def drawn(dice: Dice, parts, course, facing):
    """Layers for a vehicle on a course (x, y, size, travelled, opacity at seconds [T]), `facing(t)` +1 for right.

    Parts are placed mirrored when it faces left, and turn as it rolls; each group of parts has one style.
    """
    layers, styles = [], {}
    for shape, dx, dy, scale, turns, group in parts:
        style = styles.setdefault(group, random_style(dice))

        def pose(t, dx=dx, dy=dy, scale=scale, turns=turns):
            x, y, size, gone, seen = course(t)
            face = facing(t)
            return (
                x + face * dx * size,
                y + dy * size,
                size * scale,
                (face * gone / (size * scale + 1e-6) if turns else 0.0),
                seen,
            )

        layers.append(lambda canvas, pose=pose, shape=shape, style=style: paint(canvas, pose, shape, style))
    return layers
