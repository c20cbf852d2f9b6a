"""Animals that call: the jaw falls and the head goes up at each call; they graze, wag and look about in silence."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import limb
from .ovals import oval
from .plan import Hit, Plan
from .styles import random_style
from .tracks import Track, spaced_times, wander

# (leg, neck, neck's rise, head, snout, ear, tail) in lengths of the body, and the hue it hints at.
_BUILDS = {
    "dog": ((0.55, 0.3, 0.9, 0.28, 0.2, 0.14, 0.5), 0.08),
    "cow": ((0.55, 0.3, 0.35, 0.26, 0.2, 0.1, 0.6), 0.06),
    "sheep": ((0.4, 0.22, 0.6, 0.2, 0.12, 0.1, 0.15), 0.12),
    "horse": ((0.8, 0.55, 1.0, 0.24, 0.26, 0.12, 0.6), 0.07),
    "pig": ((0.3, 0.12, 0.3, 0.26, 0.14, 0.1, 0.15), 0.95),
    "chicken": ((0.5, 0.5, 1.2, 0.2, 0.14, 0.03, 0.4), 0.05),
}
LOOKS = tuple(_BUILDS)


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """One animal, at times a second that keeps silent."""
    looks = dice.pick(LOOKS)
    floor_y = dice.motion(0.7, 0.95)
    plan = Plan(looks, random_backdrop(dice, floor_y, 0.28))
    calls = [] if dice.chance(0.05) else spaced_times(dice, duration_s, dice.motion(0.5, 1.8), dice.uniform(0.1, 0.4))
    strengths = [dice.uniform(0.4, 1.0) for _ in calls]
    if dice.chance(0.3):
        plan.layers += _animal(dice, looks, dice.uniform(0.1, 0.9) * aspect, floor_y - 0.05, duration_s, [])[0]
    x = dice.uniform(0.3, 0.7) * aspect
    layers, muzzle = _animal(dice, looks, x, floor_y, duration_s, list(zip(calls, strengths, strict=True)))
    plan.layers += layers
    plan.hits = [Hit(t, s, *muzzle(t), "call") for t, s in zip(calls, strengths, strict=True)]
    return plan


def _animal(dice: Dice, looks: str, x: float, floor_y: float, duration_s: float, calls):
    """Layers of an animal that stands on floor_y, and where its muzzle is at a time."""
    (leg, neck, rise, skull, snout, ear, tail), hue = _BUILDS[looks]
    body, side = dice.motion(0.1, 0.32), dice.sign()
    vary = lambda value: value * dice.uniform(0.75, 1.3)  # noqa: E731
    leg, neck, skull, snout, ear, tail = (vary(value) * body for value in (leg, neck, skull, snout, ear, tail))
    coat, patch = dice.colour(hue, (0.0, 0.6), (0.15, 1.0)), dice.colour()
    style, dark = random_style(dice, hue), np.clip(coat * np.float32(0.6), 0, 1)
    deep = dice.uniform(0.5, 0.75) * (1.1 if looks == "chicken" else 0.8)
    light = (dice.uniform(-0.4, 0.4), -0.3)
    jaw = _jaw(calls)
    rise = rise * dice.uniform(0.8, 1.2)
    looks_about, breath = wander(dice, dice.motion(0.05, 0.4), 0.8), wander(dice, 0.02 * body, 1.0)
    wag, wag_rate = dice.motion(0.1, 0.9), dice.motion(2, 12)
    shoulder_x, shoulder_y = x + side * 0.8 * body, floor_y - leg - deep * body

    def head_at(t):
        angle = rise + looks_about(t) + 0.25 * jaw(t)
        reach = neck + 0.3 * skull
        return shoulder_x + side * reach * np.cos(angle), shoulder_y + breath(t) - reach * np.sin(angle)

    def feet(offset):
        return lambda t: (x + side * offset + 0 * t, floor_y - leg - 0.3 * deep * body + 0 * t), lambda t: (
            x + side * offset + 0 * t,
            floor_y + 0 * t,
        )

    def tip(t):
        swing = wag * np.sin(wag_rate * t)
        root_x, root_y = x - side * body, floor_y - leg - 1.2 * deep * body
        return root_x - side * tail * np.cos(0.8 + swing), root_y - tail * np.sin(0.8 + swing)

    layers = []
    legs = (0.0, 0.15) if looks == "chicken" else (-0.75, -0.5, 0.5, 0.75)
    for offset in legs:
        top, foot = feet(offset * body)
        layers.append(lambda canvas, a=top, b=foot: limb(canvas, a, b, 0.09 * body, style, 0.7))
    root = lambda t: (x - side * 0.9 * body + 0 * t, floor_y - leg - 1.1 * deep * body + 0 * t)  # noqa: E731
    layers.append(lambda canvas: limb(canvas, root, tip, 0.07 * body, style, 0.5))
    middle = lambda t: (x, floor_y - leg - deep * body * 0.75 + breath(t), body, deep * body, 0, 1)  # noqa: E731
    layers.append(lambda canvas: oval(canvas, middle, coat, power=2.4, light=light))
    if dice.chance(0.5):
        u, v, spot = dice.uniform(-0.5, 0.5) * body, dice.uniform(-0.3, 0.3) * body, dice.uniform(0.15, 0.4) * body
        layers.append(
            lambda canvas: oval(canvas, lambda t: (middle(t)[0] + u, middle(t)[1] + v, spot, 0.7 * spot, 0, 1), patch)
        )
    bottom = lambda t: (shoulder_x + 0 * t, shoulder_y + breath(t))  # noqa: E731
    layers.append(lambda canvas: limb(canvas, bottom, head_at, 0.45 * skull + 0.08 * body, style, 0.7))
    forward = 0.6 * skull

    def lower(t):
        hx, hy = head_at(t)
        drop = 0.9 * jaw(t)
        return (
            hx + side * forward * np.cos(drop),
            hy + 0.3 * skull + forward * np.sin(drop),
            snout,
            0.3 * snout,
            side * drop,
            1,
        )

    def upper(t):
        hx, hy = head_at(t)
        lift = 0.25 * jaw(t)
        return hx + side * forward, hy + 0.05 * skull - lift * snout, 1.1 * snout, 0.45 * snout, -side * lift, 1

    layers.append(lambda canvas: oval(canvas, lower, dark))
    layers.append(
        lambda canvas: oval(canvas, lambda t: (*head_at(t), 0.75 * skull, 0.6 * skull, 0, 1), coat, light=light)
    )
    layers.append(lambda canvas: oval(canvas, upper, np.clip(coat * np.float32(0.85), 0, 1)))

    def ears(t):
        hx, hy = head_at(t)
        return hx - side * 0.3 * skull, hy - 0.6 * skull, 0.35 * ear, ear, -side * 0.5, 1

    layers.append(lambda canvas: oval(canvas, ears, dark))
    eye = np.full(3, 0.04, np.float32)
    layers.append(
        lambda canvas: oval(
            canvas,
            lambda t: (head_at(t)[0] + side * 0.2 * skull, head_at(t)[1] - 0.2 * skull, 0.1 * skull, 0.1 * skull, 0, 1),
            eye,
        )
    )
    return layers, lambda t: tuple(float(v[0]) for v in head_at(np.array([t])))


def _jaw(calls) -> Track:
    """How far the jaw is down: it falls within a few hundredths at the call and closes behind it."""
    keys = [(-1.0, 0.0, 1)]
    for at, strength in calls:
        if at - keys[-1][0] < 0.1:
            continue
        keys += [(at - 0.04, 0.0, 1), (at + 0.05, strength, 0), (at + 0.12 + 0.15 * strength, 0.7 * strength, 1)]
        keys.append((keys[-1][0] + 0.1, 0.0, 0))
    return Track([k for i, k in enumerate(keys) if i == 0 or k[0] > keys[i - 1][0]])
