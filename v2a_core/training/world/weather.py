"""Wind in grass and leaves, fire, thunderstorms."""

import numpy as np

from .backdrops import Backdrop, random_backdrop
from .dice import Dice
from .draw import Canvas, paint
from .fields import bolt, scroll_tile, swayed
from .levels import level_curve, sampled, travelled
from .noise import stretch, value_noise
from .plan import Hit, Plan
from .shapes import ellipse
from .styles import random_style
from .tracks import wander


def wind(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Grass or foliage that sways, leaves that fly past: farther and faster in a gust."""
    level = level_curve(dice, duration_s)
    plan = Plan("wind", random_backdrop(dice, dice.motion(0.6, 0.9)), level=sampled(level, duration_s))
    blown = travelled(level, duration_s, 0.15)
    side = dice.sign()
    if dice.chance(0.75):
        plan.layers.append(_vegetation(dice, level, blown, side))
    for _ in range(dice.integer(0, 9)):
        style, size = random_style(dice, 0.2), dice.uniform(0.008, 0.035)
        x0, y0, speed = dice.uniform(0, 3), dice.uniform(0.05, 0.95), dice.motion(1.0, 3.0)
        flutter, rise = wander(dice, 0.1, 2.0), dice.uniform(-0.1, 0.1)

        def pose(t, x0=x0, y0=y0, speed=speed, size=size, flutter=flutter, rise=rise):
            along = (x0 + speed * blown(t)) % (aspect + 0.4) - 0.2
            return (
                (along if side > 0 else aspect - along),
                y0 + flutter(t) + rise * along,
                size,
                12 * blown(t) + x0,
                1.0,
            )

        plan.layers.append(lambda canvas, pose=pose, style=style: paint(canvas, pose, ellipse(1.0, 0.5), style))
    return plan


def _vegetation(dice: Dice, level, blown, side: int):
    """A sheet of blades or leaves over the lower or the whole picture that bends with the wind."""
    top, blades = dice.motion(0.0, 0.75), dice.chance(0.55)
    near = dice.pick((0.28, 0.33, 0.2, 0.1))
    dark, bright = dice.colour(near, (0.2, 0.8), (0.1, 0.4)), dice.colour(near, (0.2, 0.8), (0.4, 0.95))
    cells = (dice.integer(2, 4), dice.integer(24, 60)) if blades else (dice.integer(8, 20),) * 2
    tile = stretch(value_noise(dice.rng, 256, 256, cells, 2, wrap=True))
    edge = stretch(value_noise(dice.rng, 1, 256, (2, 24), 3, wrap=True))[0]
    bend, wave, ripple = dice.motion(0.03, 0.16), dice.motion(3, 12), dice.motion(4, 12)

    def layer(canvas: Canvas) -> None:
        x, y = canvas.grid()
        height = np.clip((1.05 - y) / (1.05 - top), 0, 1) if blades else np.ones_like(y)
        force = np.clip(level(canvas.times_s), 0, 1.2).astype(np.float32)[:, None, None]
        phase = (ripple * blown(canvas.times_s)).astype(np.float32)[:, None, None]
        shift = (
            side
            * bend
            * height
            * force
            * (0.6 + np.sin(wave * x - side * phase) + 0.4 * np.sin(2.7 * wave * x - 2.3 * phase))
        )
        texture = swayed(canvas, tile, shift)
        columns = ((x - shift[:, :1]) * 128).astype(np.int32) & 255
        alpha = np.clip((y - top - 0.12 * edge[columns]) * 40, 0, 1)
        canvas.blend(alpha, dark + texture[..., None] * (bright - dark))

    return layer


def fire(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """Flames licking up from a base; high and bright when the fire is strong; the surroundings glow with it."""
    level = level_curve(dice, duration_s)
    backdrop = random_backdrop(dice, dice.motion(0.8, 1.0))
    plan = Plan("fire", backdrop, level=sampled(level, duration_s))
    base_x, base_y, wide = dice.uniform(0.3, 0.7) * aspect, dice.motion(0.8, 1.05), dice.motion(0.15, 0.6)
    tall, speed = dice.motion(0.3, 0.85), dice.motion(0.5, 1.8)
    coarse = stretch(value_noise(dice.rng, 256, 256, (6, 10), 3, wrap=True))
    fine = stretch(value_noise(dice.rng, 256, 256, (12, 22), 2, wrap=True))
    ramp = _flame_colours(dice)
    gloom, flicker = dice.uniform(0.1, 0.6), wander(dice, 0.25, 9, 5)

    def layer(canvas: Canvas) -> None:
        x, y = canvas.grid()
        force = np.clip(level(canvas.times_s) * (1 + flicker(canvas.times_s)), 0, 1.2).astype(np.float32)[:, None, None]
        canvas.pixels *= (gloom + 0.5 * force)[..., None]
        risen = speed * canvas.times_s
        noise = 0.6 * scroll_tile(canvas, coarse, 0 * risen, risen) + 0.4 * scroll_tile(
            canvas, fine, 0.1 * risen, 1.7 * risen
        )
        up = (base_y - y) / (tall * (0.25 + 0.75 * force))
        across = (x - base_x) / (wide * (0.5 + 0.5 * force))
        heat = (
            np.clip(1.5 * noise + 0.45 - up - across**2 * (0.7 + np.maximum(up, 0)), 0, 1)
            * (up > -0.1)
            * np.minimum(1, 3 * force)
        )
        canvas.blend(np.clip(2.2 * heat, 0, 1), ramp[(heat * 255).astype(np.int16)])

    plan.layers.append(layer)
    return plan


def _flame_colours(dice: Dice) -> np.ndarray:
    """Dark to bright, float32 [256, 3]: mostly embers to yellow, at times another palette."""
    hue = dice.colour(0.05, (0.7, 1.0), (0.8, 1.0))
    stops = np.stack([hue * 0.25, hue * 0.8, np.clip(hue * 1.1 + [0.1, 0.25, 0.0], 0, 1), np.array([1, 0.97, 0.8])])
    return np.stack([np.interp(np.linspace(0, 3, 256), np.arange(4), c) for c in stops.T], 1).astype(np.float32)


def thunder(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """A dark sky that lightning lights up: a flash is an event, and the rumble after it is level."""
    tones = tuple(dice.colour(0.62, (0.1, 0.5), (0.08, 0.4)) for _ in range(3))
    base = random_backdrop(dice, dice.motion(0.8, 1.0))
    plan = Plan(
        "thunder", Backdrop("noise", tones, base.floor_y, base.floor_colours, dice.uniform(2, 5), 1.0, base.seed)
    )
    times, now = [], dice.uniform(0.3, 2.0)
    while now < duration_s - 0.2:
        times.append((now, dice.uniform(0.4, 1.0), dice.uniform(0.1, 0.9) * aspect))
        now += dice.motion(0.7, 3.2)
    grid = np.arange(int(np.ceil(duration_s * 100))) / 100
    rumble = sum(
        (s * np.exp(-np.maximum(grid - t, 0) / 0.9) * (grid >= t) for t, s, _ in times), np.full(len(grid), 0.08)
    )
    plan.level = np.clip(rumble, 0, 1).astype(np.float32)
    glare, after, stutter = dice.colour(0.65, (0, 0.2), (0.8, 1)), dice.uniform(0.08, 0.3), dice.uniform(12, 22)

    def flash(t):
        total = np.zeros(len(t))
        for at, strength, _ in times:
            since = t - at
            total += np.where(since >= 0, strength * np.exp(-np.maximum(since, 0) / after), 0) * (
                0.7 + 0.3 * np.cos(stutter * since)
            )
        return total

    clouds = stretch(value_noise(dice.rng, 256, 256, (5, 5), 4, wrap=True))
    moves, glow = dice.motion(0.01, 0.12), dice.uniform(0.4, 0.9)

    def layer(canvas: Canvas) -> None:
        sky = scroll_tile(canvas, clouds, moves * canvas.times_s, 0 * canvas.times_s)
        light = (glow * flash(canvas.times_s)).astype(np.float32)[:, None, None]
        canvas.blend(np.clip(light * (0.35 + 0.65 * sky), 0, 1), glare)

    plan.layers.append(layer)
    for at, strength, x in times:
        plan.hits.append(Hit(at, strength, x, 0.4, "impact"))
        if dice.chance(0.6):
            plan.layers.append(bolt(dice, at, x, glare))
    return plan
