"""A head to draw: skull, hair, eyes that blink, nose, ears, a mouth; turned to any side, lit from anywhere."""

from dataclasses import dataclass

import numpy as np

from .dice import Dice
from .mouth import Mouth
from .ovals import oval
from .plan import Layer
from .tracks import Curve, ringing

TRAIN_HAIR = ("bald", "cap", "cap", "long", "fringe", "parted")
TEST_HAIR = ("bun", "curls", "tall")
TRAIN_EXTRAS = ("none", "none", "glasses", "beard", "hat")
TEST_EXTRAS = ("none", "moustache", "headband", "earrings")


@dataclass(frozen=True)
class Pose:
    """Where a head is: centre x and y, turn to the side (radians, 0 to the camera), nod (radians), tilt; curves."""

    x: Curve
    y: Curve
    turn: Curve
    nod: Curve
    tilt: Curve


def head(dice: Dice, pose: Pose, size: float, mouth: Mouth, duration_s: float, covered: bool = False) -> list[Layer]:
    """Layers of a head of half-height `size` whose lips are `mouth`; covered: a hand, a cup or a mask before them."""
    skin = dice.colour(dice.pick((0.06, 0.06, 0.03, 0.1)), (0.1, 0.65), (0.2, 1.0))
    tone = lambda gain, other=skin: np.clip(other * np.float32(gain), 0, 1)  # noqa: E731
    hair_colour, dark = dice.colour(0.08, (0, 0.7), (0.03, 0.8)), np.full(3, 0.05, np.float32)
    slim, power = dice.motion(0.62, 0.92), dice.kind((2.0, 2.2, 2.6), (1.8, 3.2))
    light = (dice.uniform(-0.5, 0.5), dice.uniform(-0.4, 0.1))
    jaw, cheeks = dice.uniform(0.55, 0.9), dice.uniform(0.25, 0.55)
    hair, extra = dice.kind(TRAIN_HAIR, TEST_HAIR), dice.kind(TRAIN_EXTRAS, TEST_EXTRAS)
    eye_y, eye_at, eye_size = dice.uniform(-0.25, -0.02), dice.uniform(0.34, 0.5), dice.uniform(0.07, 0.15)
    mouth_y, mouth_wide = dice.uniform(0.42, 0.6), dice.motion(0.18, 0.36)
    lips = tone(dice.uniform(0.5, 0.85)) * np.float32([1.0, 0.75, 0.75]) + np.float32([0.08, 0, 0])
    lip_thick, gape = dice.uniform(0.018, 0.06), dice.motion(0.16, 0.34)
    blinks = _blinks(dice, duration_s)
    layers: list[Layer] = []

    def add(azimuth, v, w, h, colour, *, depth=1.0, power=2.0, light=(0.0, 0.0), lean=0.0, opacity=1.0, front=True):
        """A part at an azimuth on the skull and v below the middle, of half-size w, h, in units of the head."""

        def at(t):
            turned = azimuth + pose.turn(t)
            across, down, wide, tall = depth * slim * np.sin(turned), v + 0.5 * pose.nod(t), w, h
            if callable(w):
                wide, tall, shift = w(t)
                down = down + shift
            # Parts of the face grow narrow towards the side and vanish behind it.
            facing = np.clip(np.cos(turned), 0, 1) if front else 1.0
            angle = pose.tilt(t)
            x = pose.x(t) + size * (across * np.cos(angle) - down * np.sin(angle))
            y = pose.y(t) + size * (down * np.cos(angle) + across * np.sin(angle))
            shown = opacity * np.clip(8 * np.cos(turned) + 1.2, 0, 1) if front else opacity
            return x, y, size * wide * (0.25 + 0.75 * facing), size * tall, angle + lean, shown

        layers.append(lambda canvas: oval(canvas, at, colour, power=power, light=light))

    back = {"long": (slim * 1.18, 1.15, 0.2), "bun": (slim * 0.5, 0.4, -1.15), "curls": (slim * 1.3, 1.0, -0.15)}
    if hair in back:
        w, h, v = back[hair]
        add(0, v, w, h, hair_colour, depth=0, front=False, light=light)
    neck = dice.uniform(0.3, 0.5)
    add(0, 1.25, neck, 0.7, tone(0.75), depth=0, power=4, front=False)
    add(0, 1.95, dice.uniform(1.2, 1.8), dice.uniform(0.6, 0.8), dice.colour(), depth=0, power=2.5, front=False)
    for side in (-1, 1):
        add(side * 1.5, 0.05, 0.12, 0.2, tone(0.85), depth=1.02, front=False, light=light)
    add(0, 0.0, slim, 1.0, skin, depth=0, power=power, front=False, light=light)
    # The jaw comes down with the lips.
    lowers = lambda t: (slim * jaw, 0.55, 0.12 * mouth(t)[0])  # noqa: E731
    add(0, 0.45, lowers, 0, skin, depth=0.06, power=power, front=False, light=light)
    for side in (-1, 1):
        add(side * 0.75, 0.25, 0.22, 0.16, tone(1 + 0.15 * cheeks), opacity=0.5 * cheeks)
    _eyes(dice, add, eye_y, eye_at, eye_size, blinks, skin, hair_colour)
    nose_long = dice.uniform(0.12, 0.26)
    add(
        0,
        eye_y + 0.1 + nose_long,
        dice.uniform(0.06, 0.13),
        nose_long,
        tone(0.82),
        depth=1.1,
        light=(0.6 * light[0], 0),
    )
    if extra == "beard":
        add(0, 0.75, lambda t: (slim * 0.75, 0.4, 0.12 * mouth(t)[0]), 0, hair_colour, depth=0.3, power=2.4)
    _lips(add, mouth, mouth_y, mouth_wide, lip_thick, gape, lips, dark)
    if extra == "moustache":
        add(0, mouth_y - 0.1, mouth_wide * 1.1, 0.05, hair_colour, depth=1.05)
    if hair != "bald":
        top = {"tall": (0.95, 0.55, -0.95), "fringe": (1.02, 0.4, -0.62), "parted": (0.9, 0.45, -0.72)}
        w, h, v = top.get(hair, (1.02, 0.42, -0.72))
        add(0.35 if hair == "parted" else 0, v, slim * w, h, hair_colour, depth=0.12, front=False, light=light)
    cloth = dice.colour()
    if extra == "glasses":
        for side in (-1, 1):
            add(side * eye_at, eye_y, 0.2, 0.16, dark, opacity=dice.pick((0.35, 0.9)), depth=1.05)
    elif extra in ("hat", "headband"):
        v, h = (-0.85, 0.35) if extra == "hat" else (-0.55, 0.1)
        add(0, v, slim * 1.1, h, cloth, depth=0, power=5, front=False, light=light)
    elif extra == "earrings":
        for side in (-1, 1):
            add(side * 1.45, 0.32, 0.05, 0.07, cloth, depth=1.08)
    if covered:
        w, h = dice.pick(((slim * 0.8, 0.35), (0.3, 0.32), (slim, 0.28)))
        add(0, mouth_y + 0.05, w, h, dice.pick((skin, cloth)), depth=0.9, power=3, front=False, light=light)
    return layers


def _eyes(dice: Dice, add, eye_y, eye_at, eye_size, blinks, skin, hair_colour) -> None:
    white, iris = np.full(3, dice.uniform(0.75, 1.0), np.float32), dice.colour(value=(0.05, 0.5))
    shut = lambda size: lambda t: (size, size * dice_tall * (1 - 0.92 * np.clip(blinks(t), 0, 1)), 0.0)  # noqa: E731
    dice_tall, gaze, brow = dice.uniform(0.55, 1.1), dice.uniform(-0.06, 0.06), dice.uniform(0.015, 0.05)
    for side in (-1, 1):
        add(side * eye_at, eye_y, eye_size * 1.25, eye_size * dice_tall * 1.25, np.clip(skin * 0.8, 0, 1))
        add(side * eye_at, eye_y, shut(eye_size), 0, white)
        add(side * eye_at + gaze, eye_y, shut(eye_size * 0.55), 0, iris)
        add(
            side * eye_at,
            eye_y - 1.9 * eye_size,
            eye_size * 1.3,
            brow,
            hair_colour,
            lean=side * dice.uniform(-0.2, 0.2),
        )


def _lips(add, mouth: Mouth, v: float, wide: float, thick: float, gape: float, lips, dark) -> None:
    def width(t):
        return wide * (1 + 0.3 * mouth(t)[1] - 0.08 * mouth(t)[0])

    def opening(t):
        return gape * mouth(t)[0]

    def outer(t):
        # Round lips are pushed out: narrow and thick.
        return width(t) + 0.5 * thick, opening(t) + thick * (1 - 0.4 * mouth(t)[1]), 0.6 * opening(t)

    add(0, v, outer, 0, np.clip(lips, 0, 1), depth=1.02)
    add(0, v, lambda t: (0.9 * width(t), opening(t), 0.6 * opening(t)), 0, dark, depth=1.02)
    bright = np.full(3, 0.92, np.float32)
    teeth = lambda t: (0.68 * width(t), 0.32 * opening(t) * mouth(t)[2], 0.05 * opening(t))  # noqa: E731
    add(0, v, teeth, 0, bright, depth=1.02, power=3)
    tongue = np.float32([0.6, 0.25, 0.25])
    add(0, v, lambda t: (0.5 * width(t), 0.25 * opening(t), 1.2 * opening(t)), 0, tongue, depth=1.02, opacity=0.8)


def _blinks(dice: Dice, duration_s: float) -> Curve:
    """How shut the eyes are, 0..1: a blink every few seconds."""
    times, now = [], dice.uniform(0, 3)
    while now < duration_s:
        times.append(now)
        now += dice.motion(0.8, 5)
    return ringing(times, [1.6] * len(times), 0.0, 0.09)
