"""Classifier-free guidance as deltas between conditions that add up, so text and video are steered apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from .solvers import Velocity

# network(x [B, C, T], sigma [B], **conditions) -> velocity like x. A network with a method `prepare` has work to do on
# its conditions that no step changes: prepare(**conditions) gives what it takes in their place.
Network = Callable[..., Tensor]
Tensors = Mapping[str, Tensor]
EVERYWHERE = (0.0, 1.0)


@dataclass(frozen=True)
class Delta:
    """A step of the velocity away from one set of conditions and toward another, scale times."""

    scale: float
    toward: Tensors
    away: Tensors


@dataclass(frozen=True)
class Guidance:
    """Guidance scales: 1 follows the condition as trained, above 1 exaggerates it, 0 leaves it out."""

    text: float
    video: float

    def deltas(self, positive: Tensors, negative: Tensors, negative_with_video: Tensors) -> tuple[Delta, ...]:
        """First the video is brought in under the negative prompt, then the prompt is turned to the positive one."""
        return (
            Delta(self.video, negative_with_video, negative),
            Delta(self.text, positive, negative_with_video),
        )


def guided_velocity(
    network: Network, base: Tensors, deltas: tuple[Delta, ...], interval: tuple[float, float] = EVERYWHERE
) -> Velocity:
    """The velocity v(base) + sum of scale * (v(toward) - v(away)), all in one batch.

    Conditions are named tensors [1 or B, ...]. Each is evaluated once, not at all where its coefficients cancel: with
    equal scales along a chain of deltas this is plain classifier-free guidance, with scales of 1 a single evaluation.
    Scales are 1 at noise levels outside the interval from lowest to highest (Kynkäänniemi et al. 2024).
    """
    prepare = getattr(network, "prepare", dict)
    conditions = {id(tensors): tensors for tensors in (base, *(t for d in deltas for t in (d.toward, d.away)))}
    guided = _coefficients(base, deltas)
    plain = _coefficients(base, tuple(replace(delta, scale=1.0) for delta in deltas))

    @cache
    def prepared(key: int) -> Tensors:
        return prepare(**conditions[key])

    def velocity(x: Tensor, sigma: Tensor) -> Tensor:
        low, high = interval
        coefficients = guided if low <= sigma <= high else plain
        parts = [prepared(key) for key in coefficients]
        stacked = {name: torch.cat([_expand(part[name], len(x)) for part in parts]) for name in parts[0]}
        repeated = x.repeat(len(parts), *[1] * (x.ndim - 1))
        out = network(repeated, sigma.to(x).expand(len(repeated)), **stacked).chunk(len(parts))
        return sum(scale * part for scale, part in zip(coefficients.values(), out, strict=True))

    return velocity


def _coefficients(base: Tensors, deltas: tuple[Delta, ...]) -> dict[int, float]:
    """{id of conditions: what their velocity is multiplied by}, without those that cancel."""
    total = {id(base): 1.0}
    for delta in deltas:
        for tensors, scale in ((delta.toward, delta.scale), (delta.away, -delta.scale)):
            total[id(tensors)] = total.get(id(tensors), 0.0) + scale
    return {key: scale for key, scale in total.items() if scale != 0}


def _expand(tensor: Tensor, batch: int) -> Tensor:
    return tensor.expand(batch, *tensor.shape[1:])
