"""Cars, trains and aeroplanes that pass, approach, are followed or circle: loud when near, heard where they are."""

import numpy as np

from .backdrops import random_backdrop
from .chassis import body, drawn, wagon
from .dice import Dice
from .draw import paint
from .levels import level_curve, sampled, travelled
from .plan import Plan
from .shapes import box, circle, ellipse
from .styles import random_style
from .tracks import wander

LOOKS = ("car_engine", "train", "airplane")


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    looks = dice.pick(LOOKS, (0.5, 0.25, 0.25))
    if looks == "car_engine":
        return dice.pick((_passing, _passing, _approaching, _followed, _circling))(dice, duration_s, aspect, looks)
    if looks == "train":
        return dice.pick((_passing, _passing, _approaching))(dice, duration_s, aspect, looks)
    return dice.pick((_passing, _passing, _circling, _approaching))(dice, duration_s, aspect, looks)


def _loudness(distance: np.ndarray, near: float) -> np.ndarray:
    """Level of a source at a distance: 1 within `near`, then falling with the distance."""
    return np.clip((near / np.maximum(distance, near)) ** 1.3, 0, 1)


def _passing(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """It comes in on one side and leaves on the other, perhaps another after it."""
    road_y = dice.motion(0.55, 0.92) if looks != "airplane" else dice.motion(0.12, 0.5)
    plan = Plan(
        looks,
        random_backdrop(dice, road_y - dice.uniform(0.0, 0.1) if looks != "airplane" else dice.uniform(0.75, 1.1)),
    )
    times = np.arange(int(np.ceil(duration_s * 100))) / 100
    level, weighted = np.zeros(len(times)), np.zeros(len(times))
    size = dice.motion(0.1, 0.4) * (0.7 if looks == "airplane" else 1.0)
    cars = dice.integer(5, 9) if looks == "train" else 1
    for middle in [dice.uniform(0.15, 0.85) * duration_s] + (
        [dice.uniform(0, 1) * duration_s] if dice.chance(0.3) and cars == 1 else []
    ):
        side, speed = dice.sign(), dice.motion(0.25, 1.3) * aspect
        facing = lambda t, side=side: np.full(np.shape(t), float(side))  # noqa: E731
        climb = dice.uniform(-0.06, 0.06) if looks == "airplane" else 0.0
        shake = wander(dice, 0.006 * (looks != "airplane"), 6)
        parts = wagon(dice) if looks == "train" else body(dice, looks)
        for car in range(cars):
            offset = side * car * size * 2.12

            def course(t, side=side, speed=speed, middle=middle, offset=offset, climb=climb, shake=shake):
                gone = speed * (t - middle)
                return (
                    aspect / 2 + side * gone - offset,
                    road_y - 0.42 * size + climb * gone + shake(t),
                    size,
                    gone,
                    1.0,
                )

            plan.layers += drawn(dice, parts, course, facing)
        x = aspect / 2 + side * speed * (times - middle)
        # A train is as near as its nearest wagon.
        tail = x - side * (cars - 1) * size * 2.12
        nearest = np.clip(aspect / 2, np.minimum(x, tail), np.maximum(x, tail))
        own = _loudness(np.hypot(nearest - aspect / 2, 0.35), 0.45) * min(1, 0.5 + 1.6 * size)
        level = np.maximum(level, own)
        weighted += own * np.clip((nearest / aspect - 0.5) * 2, -1, 1)
    plan.level = np.clip(level, 0, 1)
    plan.pan = np.clip(weighted / np.maximum(level, 1e-3), -1, 1)
    return plan


def _approaching(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """It grows from a dot on the horizon until it is past the camera, or shrinks as it drives away."""
    horizon, away = dice.motion(0.3, 0.6), dice.chance(0.35)
    plan = Plan(looks, random_backdrop(dice, horizon if looks != "airplane" else None))
    arrive = dice.uniform(0.5, 1.1) * duration_s
    far, speed = dice.motion(6, 18), dice.motion(1.5, 6.0)
    x_end, y_end = dice.uniform(-0.5, 0.5) * aspect, 0.45 if looks != "airplane" else -0.5
    width = dice.uniform(0.2, 0.4)

    def depth(t):
        clock = (arrive - t) if not away else (t - 0.1 * arrive)
        return np.minimum(far, 0.55 + speed * np.maximum(clock, -1.0))

    def pose_of(dx, dy, scale):
        def pose(t):
            z = np.maximum(depth(t), 0.2)
            x, y = aspect / 2 + (x_end + dx * width) / z, horizon + (y_end + dy * width) / z
            return x, y, scale * width / z, 0.0, (depth(t) > 0.25) * 1.0

        return pose

    if looks == "airplane":
        parts = [(ellipse(1.0, 0.08), 0, 0, 1.6), (circle(), 0, 0, 0.4), (box(0.05, 0.4), 0, -0.4, 1.0)]
    else:
        glass = ellipse(1.0, 0.5) if dice.held_out else box(0.8, 0.4, 0.1)
        parts = [
            (box(1.0, 0.75, 0.2), 0, -0.6, 1.0),
            (glass, 0, -0.9, 0.8),
            (circle(), -0.7, -0.4, 0.16),
            (circle(), 0.7, -0.4, 0.16),
        ]
    for shape, dx, dy, scale in parts:
        style, pose = random_style(dice), pose_of(dx, dy, scale)
        plan.layers.append(lambda canvas, pose=pose, shape=shape, style=style: paint(canvas, pose, shape, style))
    times = np.arange(int(np.ceil(duration_s * 100))) / 100
    clock = (arrive - times) if not away else (times - 0.1 * arrive)
    plan.level = _loudness(np.abs(np.minimum(far, 0.55 + speed * clock)), 0.8)
    plan.pan = np.clip(x_end / aspect * 2 / np.maximum(np.abs(depth(times)), 0.4), -1, 1)
    return plan


def _followed(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """The camera keeps beside it: it stays, the world rushes by, louder the faster."""
    road_y, size, side = dice.motion(0.65, 0.9), dice.motion(0.2, 0.42), dice.sign()
    plan = Plan(looks, random_backdrop(dice, road_y - 0.05), steady=True)
    throttle = level_curve(dice, duration_s)
    gone = travelled(throttle, duration_s)
    top_speed, sway = dice.motion(0.8, 3.0), wander(dice, 0.05, 0.4)
    for _ in range(dice.integer(4, 9)):
        depth = dice.uniform(0.15, 1.0)
        style, height = random_style(dice), dice.uniform(0.1, 0.4) * depth
        x0, loop = dice.uniform(0, 2.5 * aspect), 2.5 * aspect
        shape = dice.pick((box(dice.uniform(0.1, 0.6), 1.0), circle(), ellipse(0.6, 1.0)))

        def passing(t, x0=x0, depth=depth, height=height, loop=loop):
            x = (x0 - depth * top_speed * gone(t)) % loop - 0.4
            return (x if side > 0 else aspect - x), road_y - 0.04 - height, height, 0.0, 1.0

        plan.layers.append(lambda canvas, pose=passing, shape=shape, style=style: paint(canvas, pose, shape, style))
    shake = wander(dice, 0.008, 7)

    def course(t):
        return aspect / 2 + sway(t), road_y - 0.42 * size + shake(t) * throttle(t), size, top_speed * gone(t), 1.0

    plan.layers += drawn(dice, body(dice, looks), course, lambda t: np.full(np.shape(t), float(side)))
    plan.level = 0.2 + 0.8 * sampled(throttle, duration_s)
    plan.pan = np.zeros(len(plan.level))
    return plan


def _circling(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """Round and round: near and far, left and right."""
    turn, phase, side = dice.motion(0.8, 3.2), dice.uniform(0, 6.28), dice.sign()
    wide, deep = dice.motion(0.25, 0.45) * aspect, dice.motion(0.4, 0.75)
    y0, drop = dice.uniform(0.35, 0.6), dice.uniform(0.05, 0.25)
    size = dice.motion(0.1, 0.22)
    plan = Plan(looks, random_backdrop(dice, y0 - 0.1 if looks != "airplane" else None))

    def course(t):
        angle = side * turn * t + phase
        near = 1 / (1 - deep * np.sin(angle) * 0.8)
        return aspect / 2 + wide * np.cos(angle), y0 + drop * np.sin(angle), size * near, turn * wide * t, 1.0

    parts = [
        (ellipse(1.0, 0.4), 0.0, 0.0, 1.0, False, "hull"),
        (ellipse(0.5, 0.25), 0.0, -0.25, 1.0, False, "glass"),
    ]
    if looks == "airplane":
        parts = body(dice, looks)
    facing = lambda t: -np.sign(np.sin(side * turn * t + phase)) * side  # noqa: E731
    plan.layers += drawn(dice, parts, course, facing)
    times = np.arange(int(np.ceil(duration_s * 100))) / 100
    x, _, near, _, _ = course(times)
    plan.level = np.clip(0.75 * (near / near.max()) ** 1.5 + 0.05, 0, 1)
    plan.pan = np.clip((x / aspect - 0.5) * 2, -1, 1)
    return plan
