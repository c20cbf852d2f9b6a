"""Guidance with less gain: it exaggerates an estimate's contrast, which in a spectrogram of logarithms is loudness."""

from torch import Tensor

LEAST = 1e-6  # a deviation below which an estimate is flat
# Heun's method looks at noise level 0, where the estimate says nothing of the velocity: this is near enough.
LAST_SIGMA = 1e-3


def rescaled(guided: Tensor, positive: Tensor, share: float) -> Tensor:
    """A guided estimate of the data [B, C, T] brought to the deviation of the one under the positive conditions alone.

    share is how much of it is, 0 to 1: Lin et al. 2024, eq. 15 and 16.
    """
    contrast = _deviation(positive) / _deviation(guided).clamp_min(LEAST)
    return guided * (1 + share * (contrast - 1))


def rescaled_velocity(x: Tensor, sigma: Tensor, guided: Tensor, positive: Tensor, share: float) -> Tensor:
    """The same for velocities at a noise level, a scalar tensor: the data is x - sigma * velocity."""
    sigma = sigma.to(x).clamp_min(LAST_SIGMA)
    return (x - rescaled(x - sigma * guided, x - sigma * positive, share)) / sigma


def _deviation(data: Tensor) -> Tensor:
    return data.std((1, 2), keepdim=True)
