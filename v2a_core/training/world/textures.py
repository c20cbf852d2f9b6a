"""Pictures of sounds that go on: rain, wind, fire, streams, waves, thunderstorms; how much of it varies through the clip."""

import numpy as np

from .backdrops import Backdrop, random_backdrop
from .dice import Dice
from .draw import Canvas, paint
from .fields import bolt, scroll_tile, swayed
from .noise import stretch, value_noise
from .plan import Hit, Plan
from .shapes import circle, ellipse
from .styles import Style, random_style
from .tracks import Track, wander

LOOKS = ("rain", "wind", "fire", "stream", "waves", "thunder")


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    looks = dice.pick(LOOKS)
    maker = {"rain": _rain, "wind": _wind, "fire": _fire, "stream": _stream, "waves": _waves, "thunder": _thunder}[
        looks
    ]
    return maker(dice, duration_s, aspect)


def level_curve(dice: Dice, duration_s: float) -> Track:
    """A level 0..1: steady, with gusts, starting, stopping, or in spells."""
    base = dice.uniform(0.25, 0.9)
    keys, form = [(0.0, base, 1)], dice.pick(("steady", "gusts", "gusts", "spells", "start", "stop", "swell"))
    now = 0.0
    if form == "steady":
        keys.append((duration_s, base * dice.uniform(0.85, 1.1), 0))
    elif form == "gusts":
        while now < duration_s:
            now += dice.motion(0.3, 1.6)
            keys.append((now, dice.uniform(0.1, 1.0), 0))
    elif form == "spells":
        keys = [(0.0, base if dice.chance(0.5) else 0.0, 1)]
        while now < duration_s:
            now += dice.motion(0.6, 2.4)
            keys += [
                (now, keys[-1][1], 1),
                (now + dice.uniform(0.08, 0.4), dice.uniform(0.4, 1.0) if keys[-1][1] < 0.1 else 0.0, 0),
            ]
            now = keys[-1][0]
    elif form in ("start", "stop"):
        at, ease = dice.uniform(0.15, 0.75) * duration_s, dice.uniform(0.1, 1.5)
        before, after = (0.0, base) if form == "start" else (base, 0.0)
        keys = [(0.0, before, 1), (at, before, 1), (at + ease, after, 0), (duration_s + 2, after, 1)]
    else:
        keys = [
            (0.0, dice.uniform(0, 0.3), 1),
            (dice.uniform(0.3, 0.8) * duration_s, 1.0, 0),
            (duration_s, dice.uniform(0, 0.5), 0),
        ]
    return Track(keys)


def sampled(curve, duration_s: float) -> np.ndarray:
    """A curve at 100 Hz, float32, clipped to 0..1."""
    return np.clip(curve(np.arange(int(np.ceil(duration_s * 100))) / 100), 0, 1).astype(np.float32)


def travelled(curve, duration_s: float, still: float = 0.0):
    """The distance covered at the speed that a curve gives, as a function of time."""
    times = np.linspace(-0.5, duration_s + 0.5, int((duration_s + 1) * 200))
    distance = np.concatenate([[0], np.cumsum(curve(times)[:-1] + still)]) / 200
    return lambda t: np.interp(t, times, distance)


def _rain(dice: Dice, duration_s: float, aspect: float) -> Plan:
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


def _wind(dice: Dice, duration_s: float, aspect: float) -> Plan:
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


def _fire(dice: Dice, duration_s: float, aspect: float) -> Plan:
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


def _stream(dice: Dice, duration_s: float, aspect: float) -> Plan:
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


def _waves(dice: Dice, duration_s: float, aspect: float) -> Plan:
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


def _thunder(dice: Dice, duration_s: float, aspect: float) -> Plan:
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
