"""How loud a sound that goes on is through the clip, and what that does to speeds."""

import numpy as np

from .dice import Dice
from .tracks import Track


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
