"""Motion as functions of time in seconds [T], exact at any instant: eased keyframes, ballistic paths, wandering."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .dice import Dice

Curve = Callable[[np.ndarray], np.ndarray]


class Track:
    """Keyframes (time_s, value, ease): ease p > 0 arrives by u ** p, p < 0 leaves fast and settles, 0 is a smooth step.

    >>> Track([(0.0, 0.0, 1), (1.0, 4.0, 2)])(np.array([0.5]))
    array([1.])
    """

    def __init__(self, keys: Sequence[tuple[float, float, float]]):
        times, values, ease = (np.array(column, np.float64) for column in zip(*keys, strict=True))
        self.times, self.values, self.ease = times, values, ease

    def __call__(self, times_s: np.ndarray) -> np.ndarray:
        if len(self.times) == 1:
            return np.full(np.shape(times_s), self.values[0])
        i = np.clip(np.searchsorted(self.times, times_s, side="right") - 1, 0, len(self.times) - 2)
        span = np.maximum(self.times[i + 1] - self.times[i], 1e-9)
        u = np.clip((times_s - self.times[i]) / span, 0, 1)
        p = self.ease[i + 1]
        power = np.maximum(np.abs(p), 1e-3)
        eased = np.where(p > 0, u**power, np.where(p < 0, 1 - (1 - u) ** power, u * u * (3 - 2 * u)))
        return self.values[i] + (self.values[i + 1] - self.values[i]) * eased


@dataclass
class Arc:
    """One stretch of motion: starts at start_s, constant acceleration, angle turning at `spin`."""

    start_s: float
    x: float
    y: float
    vx: float = 0.0
    vy: float = 0.0
    ax: float = 0.0
    ay: float = 0.0
    angle: float = 0.0
    spin: float = 0.0


class Path:
    """Arcs joined end to end; before the first and after `end_s` there is nothing to see."""

    def __init__(self, arcs: Sequence[Arc], end_s: float = np.inf):
        self.start_s, self.end_s = arcs[0].start_s, end_s
        self.table = np.array([list(vars(arc).values()) for arc in arcs])

    def __call__(self, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """x, y, angle and visibility (0 or 1), each [T]."""
        i = np.clip(np.searchsorted(self.table[:, 0], times_s, side="right") - 1, 0, None)
        start, x, y, vx, vy, ax, ay, angle, spin = self.table[i].T
        dt = np.maximum(times_s - start, 0)
        seen = (times_s >= self.start_s) & (times_s < self.end_s)
        return x + dt * (vx + ax * dt / 2), y + dt * (vy + ay * dt / 2), angle + spin * dt, seen.astype(np.float64)


def wander(dice: Dice, amplitude: float, rate_hz: float, partials: int = 3) -> Curve:
    """A smooth random curve about zero with frequencies up to rate_hz."""
    rates = dice.rng.uniform(0.25, 1.0, partials) * rate_hz * 2 * np.pi
    phases = dice.rng.uniform(0, 2 * np.pi, partials)
    sizes = amplitude * dice.rng.dirichlet(np.ones(partials))
    return lambda times_s: np.sin(np.multiply.outer(times_s, rates) + phases) @ sizes


def ringing(hits_s: Sequence[float], sizes: Sequence[float], rate_hz: float, decay_s: float) -> Curve:
    """A push at each hit that rings out as a sine of rate_hz under an exponential; at a rate of 0 it only decays."""
    hits, strength = np.asarray(hits_s, np.float64), np.asarray(sizes, np.float64)

    def curve(times_s: np.ndarray) -> np.ndarray:
        if not len(hits):
            return np.zeros(np.shape(times_s))
        since = np.subtract.outer(times_s, hits)
        shape = np.where(since >= 0, np.exp(-np.maximum(since, 0) / decay_s), 0)
        if rate_hz:
            shape = shape * np.sin(2 * np.pi * rate_hz * since)
        return shape @ strength

    return curve


def spaced_times(dice: Dice, duration_s: float, period_s: float, jitter: float, pauses: float = 0.15) -> list[float]:
    """Instants about period_s apart, with jitter (share of the period), now and then a silent stretch."""
    times, now = [], dice.uniform(0.15, 0.3 + period_s)
    if dice.chance(0.2):
        now += dice.uniform(0.05, 0.4) * duration_s
    last = duration_s - (dice.uniform(0.2, 0.45) * duration_s if dice.chance(0.2) else 0.05)
    while now < last:
        times.append(now)
        now += period_s * max(0.5, 1 + jitter * dice.rng.standard_normal())
        if dice.chance(pauses / max(1.0, 1 / period_s)):
            now += dice.uniform(0.4, 1.6)
    return times
