"""Doors, gates and drawers that open without a sound and fall shut with one; some are eased to and make none."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .ovals import oval
from .plan import Hit, Plan
from .tracks import Track, ringing

_BOX = 16.0  # a superellipse of this power looks like a box


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """A door on hinges, one that slides, or a pair; it slams, or stops short of its frame."""
    plan = Plan("door", random_backdrop(dice, dice.motion(0.75, 0.98)))
    slides, leaves = dice.chance(0.35), 2 if dice.chance(0.25) else 1
    tall, wide = dice.motion(0.25, 0.46), dice.motion(0.1, 0.3)
    x, y = dice.uniform(0.3, 0.7) * aspect, dice.uniform(0.45, 0.6)
    frame, behind = dice.colour(), dice.colour(value=(0.0, 0.35) if dice.chance(0.7) else (0.7, 1.0))
    border = dice.uniform(0.01, 0.05)
    plan.layers.append(
        lambda canvas: oval(canvas, lambda t: (x, y, leaves * wide + border, tall + border, 0, 1), frame, power=_BOX)
    )
    plan.layers.append(lambda canvas: oval(canvas, lambda t: (x, y, leaves * wide, tall, 0, 1), behind, power=_BOX))
    swing, shuts = _swing(dice, duration_s)
    shake = ringing(
        [t for t, _ in shuts], [0.006 * s for _, s in shuts], dice.uniform(10, 18), dice.uniform(0.05, 0.15)
    )
    look = dice.colour(), dice.kind(("plain", "panels", "window"), ("planks", "bars")), dice.uniform(0.35, 0.65)
    for leaf in range(leaves):
        hinge = -1 if leaf == 0 else 1
        if leaves == 1:
            hinge = dice.sign()
        middle = x if leaves == 1 else x + hinge * wide
        _leaf(plan, look, (middle, y, wide, tall), hinge, slides, swing, shake)
    plan.hits = [Hit(t, s, x, y, "impact") for t, s in shuts]
    return plan


def _swing(dice: Dice, duration_s: float) -> tuple[Track, list[tuple[float, float]]]:
    """How far it is open over time, 0 shut to 1, and the (time, strength) at which it falls shut."""
    keys, shuts, now = [(0.0, 1.0 if dice.chance(0.5) else 0.0, 1)], [], dice.uniform(0.1, 0.8)
    while now < duration_s:
        if keys[-1][1] < 0.2:
            keys.append((now, keys[-1][1], 1))
            now += dice.motion(0.3, 1.2)
            keys.append((now, dice.uniform(0.5, 1.0), 0))
        else:
            wide = keys[-1][1]
            keys.append((now, wide, 1))
            fall = dice.motion(0.15, 0.8)
            now += fall
            if dice.chance(0.22):  # eased to, not shut
                keys.append((now + 0.3, dice.uniform(0.04, 0.12), 0))
                now += 0.3
            else:
                keys.append((now, 0.0, dice.motion(1.5, 3.0)))
                if now < duration_s:
                    shuts.append((now, float(np.clip(0.25 + 0.2 * wide / fall, 0.2, 1))))
        now += dice.uniform(0.1, 1.2)
    return Track(keys), shuts


def _leaf(plan: Plan, look, place, hinge: int, slides: bool, swing: Track, shake) -> None:
    """One panel with what is on it; it turns about its hinge and so grows narrow, or slides aside."""
    colour, form, knob_y = look
    x, y, wide, tall = place

    def part(u: float, v: float, w: float, h: float, gain: float, power: float = _BOX):
        """A part of the leaf: u from -1 at the hinge to 1, v from -1 at the top; half sizes in those of the leaf."""

        def pose(t):
            opened = swing(t)
            if slides:
                return (
                    x + hinge * wide * (1.9 * opened) - hinge * u * wide + shake(t),
                    y + v * tall,
                    wide * w,
                    tall * h,
                    0,
                    1,
                )
            narrow = np.cos(1.45 * opened)
            # The hinge stays where it is.
            return (
                x + hinge * wide - hinge * (1 + u) * wide * narrow,
                y + v * tall + shake(t),
                wide * w * narrow,
                tall * h,
                0,
                1,
            )

        tone = np.clip(colour * np.float32(gain), 0, 1)
        plan.layers.append(lambda canvas: oval(canvas, pose, tone, power=power))

    part(0, 0, 1.0, 1.0, 1.0)
    if form == "panels":
        for v in (-0.45, 0.45):
            part(0, v, 0.65, 0.35, 0.8)
    elif form == "window":
        part(0, -0.4, 0.6, 0.4, 1.7)
    elif form == "planks":
        for u in (-0.5, 0.0, 0.5):
            part(u, 0, 0.03, 1.0, 0.6)
    elif form == "bars":
        for v in (-0.6, 0.0, 0.6):
            part(0, v, 0.95, 0.06, 1.5)
    part(0.8, knob_y - 0.5, 0.09, 0.05, 0.45, 2.0)
