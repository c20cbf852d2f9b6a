"""Rain, running water, and waves on a beach."""

import numpy as np

from .backdrops import random_backdrop
from .dice import Dice
from .draw import Canvas, paint
from .fields import scroll_tile
from .levels import level_curve, sampled, travelled
from .noise import stretch, value_noise
from .plan import Plan
from .shapes import circle
from .styles import Style
from .tracks import Track, wander


def rain(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Streaks at several depths; more and brighter as it pours; rings where it hits the ground."""
    level = level_curve(dice, duration_s)
    floor_y = dice.motion(0.6, 1.0)
    plan = Plan("rain", random_backdrop(dice, floor_y), level=sampled(level, duration_s))
    colour = dice.colour(0.6, (0, 0.15), (0.6, 1.0))
    lean, strength = dice.motion(-0.35, 0.35), dice.uniform(0.3, 0.8)
    for layer in range(dice.integer(1, 3)):
        tile = _streaks(dice, dice.uniform(0.012, 0.03) * (1 + 0.4 * layer), dice.uniform(0.08, 0.3), lean)
        speed = dice.motion(1.5, 4.0) * (1 + 0.5 * layer)
        plan.layers.append(lambda canvas, tile=tile, v=speed: _shower(canvas, tile, v, lean, level, colour, strength))
    if dice.chance(0.5):
        plan.layers += _splashes(dice, level, aspect, floor_y, colour)
    return plan


def _streaks(dice: Dice, width: float, length: float, lean: float) -> np.ndarray:
    """A tile [256, 256] of drops drawn out along their fall, each with its own rank 0..1."""
    tile = np.zeros((256, 256), np.float32)
    steps = max(4, int(length * 256))
    for _ in range(int(60 + 3 / width)):
        x, y, rank = dice.uniform(0, 256), dice.uniform(0, 256), dice.uniform(0.2, 1)
        rows = (y + np.arange(steps)).astype(int) % 256
        columns = (x + lean * np.arange(steps)).astype(int) % 256
        for side in range(max(1, int(width * 96))):
            tile[rows, (columns + side) % 256] = np.maximum(
                tile[rows, (columns + side) % 256], rank * np.linspace(0.3, 1, steps)
            )
    return tile


def _shower(canvas: Canvas, tile, speed: float, lean: float, level, colour, strength: float) -> None:
    amount = np.clip(level(canvas.times_s), 0, 1).astype(np.float32)[:, None, None]
    fallen = speed * canvas.times_s
    drops = scroll_tile(canvas, tile, -lean * fallen, -fallen)
    # The heavier the rain, the lower the rank of a drop that is seen.
    alpha = np.clip((drops - (1 - amount)) * 4, 0, 1) * (strength * np.minimum(1, 4 * amount))
    canvas.blend(alpha, colour)


def _splashes(dice: Dice, level, aspect: float, floor_y: float, colour):
    layers, style = [], Style("flat", colour, colour)
    for _ in range(dice.integer(4, 9)):
        rate, phase = dice.uniform(2, 4), dice.uniform(0, 1)
        x0, y0 = dice.uniform(0, aspect), dice.uniform(min(floor_y, 0.9), 1.0)

        def pose(t, rate=rate, phase=phase, x0=x0, y0=y0):
            age = (rate * t + phase) % 1
            jump = np.floor(rate * t + phase)
            x = (x0 + 0.618 * aspect * jump) % aspect
            return x, y0, 0.01 + 0.04 * age, 0.0, (1 - age) * 0.8 * np.clip(level(t), 0, 1)

        layers.append(lambda canvas, pose=pose: paint(canvas, pose, circle(), style, tall=0.4))
    return layers


def stream(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Water running across or down the picture; faster and whiter when there is more of it."""
    level = level_curve(dice, duration_s)
    plan = Plan("stream", random_backdrop(dice), level=sampled(level, duration_s))
    flown = travelled(level, duration_s, 0.05)
    falls, side = dice.chance(0.35), dice.sign()
    cells = (dice.integer(14, 26), dice.integer(4, 8)) if not falls else (dice.integer(4, 8), dice.integer(14, 30))
    first, second = (stretch(value_noise(dice.rng, 256, 256, cells, 3, wrap=True)) for _ in range(2))
    deep, foam = dice.colour(0.55, (0.1, 0.7), (0.1, 0.5)), dice.colour(0.55, (0.0, 0.2), (0.7, 1.0))
    near, far = (dice.motion(0.2, 0.6), 1.2) if not falls else (-0.1, 1.2)
    left, right = (dice.uniform(0, 0.35) * aspect, dice.uniform(0.65, 1) * aspect) if falls else (-1.0, aspect + 1)
    speed, bank = dice.motion(0.5, 2.0), wander(dice, 0.05, 1.5)

    def layer(canvas: Canvas) -> None:
        x, y = canvas.grid()
        amount = np.clip(level(canvas.times_s), 0, 1).astype(np.float32)[:, None, None]
        run = speed * flown(canvas.times_s)
        move = (lambda k: (0 * run, -k * run)) if falls else (lambda k: (-side * k * run, 0 * run))
        ripple = scroll_tile(canvas, first, *move(1.0)) * 0.55 + scroll_tile(canvas, second, *move(0.6)) * 0.45
        white = np.clip((ripple - 0.75 + 0.4 * amount) * 4, 0, 1)
        edge = bank(x[0, 0] * 4).astype(np.float32)
        inside = np.clip((y - near - edge) * 50, 0, 1) * np.clip((far - y) * 50, 0, 1)
        inside = inside * np.clip((x - left) * 40, 0, 1) * np.clip((right - x) * 40, 0, 1)
        water = deep * (0.7 + 0.6 * ripple[..., None]) + white[..., None] * (foam - deep) * 0.9
        canvas.blend(inside, water)

    plan.layers.append(layer)
    return plan


def waves(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Swell that runs up a beach and draws back; loud while it breaks."""
    period, sea_y = dice.motion(2.2, 5.5), dice.motion(0.1, 0.45)
    keys, now = [(-period, 0.15, 1)], dice.uniform(-period, 0.0)
    surge = [(-period, 0.0, 1)]
    while now < duration_s + period:
        force = dice.uniform(0.5, 1.0)
        run = period * dice.uniform(0.3, 0.45)
        keys += [(now, 0.15, 1), (now + 0.6 * run, force, 0), (now + run + 0.4, 0.3 * force, 0)]
        surge += [(now, 0.0, 1), (now + run, force, -2), (now + period * 0.95, 0.0, 0)]
        now += period * dice.uniform(0.95, 1.2)
        keys.append((now, 0.15, 0))
    level, reach = Track(keys), Track([k for i, k in enumerate(surge) if i == 0 or k[0] > surge[i - 1][0]])
    plan = Plan("waves", random_backdrop(dice, sea_y - 0.02, 0.1), level=sampled(level, duration_s))
    shore, run_up = dice.motion(0.45, 0.75), dice.motion(0.12, 0.4)
    sea, foam = dice.colour(0.55, (0.2, 0.8), (0.15, 0.6)), dice.colour(0.55, (0.0, 0.12), (0.85, 1.0))
    tile = stretch(value_noise(dice.rng, 256, 256, (20, 10), 3, wrap=True))
    line = stretch(value_noise(dice.rng, 1, 256, (2, 5), 3, wrap=True))[0]

    def layer(canvas: Canvas) -> None:
        x, y = canvas.grid()
        t = canvas.times_s
        front = (shore + run_up * reach(t)).astype(np.float32)[:, None, None]
        columns = (x * 64).astype(np.int32) & 255
        front = front + 0.12 * (line[columns] - 0.5)
        loud = np.clip(level(t), 0, 1).astype(np.float32)[:, None, None]
        swell = scroll_tile(canvas, tile, 0.05 * t, -0.25 * t)
        ridges = 0.5 + 0.5 * np.sin(
            (y - sea_y) * 40 / (0.3 + y) - 2.0 * t.astype(np.float32)[:, None, None] + 2 * swell
        )
        white = np.clip((0.03 + 0.10 * loud - (front - y)) * 25, 0, 1) * (0.4 + 0.6 * swell)
        white = np.maximum(white, np.clip((ridges * swell - 0.55) * 4, 0, 1) * (0.2 + 0.6 * loud))
        water = sea * (0.7 + 0.3 * ridges[..., None]) + white[..., None] * (foam - sea)
        canvas.blend(np.clip((front - y) * 60, 0, 1) * np.clip((y - sea_y) * 60, 0, 1), water)

    plan.layers.append(layer)
    return plan
