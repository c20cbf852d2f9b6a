"""Solvers of dx/dsigma = velocity(x, sigma), from the first noise level to the last, all with one signature.

velocity(x, sigma) takes x [B, C, T] and a scalar tensor sigma; callback(step, x, denoised) is told at each step
where the solver stands and what it would end at, and may raise to stop.
"""

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor

from .flow import fresh_noise

Velocity = Callable[[Tensor, Tensor], Tensor]
Callback = Callable[[int, Tensor, Tensor], None]
# How far euler_ancestral goes past each level (eta): 1 forgets the most. At 0.3 Mini's sounds gain grain and keep their
# moments.
RENEWED = 0.3


def euler(velocity: Velocity, x: Tensor, sigmas: Tensor, callback: Callback | None = None) -> Tensor:
    """Euler's method: one network call a step."""
    for i, (sigma, following) in enumerate(pairwise(sigmas)):
        v = velocity(x, sigma)
        if callback:
            callback(i, x, x - sigma * v)
        x = x + (following - sigma) * v
    return x


def heun(velocity: Velocity, x: Tensor, sigmas: Tensor, callback: Callback | None = None) -> Tensor:
    """Heun's method, the explicit trapezoidal rule: second order, two calls a step."""
    for i, (sigma, following) in enumerate(pairwise(sigmas)):
        v = velocity(x, sigma)
        if callback:
            callback(i, x, x - sigma * v)
        end = x + (following - sigma) * v
        x = x + (following - sigma) * (v + velocity(end, following)) / 2
    return x


def midpoint(velocity: Velocity, x: Tensor, sigmas: Tensor, callback: Callback | None = None) -> Tensor:
    """The explicit midpoint rule: second order, two calls a step."""
    for i, (sigma, following) in enumerate(pairwise(sigmas)):
        v = velocity(x, sigma)
        if callback:
            callback(i, x, x - sigma * v)
        halfway = x + (following - sigma) / 2 * v
        x = x + (following - sigma) * velocity(halfway, (sigma + following) / 2)
    return x


def ab2(velocity: Velocity, x: Tensor, sigmas: Tensor, callback: Callback | None = None) -> Tensor:
    """Adams-Bashforth of two steps with variable step size: second order for one call a step after an Euler start."""
    v_before, h_before = None, None
    for i, (sigma, following) in enumerate(pairwise(sigmas)):
        h = following - sigma
        v = velocity(x, sigma)
        if callback:
            callback(i, x, x - sigma * v)
        slope = v if v_before is None else v + h / (2 * h_before) * (v - v_before)
        x, v_before, h_before = x + h * slope, v, h
    return x


def euler_ancestral(velocity: Velocity, x: Tensor, sigmas: Tensor, callback: Callback | None = None) -> Tensor:
    """Euler's method past each noise level and back up to it with noise drawn anew: ancestral sampling.

    Karras et al. 2022, section 4, for the straight path x = (1 - sigma) * data + sigma * noise. What is drawn follows
    from the x that it begins with.
    """
    draw = fresh_noise(x)
    for i, (sigma, following) in enumerate(pairwise(sigmas)):
        denoised = x - sigma * velocity(x, sigma)
        if callback:
            callback(i, x, denoised)
        down = following * (1 + RENEWED * (following / sigma - 1))
        x = denoised + down / sigma * (x - denoised)
        if following > 0:
            kept = (1 - following) / (1 - down)
            x = kept * x + (following**2 - (kept * down) ** 2).sqrt() * draw()
    return x


SOLVERS = {"euler": euler, "heun": heun, "midpoint": midpoint, "ab2": ab2, "euler_ancestral": euler_ancestral}
