"""Classifier-free guidance as deltas between conditions that add up, so text and video are steered apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ..errors import InputError
from ..room import REFINE, Room
from .rescale import rescaled_velocity
from .solvers import Velocity

# network(x [B, C, T], sigma [B], **conditions) -> velocity like x. A network with a method `prepare` has work to do on
# its conditions that no step changes: prepare(**conditions) gives what it takes in their place.
Network = Callable[..., Tensor]
Tensors = Mapping[str, Tensor]
# Conditions over time: each one's tensors and how much of the latent's frames it governs, [T]; None is all of it.
Timed = tuple[tuple[Tensors, Tensor | None], ...]
EVERYWHERE = (0.0, 1.0)
AT_ONCE = 12  # sets of conditions in a batch: a prompt may change a hundred times
RAMPS = ("constant", "rising", "falling")


@dataclass(frozen=True)
class When:
    """When a scale acts: from the lowest to the highest noise level of its interval, 0..1 (Kynkäänniemi et al. 2024).

    A rising ramp takes it from no effect at the highest level to all of it at the lowest, a falling one the other way.
    """

    interval: tuple[float, float] = EVERYWHERE
    ramp: str = "constant"

    def __post_init__(self):
        low, high = self.interval
        if not 0 <= low <= high <= 1:
            raise InputError(
                f"The guidance interval is {low!r} to {high!r}: give two noise levels from 0 to 1, in order."
            )
        if self.ramp not in RAMPS:
            raise InputError(f"There is no ramp called {self.ramp!r}: choose one of {', '.join(RAMPS)}.")

    def at(self, sigma: float | Tensor, scale: float, rest: float) -> float:
        """The scale at a noise level; `rest` is what it is where it does not act."""
        low, high = self.interval
        if not low <= sigma <= high:
            return rest
        if self.ramp == "constant" or low == high:
            return scale
        gone = (high - sigma) / (high - low)
        return rest + (scale - rest) * float(gone if self.ramp == "rising" else 1 - gone)


ALWAYS = When()


@dataclass(frozen=True)
class Delta:
    """A step of the velocity away from one set of conditions and toward another, scale times."""

    scale: float
    toward: object
    away: object


@dataclass(frozen=True)
class Guidance:
    """Guidance scales: 1 follows the condition as trained, above 1 exaggerates it, 0 leaves it out.

    negative is how far the negative prompt is gone away from; at 1 it takes the place of no prompt, as is usual.
    rescale is how much of the contrast that all of it adds is taken back, 0 to 1. None of it acts below the noise level
    `above`.
    """

    text: float
    video: float
    negative: float = 1.0
    text_when: When = ALWAYS
    video_when: When = ALWAYS
    negative_when: When = ALWAYS
    rescale: float = 0.0
    above: float = 0.0

    def at(self, sigma: float | Tensor) -> tuple[float, float, float]:
        """Scales of text, video and negative prompt at a noise level."""
        if sigma < self.above:
            return 1.0, 1.0, 1.0
        return (
            self.text_when.at(sigma, self.text, 1.0),
            self.video_when.at(sigma, self.video, 1.0),
            self.negative_when.at(sigma, self.negative, 0.0),
        )

    @property
    def needs_unprompted(self) -> bool:
        """Whether the negative prompt is ever weighed against no prompt at all."""
        return self.negative != 1 or self.negative_when != ALWAYS

    def deltas(
        self,
        sigma: float | Tensor,
        positive,
        negative,
        negative_with_video,
        unprompted=None,
        unprompted_with_video=None,
    ) -> tuple[object, tuple[Delta, ...]]:
        """Where the velocity starts, and the deltas from there, at a noise level.

        First the video is brought in under the negative prompt, then the prompt is turned to the positive one. With a
        strength of its own the negative prompt is no prompt plus strength * (negative - no prompt), there and with
        video. Conditions are whatever the caller has for them.
        """
        text, video, strength = self.at(sigma)
        if strength == 1 or unprompted is None:
            return negative, (
                Delta(video, negative_with_video, negative),
                Delta(text, positive, negative_with_video),
            )
        return unprompted, (
            Delta(video, unprompted_with_video, unprompted),
            Delta(text, positive, unprompted_with_video),
            Delta(strength * (1 - video), negative, unprompted),
            Delta(strength * (video - text), negative_with_video, unprompted_with_video),
        )


class InBatches:
    """A network whose batch is divided where the device has no room for all of it."""

    def __init__(self, network: Network, room: Room | None = None):
        self.network, self.room = network, room or Room(REFINE)

    def __call__(self, x: Tensor, sigma: Tensor, **tensors: Tensor) -> Tensor:
        """The network's word on x [B, C, T] at sigma [B] under tensors [B, ...]."""

        def halves() -> Tensor:
            middle = len(x) // 2
            return torch.cat(
                [
                    self(x[rows], sigma[rows], **{name: one[rows] for name, one in tensors.items()})
                    for rows in (slice(middle), slice(middle, None))
                ]
            )

        return self.room.do(len(x), lambda: self.network(x, sigma, **tensors), halves)


def guided_velocity(network: Network, guidance: Guidance, **conditions: Timed) -> Velocity:
    """The velocity v(base) + sum of scale * (v(toward) - v(away)), in one batch where they are few.

    conditions are those that Guidance.deltas takes; of tensors [1 or B, ...]. Each is evaluated once, not at all where
    its coefficients cancel: with equal scales along a chain of deltas this is plain classifier-free guidance, with
    scales of 1 a single evaluation. Where conditions change over time, so do the deltas: each one's velocity counts
    where it governs.
    """
    prepare, network = getattr(network, "prepare", dict), InBatches(network)

    @cache
    def prepared(name: str, number: int) -> Tensors:
        return prepare(**conditions[name][number][0])

    def velocity(x: Tensor, sigma: Tensor) -> Tensor:
        base, deltas = guidance.deltas(sigma, **{name: name for name in conditions})
        scales = coefficients(base, deltas)
        steered = list(scales) != ["positive"]
        asked = [*scales, "positive"] if guidance.rescale and "positive" not in scales else scales
        parts = [(name, number) for name in asked for number in range(len(conditions[name]))]
        said = dict.fromkeys(asked, 0)
        for first in range(0, len(parts), AT_ONCE):
            some = parts[first : first + AT_ONCE]
            out = together(network, [x] * len(some), sigma.to(x), [prepared(*part) for part in some])
            for (name, number), part in zip(some, out, strict=True):
                mask = conditions[name][number][1]
                said[name] = said[name] + (part if mask is None else mask.to(x) * part)
        guided = sum(scale * said[name] for name, scale in scales.items())
        if not (guidance.rescale and steered):
            return guided
        return rescaled_velocity(x, sigma, guided, said["positive"], guidance.rescale)

    return velocity


def together(network: Network, xs: Sequence[Tensor], sigma: Tensor, parts: Sequence[Tensors]) -> tuple[Tensor, ...]:
    """The network's word on each of xs [B, C, T] under a part's tensors [1 or B, ...], all in one batch."""
    stacked = {name: torch.cat([_expand(part[name], len(xs[0])) for part in parts]) for name in parts[0]}
    batch = torch.cat(list(xs))
    return network(batch, sigma.expand(len(batch)), **stacked).chunk(len(parts))


def coefficients(base: str, deltas: tuple[Delta, ...]) -> dict[str, float]:
    """{name of conditions: what their velocity is multiplied by}, without those that cancel."""
    total = {base: 1.0}
    for delta in deltas:
        for name, scale in ((delta.toward, delta.scale), (delta.away, -delta.scale)):
            total[name] = total.get(name, 0.0) + scale
    return {name: scale for name, scale in total.items() if scale != 0}


def _expand(tensor: Tensor, batch: int) -> Tensor:
    return tensor.expand(batch, *tensor.shape[1:])
