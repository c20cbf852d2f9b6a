"""Walking and running: whole figures, legs, feet close up, four-footed animals. A step sounds when the foot lands."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import limb, paint
from .plan import Hit, Plan
from .shapes import box, circle, ellipse
from .styles import random_style
from .tracks import wander
from .walkers import ANKLE, Gait, dimmed, leg_layers, passing_marks, step_times, torso

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
    stride = leg * dice.motion(0.3, 0.9) * (0.5 if feet == 4 else 1.0)
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
        plan.layers += passing_marks(dice, floor_y, pan, side, aspect)
    bob = leg * dice.uniform(0.0, 0.06)
    landings = np.array([t for t, _, _ in gait.hits]) if gait.hits else np.zeros(1)
    tempo = np.pi / max(float(np.median(np.diff(np.sort(landings)))) if len(landings) > 1 else 0.5, 0.2)
    skin, trouser, shoe = random_style(dice, 0.06), random_style(dice), random_style(dice)
    thick = leg * dice.motion(0.07, 0.15)
    shoe_size = leg * dice.uniform(0.1, 0.17)
    shoe_shape = dice.kind(
        (box(1.2, 0.45, 0.3), box(1.0, 0.6, 0.1), ellipse(1.2, 0.5)), (ellipse(1.0, 0.7), box(0.8, 0.8, 0.1))
    )
    lean = half if feet == 4 else 0.0
    # As high as the leg behind can reach at the middle of the double support, or crouching.
    reach = np.sqrt(1 - min(0.8, stride / leg * 0.6) ** 2) * dice.uniform(0.9, 1)
    hip = ANKLE * shoe_size * shoe_shape.foot + leg * reach
    hip_y = lambda t: floor_y - hip - bob * np.abs(np.sin(tempo * (t - landings.min())))  # noqa: E731
    for foot, (along, up) in enumerate(gait.tracks):
        dim = 0.7 if foot % 2 else 1.0
        plan.layers += leg_layers(
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
            dimmed(trouser, dim),
            dimmed(shoe, dim),
            shoe_shape,
            shoe_size,
        )
    if view == "figure":
        plan.layers += torso(dice, place, gait, hip_y, leg, thick, tempo, side, skin)
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
