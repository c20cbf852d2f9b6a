"""Classifier-free guidance as deltas between conditions that add up, so text and video are steered apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .solvers import Velocity

Network = Callable[..., Tensor]
Tensors = Mapping[str, Tensor]


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


def guided_velocity(network: Network, base: Tensors, deltas: tuple[Delta, ...]) -> Velocity:
    """The velocity v(base) + sum of scale * (v(toward) - v(away)), all in one batch.

    Conditions are named tensors [1 or B, ...]. Each is evaluated once, not at all where its coefficients cancel: with
    equal scales along a chain of deltas this is plain classifier-free guidance, with scales of 1 a single evaluation.
    """
    weights: dict[int, float] = {id(base): 1.0}
    conditions: dict[int, Tensors] = {id(base): base}
    for delta in deltas:
        for tensors, weight in ((delta.toward, delta.scale), (delta.away, -delta.scale)):
            conditions[id(tensors)] = tensors
            weights[id(tensors)] = weights.get(id(tensors), 0.0) + weight
    used = [key for key, weight in weights.items() if weight != 0]

    def velocity(x: Tensor, sigma: Tensor) -> Tensor:
        batch = len(x)
        stacked = {
            name: torch.cat([_expand(conditions[key][name], batch) for key in used]) for name in conditions[used[0]]
        }
        repeated = x.repeat(len(used), *[1] * (x.ndim - 1))
        out = network(repeated, sigma.to(x).expand(len(repeated)), **stacked)
        return sum(weights[key] * part for key, part in zip(used, out.chunk(len(used)), strict=True))

    return velocity


def _expand(tensor: Tensor, batch: int) -> Tensor:
    return tensor.expand(batch, *tensor.shape[1:])
