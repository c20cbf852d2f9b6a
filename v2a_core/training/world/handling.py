"""Things that are pushed, swung, set down or tipped over."""

import numpy as np

from .backdrops import random_backdrop
from .collisions import slides
from .dice import Dice
from .draw import limb, paint
from .materials import SHADE, contact_shadow, material
from .plan import Hit, Plan
from .shapes import box, circle, thing
from .styles import random_style
from .tracks import Track, ringing, spaced_times


def slid(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """Seen from above: discs slide, hit the border and each other, slow down, are pushed again."""
    plan = Plan(looks, random_backdrop(dice))
    border, radius = dice.uniform(0.02, 0.12), dice.motion(0.04, 0.11)
    frame, frame_style = dice.chance(0.7), random_style(dice)
    if frame:
        edges = ((0.0, 0.5, 0.0), (aspect, 0.5, 0.0), (aspect / 2, 0.0, np.pi / 2), (aspect / 2, 1.0, np.pi / 2))
        for x, y, turn in edges:
            offset = border - 0.5
            cx = x + (offset if x == 0 else -offset if x == aspect else 0)
            cy = y + (offset if y == 0.0 else -offset if y == 1.0 else 0)
            plan.layers.append(
                lambda canvas, cx=cx, cy=cy, turn=turn: paint(
                    canvas, lambda t: (cx, cy, 1.0, turn, 1.0), box(0.5, 2.0), frame_style
                )
            )
    count = dice.integer(2, 6)
    paths, contacts = slides(
        dice,
        count,
        radius,
        (border, aspect - border, border, 1 - border),
        duration_s,
        dice.motion(0.5, 2.5),
        dice.motion(0.2, 1.2),
    )
    shape, style, same = circle(), material(dice, looks), dice.chance(0.5)
    for path in paths:
        style = style if same else material(dice, looks)
        plan.layers.append(
            lambda canvas, p=path: paint(
                canvas, lambda t: (p(t)[0] + 0.015, p(t)[1] + 0.02, radius, 0.0, 0.4), circle(), SHADE, soft=0.15
            )
        )
        plan.layers.append(
            lambda canvas, p=path, st=style: paint(canvas, lambda t: (*p(t)[:2], radius, p(t)[2], 1.0), shape, st)
        )
    plan.hits = [Hit(c.time_s, min(1, c.speed / 1.6) ** 0.8, c.x, c.y, "impact") for c in contacts if c.speed > 0.06]
    return plan


def swung(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """A weight on a line swings against a block, rebounds, and is pulled back again."""
    plan = Plan(looks, random_backdrop(dice, dice.motion(0.8, 1.0)))
    pivot_x, pivot_y, length = dice.uniform(0.35, 0.65) * aspect, dice.uniform(-0.2, 0.1), dice.motion(0.4, 0.7)
    side, radius, period = dice.sign(), dice.motion(0.05, 0.12), dice.motion(0.7, 1.8)
    damping = dice.motion(0.3, 0.75)
    keys, hits, now = [(0.0, 1.0, 1)], [], dice.uniform(0.2, 0.8)
    keys.append((now, 1.0, 1))
    while now < duration_s:
        height = 1.0
        now += period / 4
        keys.append((now, 0.0, 2))
        while height > 0.08 and now < duration_s:
            hits.append((now, height))
            height *= damping
            # Up and back like a thrown ball: slowing to the top, quickening to the wall.
            keys += [(now + period / 4, height, -2), (now + period / 2, 0.0, 2)]
            now += period / 2
        keys += [(now + 0.3, 0.0, 1), (now + 0.3 + dice.uniform(0.4, 1.0), 1.0, 0)]
        now = keys[-1][0] + dice.uniform(0.1, 0.6)
        keys.append((now, 1.0, 1))
    swing, track = dice.motion(0.4, 1.1), Track(keys)
    weight, line, block = material(dice, looks), random_style(dice), material(dice, looks)
    shape = circle() if dice.chance(0.6) else thing(dice)

    def tip(t):
        angle = side * swing * track(t)
        return pivot_x + length * np.sin(angle), pivot_y + length * np.cos(angle)

    touch_x, touch_y = pivot_x - side * radius, pivot_y + length
    shock = ringing([t for t, _ in hits], [0.01 * s for _, s in hits], dice.uniform(8, 14), 0.06)
    plan.layers = [
        lambda canvas: paint(
            canvas, lambda t: (touch_x - side * (0.1 + shock(t)), touch_y, 0.1, 0.0, 1.0), box(1, 2.2), block
        ),
        lambda canvas: limb(canvas, lambda t: (np.full(len(t), pivot_x), np.full(len(t), pivot_y)), tip, 0.008, line),
        lambda canvas: paint(canvas, lambda t: (*tip(t), radius, side * swing * track(t), 1.0), shape, weight),
    ]
    plan.hits = [Hit(t, s**0.7, touch_x, touch_y, "impact") for t, s in hits]
    return plan


def put_down(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """A hand (or nothing seen) lifts a thing and sets it down: it stops dead on the table."""
    table_y = dice.motion(0.55, 0.92)
    plan = Plan(looks, random_backdrop(dice, table_y))
    shape, style, radius = thing(dice), material(dice, looks), dice.motion(0.06, 0.2)
    x0, lift = dice.uniform(0.2, 0.8) * aspect, dice.motion(0.1, 0.45)
    rest_y = table_y - radius * shape.foot
    up, across = [(0.0, 0.0, 1)], [(0.0, x0, 1)]
    for at in spaced_times(dice, duration_s, dice.motion(0.6, 1.8), 0.35):
        force = dice.uniform(0.25, 1.0)
        fall = dice.uniform(0.1, 0.3)
        raise_s = max(up[-1][0] + 0.02, at - fall - dice.uniform(0.25, 0.7))
        if at - fall - raise_s < 0.08:
            continue
        x0 = float(np.clip(x0 + dice.uniform(-0.25, 0.25), 0.1, aspect - 0.1))
        up += [(raise_s, 0.0, 1), (at - fall, lift * force, 0), (at, 0.0, 2)]
        across += [(raise_s, across[-1][1], 1), (at - fall * 0.5, x0, 0)]
        plan.hits.append(Hit(at, 0.3 + 0.7 * min(1.0, force * lift / fall / 2), x0, table_y, "impact"))
    height, along = Track(up), Track(across)
    skin = random_style(dice, 0.06)
    arm_x, arm_y = dice.uniform(0, aspect), dice.pick((-0.4, 1.5))

    def grip(t):
        return along(t), rest_y - height(t) - radius * 0.6

    if dice.chance(0.6):
        plan.layers.append(
            lambda canvas: limb(
                canvas, grip, lambda t: (along(t) + (arm_x - aspect / 2) * 0.4, grip(t)[1] + arm_y), 0.05, skin
            )
        )
    plan.layers.append(contact_shadow(lambda t: (along(t), rest_y - height(t), 0 * t, 0 * t + 1), radius, table_y, 0.5))
    plan.layers.append(
        lambda canvas: paint(canvas, lambda t: (along(t), rest_y - height(t), radius, 0.0, 1.0), shape, style)
    )
    if dice.chance(0.5):
        plan.layers.append(lambda canvas: paint(canvas, lambda t: (*grip(t), 0.06, 0.0, 1.0), circle(), skin))
    return plan


def toppled(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """Upright things tip over one after another and hit the floor flat."""
    floor_y = dice.motion(0.7, 0.95)
    plan = Plan(looks, random_backdrop(dice, floor_y))
    count, height, width = dice.integer(2, 6), dice.motion(0.2, 0.5), dice.motion(0.02, 0.06)
    for i, at in enumerate(spaced_times(dice, duration_s, dice.motion(0.4, 1.6), 0.4)[:count]):
        side, fall = dice.sign(), dice.motion(0.35, 0.9)
        base_x = aspect * (i + 0.5 + dice.uniform(-0.2, 0.2)) / count
        bounce = dice.uniform(0.0, 0.12)
        at = at + fall
        keys = [(at - fall, 0.0, 1), (at, np.pi / 2, 3)]
        if bounce > 0.02:
            keys += [(at + 0.1, np.pi / 2 - bounce, -2), (at + 0.2, np.pi / 2, 2)]
            plan.hits.append(Hit(at + 0.2, 0.25, base_x + side * height * 0.7, floor_y, "impact"))
        track, style = Track(keys), material(dice, looks)

        def end(t, base_x=base_x, side=side, track=track):
            angle = track(t)
            return base_x + side * height * np.sin(angle), floor_y - width - height * np.cos(angle)

        plan.hits.append(Hit(at, dice.uniform(0.6, 1), base_x + side * height * 0.7, floor_y, "impact"))
        plan.layers.append(
            lambda canvas, e=end, x=base_x, st=style: limb(
                canvas, lambda t: (np.full(len(t), x), np.full(len(t), floor_y - width)), e, width, st
            )
        )
    return plan


def slammed(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """A door, drawer or shutter is drawn open softly and slammed against its frame."""
    plan = Plan(looks, random_backdrop(dice, dice.motion(0.85, 1.0)))
    size, tall = dice.motion(0.15, 0.35), dice.motion(0.8, 2.0)
    turned, side = dice.chance(0.3), dice.sign()
    edge_x, edge_y = dice.uniform(0.35, 0.65) * aspect, dice.uniform(0.4, 0.6)
    keys = [(-1.0, 0.0, 1)]
    for at in spaced_times(dice, duration_s, dice.motion(0.7, 2.2), 0.3):
        opening, closing = dice.uniform(0.25, 0.8), dice.motion(0.12, 0.45)
        begin = at - closing - opening - dice.uniform(0.05, 0.4)
        if begin < keys[-1][0] + 0.1:
            continue
        gap = dice.uniform(0.3, 1.0) * size * 1.8
        keys += [(begin, 0.0, 1), (begin + opening, gap, 0), (at - closing, gap, 1), (at, 0.0, 2)]
        strength = 0.25 + 0.75 * min(1.0, gap / closing / 2)
        plan.hits.append(Hit(at, strength, edge_x, edge_y, "impact"))
    gap, door, post = Track(keys), material(dice, looks), material(dice, looks)
    angle = np.pi / 2 if turned else 0.0

    def at_edge(t, distance):
        shift = side * (distance + 0 * t)
        return (edge_x, edge_y + shift) if turned else (edge_x + shift, edge_y)

    plan.layers = [
        lambda canvas: paint(canvas, lambda t: (*at_edge(t, size + gap(t)), size, angle, 1.0), box(1.0, tall), door),
        lambda canvas: paint(canvas, lambda t: (*at_edge(t, -0.1), 0.1, angle, 1.0), box(1.0, 4.0), post),
    ]
    return plan
