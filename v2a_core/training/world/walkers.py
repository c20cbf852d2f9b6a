"""The bodies of walkers: gait, legs with knees, a torso, and what passes them by."""

import numpy as np

from .dice import Dice
from .draw import limb, paint
from .shapes import box, circle, ellipse
from .styles import Style, random_style
from .tracks import Track


def step_times(dice: Dice, duration_s: float) -> list[tuple[float, float]]:
    """(landing time, how long the foot was in the air) of steps, feet in turn, with stops and changes of pace."""
    period = dice.motion(0.26, 0.85)
    steps, now = [], dice.uniform(-period, 0.4) if dice.chance(0.7) else dice.uniform(0.4, 2.0)
    until = duration_s + period if dice.chance(0.7) else dice.uniform(0.5, 1.0) * duration_s
    jitter = dice.uniform(0.01, 0.12)
    while now < until:
        steps.append((now, period))
        if dice.chance(0.05):
            now += dice.uniform(0.5, 1.6)
        if dice.chance(0.06):
            period = float(np.clip(period * dice.uniform(0.6, 1.6), 0.24, 1.0))
        now += period * max(0.6, 1 + jitter * dice.rng.standard_normal())
    return steps


# Height of the ankle over the ground, in half-heights of the shoe.
ANKLE = 1.6


class Gait:
    """Where each foot is: planted between steps, swung forward through the air to the next landing."""

    def __init__(self, dice: Dice, steps, feet: int, stride: float, lift: float, x0: float, offsets):
        self.hits: list[tuple[float, float, float]] = []
        self.tracks = []
        for foot in range(feet):
            along, up, place = [(-9.0, x0 + offsets[foot], 1)], [(-9.0, 0.0, 1)], 0.0
            for i, (at, period) in enumerate(steps):
                if i % feet != foot:
                    continue
                # The foot is in the air for most of the time in which the others land.
                air = min(0.85 * period * (1.1 if feet == 2 else 1.6), 0.95 * (at - along[-1][0]))
                place = stride * (i + 1)
                strength = dice.uniform(0.55, 1.0)
                along += [(at - air, along[-1][1], 1), (at, x0 + offsets[foot] + place, 0.999)]
                up += [(at - air, 0.0, 1), (at - air * 0.45, lift * (0.7 + 0.3 * strength), 0), (at, 0.0, 2)]
                self.hits.append((at, strength * (0.5 + 0.5 * min(1, 0.4 / period)), x0 + offsets[foot] + place))
            self.tracks.append((Track(along), Track(up)))
        # The body glides over its feet.
        body = [(-9.0, x0, 1)] + [(at, x0 + stride * (i + 0.45), 1) for i, (at, _) in enumerate(steps)]
        self.body = Track([k for i, k in enumerate(body) if i == 0 or k[0] > body[i - 1][0]])


def dimmed(style: Style, gain: float) -> Style:
    return Style(
        style.kind,
        style.base * np.float32(gain),
        style.accent * np.float32(gain),
        style.light,
        style.scale,
        style.line,
        style.tile,
    )


def leg_layers(place, gait, along, up, hip_y, lean, floor_y, leg, side, thick, trouser, shoe, shoe_shape, shoe_size):
    """Thigh and shin of equal length, the knee where both reach, and a shoe flat over the ground."""

    def ankle(t):
        return place(along(t), t), floor_y - ANKLE * shoe_size * shoe_shape.foot - up(t)

    def hip(t):
        return place(gait.body(t) + lean, t), hip_y(t)

    def stretched(t):
        # A hip too far from the foot comes down to where the leg reaches.
        (ax, ay), (hx, hy) = ankle(t), hip(t)
        dx, dy = hx - ax, hy - ay
        far = np.hypot(dx, dy)
        scale = np.minimum(1, 0.999 * leg / np.maximum(far, 1e-6))
        return ax, ay, ax + dx * scale, ay + dy * scale

    def knee(t):
        ax, ay, hx, hy = stretched(t)
        dx, dy = hx - ax, hy - ay
        far = np.maximum(np.hypot(dx, dy), 1e-6)
        out = np.sqrt(np.maximum((leg / 2) ** 2 - (far / 2) ** 2, 0))
        return (ax + hx) / 2 - side * out * dy / far, (ay + hy) / 2 + side * out * dx / far

    def toe(t):
        x, y = ankle(t)
        return (
            x + side * 0.6 * shoe_size,
            y + (ANKLE - 1) * shoe_size * shoe_shape.foot,
            shoe_size,
            -side * 1.2 * up(t) / leg,
            1.0,
        )

    return [
        lambda canvas: limb(canvas, lambda t: stretched(t)[2:], knee, thick, trouser, 0.8),
        lambda canvas: limb(canvas, knee, lambda t: stretched(t)[:2], thick * 0.8, trouser, 0.75),
        lambda canvas: paint(canvas, toe, shoe_shape, shoe),
    ]


def torso(dice, place, gait, hip_y, leg, thick, tempo, side, skin):
    coat, tall = random_style(dice), leg * dice.uniform(0.7, 0.95)
    swing, wide = dice.uniform(0.2, 0.7), dice.uniform(1.1, 2.0)

    def hip(t):
        return place(gait.body(t), t), hip_y(t) - thick

    def neck(t):
        x, y = hip(t)
        return x + side * 0.06 * tall, y - tall

    def hand(t, sign):
        x, y = neck(t)
        angle = sign * swing * np.sin(tempo * t)
        return x + 0.75 * tall * np.sin(angle), y + 0.12 * tall + 0.75 * tall * np.cos(angle)

    shoulder = lambda t: (neck(t)[0], neck(t)[1] + 0.12 * tall)  # noqa: E731
    return [
        lambda canvas: limb(canvas, hip, neck, thick * wide, coat, 1.1),
        lambda canvas: limb(canvas, shoulder, lambda t: hand(t, 1), thick * 0.6, coat),
        lambda canvas: paint(
            canvas, lambda t: (neck(t)[0], neck(t)[1] - 0.22 * tall, 0.17 * tall, 0.0, 1.0), circle(), skin
        ),
    ]


def passing_marks(dice, floor_y, pan, side, aspect):
    """Things on the ground and behind that slide by while the camera follows."""
    layers = []
    for _ in range(dice.integer(3, 7)):
        near = dice.chance(0.5)
        style, size = random_style(dice), dice.uniform(0.02, 0.05) if near else dice.uniform(0.08, 0.4)
        x0, loop = dice.uniform(0, 2 * aspect), 2 * aspect + 0.8
        y0 = dice.uniform(floor_y + 0.01, 1.0) if near else floor_y - size
        shape = ellipse(1.0, 0.4) if near else box(dice.uniform(0.2, 0.7), 1.0)
        speed = 1.0 if near else dice.uniform(0.4, 0.95)

        def pose(t, x0=x0, y0=y0, size=size, speed=speed, loop=loop):
            x = (x0 - speed * pan(t)) % loop - 0.4
            return (x if side > 0 else aspect - x), y0, size, 0.0, 1.0

        layers.append(lambda canvas, pose=pose, shape=shape, style=style: paint(canvas, pose, shape, style))
    return layers
