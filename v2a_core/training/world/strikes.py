"""Tools that strike: hammers, axes, sticks, hands on drums. Raised, swung faster and faster, stopped dead."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import limb, paint
from .plan import Hit, Plan
from .shapes import Shape, box, circle, ellipse, polygon, ring, star, thing
from .styles import random_style
from .targets import HUES, chips, target
from .tracks import Track, ringing, spaced_times

LOOKS = ("hammering", "wood_chopping", "drum", "cymbal", "tabla")


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """One or two tools on a rhythm with jitter, pauses and feints."""
    looks = dice.pick(LOOKS)
    target_x, target_y = dice.uniform(0.3, 0.7) * aspect, dice.motion(0.5, 0.88)
    floor_y = min(1.0, target_y + dice.uniform(0.05, 0.3))
    plan = Plan(looks, random_backdrop(dice, floor_y if dice.chance(0.7) else None))
    hands = 2 if (looks in ("drum", "tabla") and dice.chance(0.65)) or dice.chance(0.08) else 1
    slow, fast = (0.55, 1.9) if looks in ("hammering", "wood_chopping") else (0.22, 1.1)
    beats = spaced_times(dice, duration_s, dice.motion(slow, fast), dice.uniform(0.02, 0.2), pauses=0.25)
    beats = [] if dice.chance(0.04) else beats
    strikes = [(t, dice.uniform(0.35, 1.0), dice.chance(0.1)) for t in beats]
    if looks in ("drum", "tabla") and dice.chance(0.12):
        return _clapped(dice, plan, strikes, target_x, target_y - 0.2)
    spread = dice.uniform(0.1, 0.25) if hands == 2 else 0.0
    first, tools = dice.integer(0, 1), []
    for hand in range(hands):
        mine = [s for i, s in enumerate(strikes) if hands == 1 or (i + hand + first) % 2 == 0]
        x = target_x + (hand - 0.5) * 2 * spread if hands == 2 else target_x
        side = (-1 if hand == 0 else 1) if hands == 2 else dice.sign()
        straight = dice.chance(0.7) if looks == "tabla" else dice.chance(0.12)
        tool = _press if straight else _swing
        layers, hits = tool(dice, mine, x, target_y, side, looks)
        tools += layers
        plan.hits += hits
    landed = sorted(plan.hits, key=lambda h: h.time_s)
    jolt = dice.uniform(0.004, 0.025) if dice.chance(0.7) else 0.0
    dip = ringing(
        [h.time_s for h in landed], [jolt * h.strength for h in landed], dice.uniform(5, 12), dice.uniform(0.05, 0.25)
    )
    plan.layers += target(dice, looks, target_x, target_y, spread, dip, landed)
    plan.layers += tools
    if looks in ("wood_chopping", "hammering") and dice.chance(0.35):
        plan.layers += chips(dice, landed)
    return plan


def lift_track(dice: Dice, strikes: list[tuple[float, float, bool]]) -> tuple[Track, list[tuple[float, float]]]:
    """How high the tool is over time (0 on the target, 1 fully raised), and the (time, strength) that land.

    A feint (third of the strike) slows down above the target and goes back up: no sound.
    """
    rest, power = dice.uniform(0.15, 0.5), dice.motion(1.6, 3.2)
    down = dice.motion(0.07, 0.22)
    keys, landed, free = [(-1.0, rest, 1)], [], -0.5
    for at, strength, feint in strikes:
        if at - free < 0.08:
            continue
        swing = min(down, 0.45 * max(at - free, 0.1))
        height = 0.3 + 0.7 * strength
        top = at - swing
        raised = max(free + 0.01, top - dice.uniform(0.15, 0.5))
        if raised > free + 0.25:
            keys.append((raised, rest, 0))
        hold = dice.uniform(0, 0.4) * (top - keys[-1][0])
        keys.append((top - hold, height, 0))
        keys.append((top, height, 1))
        if feint:
            keys += [(at + swing, 0.25 * height, 0), (at + 2 * swing, rest, 0)]
            free = at + 2 * swing
            continue
        stays = dice.chance(0.15)
        keys += [(at, 0.0, power), (at + (0.12 if stays else 0.03), 0.0 if stays else 0.06 * height, -2)]
        landed.append((at, strength))
        free = keys[-1][0] + dice.uniform(0.05, 0.12)
        keys.append((free, rest * (0.3 if stays else 0.7), -2))
    keys = [k for i, k in enumerate(keys) if i == 0 or k[0] > keys[i - 1][0]]
    return Track([*keys, (keys[-1][0] + 0.5, rest, 0)]), landed


def _swing(dice: Dice, strikes, x: float, y: float, side: int, looks: str):
    """A tool that turns about a wrist or shoulder; its head meets (x, y) at angle zero."""
    track, landed = lift_track(dice, strikes)
    reach, raise_by = dice.motion(0.28, 0.75), dice.motion(0.5, 1.6)
    lean = dice.uniform(-0.5, 0.25)
    head = {"hammering": 0.07, "wood_chopping": 0.085, "drum": 0.025, "cymbal": 0.025, "tabla": 0.06}[
        looks
    ] * dice.uniform(0.7, 1.4)
    pivot_x, pivot_y = x + side * reach * np.cos(lean), y - head + reach * np.sin(lean)
    shape = _head_shape(dice, looks)
    handle, tip_style = (
        random_style(dice, HUES["wood_chopping"]),
        random_style(dice, HUES[looks], saturation=(0, 0.5)),
    )
    thickness = dice.uniform(0.008, 0.03)

    # The wrist gives way a little as the tool rises.
    give = dice.uniform(0, 0.2)

    def pivot(t):
        return pivot_x + 0 * t, pivot_y - give * track(t)

    def turned(t):
        return lean + raise_by * track(t)

    def tip(t):
        px, py = pivot(t)
        return px - side * reach * np.cos(turned(t)), py - reach * np.sin(turned(t))

    layers = []
    if dice.chance(0.6):
        sleeve, length = random_style(dice), dice.uniform(0.3, 0.6)
        bend = dice.uniform(-0.3, 0.9)

        def elbow(t):
            px, py = pivot(t)
            angle = bend - 0.5 * raise_by * track(t)
            return px + side * length * np.cos(angle), py + length * np.sin(angle)

        layers.append(lambda canvas: limb(canvas, pivot, elbow, thickness * 1.6 + 0.02, sleeve, 1.3))
    layers.append(lambda canvas: limb(canvas, pivot, tip, thickness, handle))
    layers.append(lambda canvas: paint(canvas, lambda t: (*tip(t), head, side * turned(t), 1.0), shape, tip_style))
    return layers, [Hit(t, s, x, y, "strike") for t, s in landed]


def _press(dice: Dice, strikes, x: float, y: float, side: int, looks: str):
    """A hand, fist or ram that comes straight down."""
    track, landed = lift_track(dice, strikes)
    lift, size = dice.motion(0.12, 0.5), dice.motion(0.05, 0.13)
    skin = random_style(dice, 0.06, saturation=(0.2, 0.6))
    shape = ellipse(1.0, dice.uniform(0.5, 0.9)) if looks == "tabla" else thing(dice)
    tilt = dice.uniform(-0.6, 0.6)
    rest_y = y - size * shape.foot

    def palm(t):
        return x + side * lift * tilt * track(t), rest_y - lift * track(t)

    back = side * dice.uniform(0.1, 0.5), -dice.uniform(0.3, 0.8)
    layers = [
        lambda canvas: limb(canvas, palm, lambda t: (palm(t)[0] + back[0], palm(t)[1] + back[1]), size * 0.5, skin),
        lambda canvas: paint(canvas, lambda t: (*palm(t), size, 0.0, 1.0), shape, skin),
    ]
    return layers, [Hit(t, s, x, y, "strike") for t, s in landed]


def _head_shape(dice: Dice, looks: str) -> Shape:
    if looks == "hammering":
        return dice.kind(
            (lambda: box(0.55, 1.0, 0.1), lambda: box(0.7, 1.0)), (lambda: star(4, 0.2), lambda: ellipse(0.7, 1.0))
        )()
    if looks == "wood_chopping":
        return dice.kind((lambda: box(1.0, 0.9, 0.3), lambda: polygon(3)), (lambda: ring(0.3), lambda: star(3, 0.25)))()
    return circle()


def _clapped(dice: Dice, plan: Plan, strikes, x: float, y: float) -> Plan:
    """Two hands, blocks or cymbals that come together from both sides."""
    track, landed = lift_track(dice, strikes)
    lift, size = dice.motion(0.1, 0.4), dice.motion(0.05, 0.15)
    skin, flat, tilt = random_style(dice, 0.06), dice.uniform(0.3, 0.6), dice.uniform(-0.4, 0.4)
    half, shape = size * flat, ellipse(flat, 1.0)
    for side in (-1, 1):

        def palm(t, side=side):
            return x + side * (half + lift * track(t)), y + side * tilt * lift * track(t)

        def elbow(t, palm=palm, side=side):
            px, py = palm(t)
            return px + side * 0.35, py + 0.4

        plan.layers.append(lambda canvas, p=palm, e=elbow: limb(canvas, p, e, size * 0.45, skin, 1.3))
        plan.layers.append(lambda canvas, p=palm: paint(canvas, lambda t: (*p(t), size, 0.0, 1.0), shape, skin))
    plan.hits = [Hit(t, s, x, y, "strike") for t, s in landed]
    return plan
