"""Contact times in closed form: falling things on a floor between walls, sliding discs in a frame."""

from dataclasses import dataclass, replace

import numpy as np

from .dice import Dice
from .tracks import Arc


@dataclass(frozen=True)
class Contact:
    """When and where the centre of a thing is stopped, at what speed (world units a second), by what."""

    time_s: float
    x: float
    y: float
    speed: float
    side: str


def bounces(
    first: Arc, end_s: float, floor_y: float, walls: tuple[float, float], restitution: float, rolls: bool
) -> tuple[list[Arc], list[Contact]]:
    """The arcs of a point thrown by `first` that bounces until it lies still, and its contacts in order."""
    arcs, contacts, arc = [first], [], first
    while arc.start_s < end_s and len(contacts) < 60:
        drop = floor_y - arc.y
        to_floor = (-arc.vy + np.sqrt(max(arc.vy**2 + 2 * arc.ay * drop, 0))) / arc.ay
        wall_x = walls[1] if arc.vx > 0 else walls[0]
        to_wall = (wall_x - arc.x) / arc.vx if abs(arc.vx) > 1e-6 else np.inf
        dt = max(min(to_floor, to_wall), 1e-6)
        x, y = arc.x + arc.vx * dt, arc.y + arc.vy * dt + arc.ay * dt * dt / 2
        vx, vy = arc.vx, arc.vy + arc.ay * dt
        now, angle = arc.start_s + dt, arc.angle + arc.spin * dt
        if to_wall < to_floor:
            contacts.append(Contact(now, x, y, abs(vx), "wall"))
            arc = Arc(now, x, y, -restitution * vx, vy, 0, arc.ay, angle, -0.6 * arc.spin)
        else:
            contacts.append(Contact(now, x, floor_y, vy, "floor"))
            arc = Arc(now, x, floor_y, 0.85 * vx, -restitution * vy, 0, arc.ay, angle, 0.7 * arc.spin)
            if restitution * vy < 0.12:
                arcs += _settle(replace(arc, vy=0.0, ay=0.0), rolls)
                break
        arcs.append(arc)
    return arcs, contacts


def _settle(arc: Arc, rolls: bool) -> list[Arc]:
    """The last arcs: slowing evenly to a stop, long for what rolls and short for what scrapes."""
    stop_s = 1.2 if rolls else 0.15
    slowing = replace(arc, ax=-arc.vx / stop_s, spin=arc.vx * 8 if rolls else 0.0)
    still = Arc(arc.start_s + stop_s, arc.x + arc.vx * stop_s / 2, arc.y, angle=arc.angle + slowing.spin * stop_s)
    return [slowing, still]


def slides(
    dice: Dice,
    count: int,
    radius: float,
    frame: tuple[float, float, float, float],
    duration_s: float,
    push: float,
    friction: float,
):
    """Discs of equal mass sliding in a frame (left, right, top, bottom), pushed anew from time to time.

    Speeds decay as exp(-friction t), the same for all, so in s = (1 - exp(-friction t)) / friction every
    disc moves in straight lines and contacts have closed forms. Returns one path a disc (x, y, angle at
    seconds [T]) and the contacts.
    """
    left, right, top, bottom = frame[0] + radius, frame[1] - radius, frame[2] + radius, frame[3] - radius
    place = np.empty((0, 2))
    while len(place) < count:
        spot = np.array([dice.uniform(left, right), dice.uniform(top, bottom)])
        if all(np.hypot(*(spot - p)) > 2.2 * radius for p in place) or dice.chance(0.02):
            place = np.vstack([place, spot])
    start_s, knots, contacts = 0.0, [], []
    wait = dice.uniform(0, 1.0)
    while start_s < duration_s:
        velocity = np.zeros((count, 2))
        if start_s > 0 or wait < 0.3:
            pushed = dice.rng.permutation(count)[: dice.integer(1, max(1, count - 1))]
            turns = dice.rng.uniform(0, 2 * np.pi, len(pushed))
            velocity[pushed] = push * dice.uniform(0.5, 1) * np.stack([np.cos(turns), np.sin(turns)], 1)
        # A disc that is at rest keeps still until it is hit; the push lasts until the next one.
        length = dice.uniform(1.0, 3.0) if start_s > 0 or wait < 0.3 else wait
        s, s_end = 0.0, (1 - np.exp(-friction * length)) / friction
        while True:
            knots.append((start_s, s, place.copy(), velocity.copy()))
            ds, hit = _next_contact(place, velocity, radius, (left, right, top, bottom))
            if s + ds >= s_end or len(contacts) > 80:
                place = place + velocity * max(s_end - s, 0)
                break
            s += ds
            place = place + velocity * ds
            now = start_s - np.log(max(1 - friction * s, 1e-9)) / friction
            if now > duration_s:
                break
            slowed, (i, j) = np.exp(-friction * (now - start_s)), hit
            if j < 0:
                axis = -1 - j
                contacts.append(Contact(now, *place[i], abs(velocity[i, axis]) * slowed, "wall"))
                velocity[i, axis] *= -0.8
            else:
                along = (place[j] - place[i]) / np.linalg.norm(place[j] - place[i])
                closing = (velocity[i] - velocity[j]) @ along
                velocity[i] -= 0.95 * closing * along
                velocity[j] += 0.95 * closing * along
                contacts.append(Contact(now, *((place[i] + place[j]) / 2), closing * slowed, "disc"))
        start_s += length
    spins = dice.rng.uniform(-4, 4, count)
    return [_slide_path(knots, i, friction, spins[i]) for i in range(count)], contacts


def _next_contact(place, velocity, radius, frame) -> tuple[float, tuple[int, int]]:
    """Distance in s to the first contact, and who: (disc, other disc) or (disc, -1 - axis) for the frame."""
    best, who = np.inf, (0, -1)
    for i in range(len(place)):
        for axis in range(2):
            v = velocity[i, axis]
            if abs(v) > 1e-9:
                ds = (frame[2 * axis + (v > 0)] - place[i, axis]) / v
                if ds < best:
                    best, who = max(ds, 0.0), (i, -1 - axis)
        for j in range(i + 1, len(place)):
            gap, closing = place[j] - place[i], velocity[j] - velocity[i]
            b, a = gap @ closing, closing @ closing
            inside = b * b - a * (gap @ gap - 4 * radius**2)
            if b < 0 and inside > 0 and a > 1e-12:
                ds = (-b - np.sqrt(inside)) / a
                if -1e-6 < ds < best:
                    best, who = max(ds, 0.0), (i, j)
    return best, who


def _slide_path(knots, disc: int, friction: float, spin: float):
    starts = np.array([k[0] for k in knots])
    s_knots = np.array([k[1] for k in knots])
    times = starts - np.log(np.maximum(1 - friction * s_knots, 1e-9)) / friction
    place, velocity = (np.array([k[c][disc] for k in knots]) for c in (2, 3))

    def path(t):
        i = np.clip(np.searchsorted(times, t, side="right") - 1, 0, None)
        ds = (1 - np.exp(-friction * (t - starts[i]))) / friction - s_knots[i]
        x, y = (place[i] + velocity[i] * ds[:, None]).T
        return x, y, spin * np.hypot(x, y)

    return path
