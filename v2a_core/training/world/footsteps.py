"""Walking and running: whole figures, legs, feet close up, four-footed animals. A step sounds when the foot lands."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import limb, paint
from .plan import Hit, Plan
from .shapes import box, circle, ellipse
from .styles import Style, random_style
from .tracks import Track, wander

LOOKS = ("footsteps_grass", "footsteps_gravel", "footsteps_wood", "footsteps_snow", "footsteps_stone")
_FLOORS = {
    "footsteps_grass": 0.3,
    "footsteps_gravel": 0.09,
    "footsteps_wood": 0.07,
    "footsteps_snow": None,
    "footsteps_stone": 0.6,
}


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """A walker from the side or from the front."""
    looks = dice.pick(LOOKS)
    hint = looks if dice.chance(0.75) else dice.pick(LOOKS)
    walk = dice.pick((_from_the_side, _from_the_side, _from_the_side, _from_the_front))
    return walk(dice, duration_s, aspect, looks, hint)


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


def _from_the_side(dice: Dice, duration_s: float, aspect: float, looks: str, hint: str) -> Plan:
    """A figure, a pair of legs, feet alone, or a four-footed animal crossing or followed by the camera."""
    view = dice.pick(("figure", "figure", "legs", "feet", "animal"))
    floor_y = dice.motion(0.75, 0.96)
    backdrop = random_backdrop(dice, floor_y, _FLOORS[hint], snowy=hint == "footsteps_snow")
    leg = {
        "figure": dice.motion(0.22, 0.4),
        "legs": dice.motion(0.5, 0.8),
        "feet": dice.motion(0.9, 1.3),
        "animal": dice.motion(0.15, 0.32),
    }[view]
    steps = step_times(dice, duration_s)
    side, feet = dice.sign(), 4 if view == "animal" else 2
    stride = leg * dice.motion(0.3, 0.75) * (0.5 if feet == 4 else 1.0)
    travel = stride * len(steps)
    follow = dice.chance(0.4) or travel > 1.6 * aspect
    x0 = aspect / 2 - travel * dice.uniform(0.3, 0.7)
    half = leg * dice.uniform(0.6, 0.9) if feet == 4 else 0.0
    gait = Gait(
        dice, steps, feet, stride, leg * dice.motion(0.12, 0.4), x0, [0, 0] if feet == 2 else [half, -half, half, -half]
    )
    # Followed, the walker stays and the ground moves; mirrored, it walks to the left.
    pan = (lambda t: gait.body(t) - aspect / 2) if follow else (lambda t: 0 * t)

    def place(x, t):
        x = x - pan(t)
        return x if side > 0 else aspect - x

    plan = Plan(looks, backdrop, steady=follow)
    if follow:
        plan.layers += _passing_marks(dice, floor_y, pan, side, aspect)
    bob = leg * dice.uniform(0.0, 0.06)
    landings = np.array([t for t, _, _ in gait.hits]) if gait.hits else np.zeros(1)
    tempo = np.pi / max(float(np.median(np.diff(np.sort(landings)))) if len(landings) > 1 else 0.5, 0.2)
    hip_y = lambda t: floor_y - leg * 0.93 + bob * np.abs(np.sin(tempo * (t - landings.min())))  # noqa: E731
    skin, trouser, shoe = random_style(dice, 0.06), random_style(dice), random_style(dice)
    thick = leg * dice.motion(0.07, 0.15)
    shoe_size = leg * dice.uniform(0.1, 0.17)
    shoe_shape = dice.kind(
        (box(1.2, 0.45, 0.3), box(1.0, 0.6, 0.1), ellipse(1.2, 0.5)), (ellipse(1.0, 0.7), box(0.8, 0.8, 0.1))
    )
    lean = half if feet == 4 else 0.0
    for foot, (along, up) in enumerate(gait.tracks):
        dim = 0.7 if foot % 2 else 1.0
        plan.layers += _leg(
            place,
            gait,
            along,
            up,
            hip_y,
            lean if foot % 2 == 0 else -lean,
            floor_y,
            leg,
            side,
            thick,
            _dimmed(trouser, dim),
            _dimmed(shoe, dim),
            shoe_shape,
            shoe_size,
        )
    if view == "figure":
        plan.layers += _torso(dice, place, gait, hip_y, leg, thick, tempo, side, skin)
    if view == "animal":
        body = lambda t: (place(gait.body(t), t), hip_y(t) - thick, half * 1.35, 0.0, 1.0)  # noqa: E731
        head = lambda t: (place(gait.body(t) + half * 1.5, t), hip_y(t) - half * 0.5, half * 0.45, 0.0, 1.0)  # noqa: E731
        plan.layers += [
            lambda canvas: paint(canvas, body, ellipse(1.0, 0.42), trouser),
            lambda canvas: paint(canvas, head, ellipse(1.0, 0.8), trouser),
        ]
    for t, strength, x in gait.hits:
        at = np.array([t])
        plan.hits.append(Hit(t, strength, float(place(x, at)[0]), floor_y, "step"))
    return plan


def _dimmed(style: Style, gain: float) -> Style:
    return Style(
        style.kind,
        style.base * np.float32(gain),
        style.accent * np.float32(gain),
        style.light,
        style.scale,
        style.line,
        style.tile,
    )


def _leg(place, gait, along, up, hip_y, lean, floor_y, leg, side, thick, trouser, shoe, shoe_shape, shoe_size):
    """Thigh and shin of equal length, the knee where both reach, and a shoe flat over the ground."""

    def ankle(t):
        return place(along(t), t), floor_y - 1.6 * shoe_size * shoe_shape.foot - up(t)

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
            y + 0.6 * shoe_size * shoe_shape.foot,
            shoe_size,
            -side * 1.2 * up(t) / leg,
            1.0,
        )

    return [
        lambda canvas: limb(canvas, lambda t: stretched(t)[2:], knee, thick, trouser, 0.8),
        lambda canvas: limb(canvas, knee, lambda t: stretched(t)[:2], thick * 0.8, trouser, 0.75),
        lambda canvas: paint(canvas, toe, shoe_shape, shoe),
    ]


def _torso(dice, place, gait, hip_y, leg, thick, tempo, side, skin):
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


def _passing_marks(dice, floor_y, pan, side, aspect):
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


def _from_the_front(dice: Dice, duration_s: float, aspect: float, looks: str, hint: str) -> Plan:
    """Boots seen from the front or from behind: up, and down on the ground, in turn."""
    floor_y = dice.motion(0.6, 0.9)
    plan = Plan(
        looks, random_backdrop(dice, floor_y - dice.uniform(0.0, 0.3), _FLOORS[hint], snowy=hint == "footsteps_snow")
    )
    size, lift, apart_x = dice.motion(0.06, 0.16), dice.motion(0.06, 0.3), dice.uniform(0.1, 0.2)
    middle, sway = dice.uniform(0.3, 0.7) * aspect, wander(dice, 0.05, 0.6)
    growth = dice.uniform(-0.06, 0.06)
    gait = Gait(dice, step_times(dice, duration_s), 2, 0.0, lift, 0.0, [-apart_x, apart_x])
    boot, trouser = random_style(dice), random_style(dice)
    shape, long = (
        dice.kind((box(0.7, 0.9, 0.3), ellipse(0.8, 0.9)), (box(0.9, 0.7, 0.1), circle())),
        dice.uniform(0.4, 0.9),
    )
    for foot, (_, up) in enumerate(gait.tracks):
        sign = -1 if foot == 0 else 1

        def pose(t, up=up, sign=sign):
            near = np.exp(growth * (t - duration_s / 2))
            return (
                middle + sway(t) + sign * apart_x * near,
                floor_y - size * near * (shape.foot + up(t) / size),
                size * near,
                0.0,
                1.0,
            )

        ankle = lambda t, pose=pose: pose(t)[:2]  # noqa: E731
        knee = lambda t, pose=pose: (pose(t)[0], pose(t)[1] - long)  # noqa: E731
        plan.layers.append(lambda canvas, a=ankle, k=knee: limb(canvas, k, a, size * 0.5, trouser, 0.8))
        plan.layers.append(lambda canvas, pose=pose: paint(canvas, pose, shape, boot))
    for at, strength, x in gait.hits:
        plan.hits.append(Hit(at, strength, middle + float(sway(np.array([at]))[0]) + x, floor_y, "step"))
    return plan
