"""Things that fall: they bounce and come to rest, or break on the floor."""

import numpy as np

from .backdrops import random_backdrop
from .collisions import bounces
from .dice import Dice
from .draw import paint
from .materials import contact_shadow, material
from .plan import Hit, Plan
from .shapes import Shape, box, circle, polygon, thing
from .styles import Style, random_style
from .tracks import Arc, Path, ringing, spaced_times


def _restitution(dice: Dice, looks: str) -> float:
    low, high = {"ball_bounce": (0.6, 0.88), "stone_impact": (0.05, 0.35)}.get(looks, (0.12, 0.55))
    return dice.motion(low, high)


def dropped(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
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


def shattered(dice: Dice, duration_s: float, aspect: float, looks: str) -> Plan:
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
            piece, flight = polygon(dice.integer(3, 5), dice), Path(arcs)
            plan.layers.append(
                lambda canvas, p=flight, r=size, sh=piece, st=style: paint(
                    canvas, lambda t: (*p(t)[:2], r, *p(t)[2:]), sh, st
                )
            )
    return plan
