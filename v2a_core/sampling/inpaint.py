"""Changing a part of a sound that exists: what is known is held through the flow, what is new grows into it.

The straight path of a known latent through the flow is x = (1 - sigma) * latent + sigma * noise, and its velocity
(x - latent) / sigma, whichever noise it is by then. A solver that is given that velocity keeps to such a path exactly,
so at every step the network sees what is known at the step's noise level.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .rescale import LAST_SIGMA
from .solvers import Velocity

SOFT_S = 0.04  # within the span: over this the sound is let go


def span_mask(frames: int, rate_hz: float, start_s: float, end_s: float, duration_s: float = math.inf) -> Tensor:
    """What to change of a latent, float32 [1, 1, frames]: 1 from start_s to end_s, 0 outside, with soft edges within.

    An edge at the very beginning or end of the sound is none. The sound may end before its last frame does, at
    duration_s: that frame is then changed as a whole.
    """
    times_s = (torch.arange(frames) + 0.5) / rate_hz
    rise = (times_s - start_s) / SOFT_S if start_s > 0 else torch.ones(frames)
    fall = (end_s - times_s) / SOFT_S if end_s < min(duration_s, frames / rate_hz) else torch.ones(frames)
    return torch.minimum(rise, fall).clamp(0, 1)[None, None]


def begun(latent: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Where a known latent is on its path at a noise level."""
    return (1 - sigma) * latent + sigma * noise


def held(latent: Tensor, noise: Tensor, mask: Tensor) -> Callable[[Velocity], Velocity]:
    """Wraps a velocity so that what the mask leaves out (0) keeps to the path of its latent."""

    def wrap(velocity: Velocity) -> Velocity:
        def kept(x: Tensor, sigma: Tensor) -> Tensor:
            # At its end the path has no noise left to tell by; only solvers that draw none look there.
            known = (x - latent) / sigma.to(x) if sigma > LAST_SIGMA else noise - latent
            return torch.lerp(known, velocity(x, sigma), mask)

        return kept

    return wrap
