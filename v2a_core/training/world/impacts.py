"""Things that hit things: dropped, bounced, slid together, swung against, put down, toppled, shattered."""

import numpy as np

from .backdrops import random_backdrop
from .collisions import bounces, slides
from .dice import Dice
from .draw import limb, paint
from .plan import Hit, Plan
from .shapes import Shape, box, circle, polygon, thing
from .styles import Style, random_style
from .tracks import Arc, Path, Track, ringing, spaced_times

LOOKS = ("wood_impact", "metal_impact", "stone_impact", "glass_break", "ball_bounce")
# What the material hints at: a hue, its saturations and brightnesses.
_HINTS = {
    "wood_impact": (0.07, (0.3, 0.7), (0.3, 0.8)),
    "metal_impact": (0.6, (0.0, 0.12), (0.5, 1.0)),
    "stone_impact": (0.1, (0.0, 0.2), (0.2, 0.6)),
    "glass_break": (0.5, (0.05, 0.3), (0.7, 1.0)),
    "ball_bounce": (None, (0.4, 1.0), (0.4, 1.0)),
}
_SHADE = Style("flat", np.zeros(3, np.float32), np.zeros(3, np.float32))


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """One of the ways to hit something; now and then nothing does."""
    looks = dice.pick(LOOKS)
    if looks == "glass_break":
        parts = dice.pick((_dropped, _shattered, _shattered))
    elif looks == "ball_bounce":
        parts = dice.pick((_dropped, _dropped, _dropped, _slid))
    else:
        parts = dice.pick((_dropped, _dropped, _slid, _swung, _put_down, _toppled))
    return parts(dice, duration_s, aspect, looks)


def material(dice: Dice, looks: str) -> Style:
    """A style that hints at the material, in two thirds of the cases."""
    if dice.chance(0.33):
        return random_style(dice)
    hue, saturation, value = _HINTS[looks]
    return random_style(dice, hue, saturation=saturation, value=value)


def contact_shadow(path, radius: float, floor_y: float, depth: float):
    """The soft shadow that a thing on `path` throws on the floor: darker and smaller as it comes near."""

    def pose(t):
        x, y, _, seen = path(t)
        height = np.clip((floor_y - radius - y) / 0.6, 0, 1)
        return x, floor_y + 0.004, radius * (1.1 + 0.8 * height), 0.0, depth * (1 - 0.75 * height) * seen

    return lambda canvas: paint(canvas, pose, circle(), _SHADE, soft=0.25, tall=0.28)


def _restitution(dice: Dice, looks: str) -> float:
    low, high = {"ball_bounce": (0.6, 0.88), "stone_impact": (0.05, 0.35)}.get(looks, (0.12, 0.55))
    return dice.motion(low, high)


def _dropped(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """Things fall, bounce on the floor and off walls, and come to rest."""
    floor_y, gravity = dice.motion(0.62, 0.96), dice.motion(1.2, 5.5)
    plan = Plan(looks, random_backdrop(dice, floor_y))
    walls = [0.0, aspect]
    for side in range(2):
        if dice.chance(0.35):
            walls[side] = dice.uniform(0.03, 0.2) * aspect if side == 0 else dice.uniform(0.8, 0.97) * aspect
            style, middle = random_style(dice), walls[side] + (-0.3 if side == 0 else 0.3)
            plan.layers.append(
                lambda canvas, m=middle, s=style: paint(
                    canvas, lambda t: (m, floor_y / 2, 1.0, 0.0, 1.0), box(0.3, 0.8), s
                )
            )
        else:
            walls[side] = -10.0 if side == 0 else 10.0 + aspect
    # A row of drops: each thing is let go at its own time, thrown or from rest.
    drops = (
        spaced_times(dice, duration_s, dice.motion(0.5, 2.6), 0.5)[: dice.integer(1, 7)] if dice.chance(0.95) else []
    )
    shadows, things = [], []
    shape, style, same = thing(dice), material(dice, looks), dice.chance(0.4)
    lit, squash = dice.chance(0.6), dice.uniform(0.05, 0.25) if looks == "ball_bounce" and dice.chance(0.5) else 0.0
    for start in drops:
        if not same:
            shape, style = thing(dice), material(dice, looks)
        if looks == "ball_bounce" and dice.chance(0.8):
            shape = circle()
        radius = dice.motion(0.03, 0.16)
        foot = radius * shape.foot
        x0 = dice.uniform(max(walls[0], 0) + radius, min(walls[1], aspect) - radius)
        held = dice.chance(0.35)
        y0 = dice.uniform(0.1, 0.45) * floor_y if held else -radius * 1.3
        speed_x = dice.motion(-0.7, 0.7) * aspect if dice.chance(0.6) else dice.uniform(-0.05, 0.05)
        spin = 0.0 if not shape.round and dice.chance(0.5) else dice.uniform(-7, 7)
        arcs, contacts = bounces(
            Arc(
                start,
                x0,
                y0,
                speed_x,
                0.0 if held else dice.uniform(-0.3, 0.6),
                0.0,
                gravity,
                dice.uniform(0, 0.2),
                spin,
            ),
            end_s=duration_s,
            floor_y=floor_y - foot,
            walls=(walls[0] + radius, walls[1] - radius),
            restitution=_restitution(dice, looks),
            rolls=shape.round,
        )
        if held:
            # It is seen waiting before it is let go.
            arcs = [Arc(start - dice.uniform(0.3, 3.0), x0, y0, angle=arcs[0].angle), *arcs]
        path = Path(arcs)
        weight, hardest = 0.55 + 0.45 * radius / 0.16, np.sqrt(2 * gravity * floor_y)
        floor_hits = [c for c in contacts if c.side == "floor"]
        plan.hits += [
            Hit(c.time_s, min(1, c.speed / hardest) ** 0.8 * weight, c.x, c.y + foot * (c.side == "floor"), "impact")
            for c in contacts
        ]
        flat = ringing([c.time_s for c in floor_hits], [min(1.0, c.speed / hardest) for c in floor_hits], 0.0, 0.045)
        if lit:
            shadows.append(contact_shadow(path, radius, floor_y, dice.uniform(0.3, 0.8)))
        things.append(
            lambda canvas, p=path, r=radius, sh=shape, st=style, f=flat: _squashed(canvas, p, r, sh, st, f, squash)
        )
    plan.layers += shadows + things
    plan.hits = [h for h in plan.hits if h.strength > 0.05]
    return plan


def _squashed(canvas, path: Path, radius: float, shape: Shape, style: Style, flat, squash: float) -> None:
    def pose(t):
        x, y, angle, seen = path(t)
        give = squash * flat(t)
        return x, y + give * radius, radius * (1 - give), angle, seen

    paint(canvas, pose, shape, style)


def _slid(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
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
                canvas, lambda t: (p(t)[0] + 0.015, p(t)[1] + 0.02, radius, 0.0, 0.4), circle(), _SHADE, soft=0.15
            )
        )
        plan.layers.append(
            lambda canvas, p=path, st=style: paint(canvas, lambda t: (*p(t)[:2], radius, p(t)[2], 1.0), shape, st)
        )
    plan.hits = [Hit(c.time_s, min(1, c.speed / 1.6) ** 0.8, c.x, c.y, "impact") for c in contacts if c.speed > 0.06]
    return plan


def _swung(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
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


def _put_down(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
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


def _toppled(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
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


def _shattered(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
    """Glass falls, breaks on the floor, and its pieces fly and slide to rest."""
    floor_y, gravity = dice.motion(0.65, 0.95), dice.motion(1.5, 5.0)
    plan = Plan(looks, random_backdrop(dice, floor_y))
    for start in spaced_times(dice, duration_s, dice.motion(1.2, 3.0), 0.3)[: dice.integer(1, 3)]:
        shape, style, radius = thing(dice), material(dice, looks), dice.motion(0.06, 0.16)
        x0, y0 = dice.uniform(0.15, 0.85) * aspect, dice.uniform(-0.2, 0.35)
        fall = np.sqrt(2 * (floor_y - radius * shape.foot - y0) / gravity)
        wait = dice.uniform(0, 1.5)
        whole = Path(
            [
                Arc(start - wait, x0, y0),
                Arc(start, x0, y0, dice.uniform(-0.2, 0.2), 0, 0, gravity, 0, dice.uniform(-1, 1)),
            ],
            end_s=start + fall,
        )
        x_hit = float(whole(np.array([start + fall]))[0][0])
        plan.layers.append(
            lambda canvas, p=whole, r=radius, sh=shape, st=style: paint(
                canvas, lambda t: (*p(t)[:2], r, *p(t)[2:]), sh, st
            )
        )
        plan.hits.append(Hit(start + fall, dice.uniform(0.7, 1.0), x_hit, floor_y, "impact"))
        for _ in range(dice.integer(4, 8)):
            size, speed = radius * dice.uniform(0.15, 0.45), dice.uniform(0.2, 1.2)
            lean = dice.uniform(-1.3, 1.3)
            first = Arc(
                start + fall,
                x_hit + dice.uniform(-0.5, 0.5) * radius,
                floor_y - radius * dice.uniform(0.2, 1.0),
                speed * np.sin(lean),
                -speed * np.cos(lean),
                0,
                gravity,
                0,
                dice.uniform(-9, 9),
            )
            arcs, _ = bounces(first, duration_s, floor_y - size * 0.6, (-9.0, 9.0 + aspect), 0.15, rolls=False)
            piece = polygon(dice.integer(3, 5), dice)
            plan.layers.append(
                lambda canvas, p=Path(arcs), r=size, sh=piece, st=style: paint(
                    canvas, lambda t: (*p(t)[:2], r, *p(t)[2:]), sh, st
                )
            )
    return plan
