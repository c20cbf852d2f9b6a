"""Films longer than a model makes in one go: how they are divided into windows, and what is known of each of these."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .errors import InputError
from .media.video import VideoSource
from .models.base import Conditions, FamilySpec, VisualFeatures
from .sampling.guidance import Network, together
from .sampling.windows import Window, assembled, plan_windows

SHARED_S = 1.0  # on either side of a seam


@dataclass(frozen=True)
class Film:
    """A duration and its windows in latent frames."""

    spec: FamilySpec
    duration_s: float
    windows: tuple[Window, ...]

    def span_s(self, number: int) -> tuple[float, float]:
        """When a window begins and how long it lasts, in seconds."""
        start_s = self.windows[number].first / self.spec.latent_rate_hz
        return start_s, min(self.spec.window_length_s, self.duration_s - start_s)

    def part(self, source: VideoSource, number: int) -> VideoSource:
        """What a window shows of the film."""
        start_s, duration_s = self.span_s(number)
        return replace(source, start_s=source.start_s + start_s, duration_s=duration_s)

    def until(self, duration_s: float) -> "Film":
        """The same film cut short: its seams stay where they are."""
        frames = self.spec.latent_length(duration_s)
        windows = tuple(
            replace(window, stop=min(window.stop, frames), end=min(window.end, frames))
            for window in self.windows
            if window.start < frames
        )
        return replace(self, duration_s=duration_s, windows=windows)


def divide(spec: FamilySpec, duration_s: float, cuts_s: Sequence[float] = ()) -> Film:
    """Plan a film's windows, their seams at shot changes, cuts_s in seconds, where one is near."""
    windows = plan_windows(
        spec.latent_length(duration_s),
        spec.latent_length(spec.window_length_s),
        math.ceil(SHARED_S * spec.latent_rate_hz / spec.latent_multiple) * spec.latent_multiple,
        [time_s * spec.latent_rate_hz for time_s in cuts_s],
        spec.latent_multiple,
    )
    return Film(spec, duration_s, tuple(windows))


@dataclass(frozen=True)
class FilmFeatures:
    """What the encoders saw of a film, window by window: they are shown each one's part as if it were a video."""

    film: Film
    seen: tuple[VisualFeatures, ...]

    @property
    def family(self) -> str:
        return self.film.spec.kin

    @property
    def duration_s(self) -> float:
        return self.film.duration_s

    def timing_only(self) -> "FilmFeatures":
        """When things happen, without what they are."""
        return replace(self, seen=tuple(one.timing_only() for one in self.seen))

    def until(self, duration_s: float) -> "FilmFeatures":
        """Those of the film's beginning; raises InputError for a duration beyond its end."""
        if duration_s > self.duration_s + 0.01:
            raise InputError(
                f"The sound lasts {duration_s:g} s and the film that was watched {self.duration_s:.2f} s: make the "
                "sound no longer than the film."
            )
        film = self.film.until(min(duration_s, self.duration_s))
        return FilmFeatures(film, self.seen[: len(film.windows)])


@dataclass(frozen=True, eq=False)
class FilmConditions:
    """What the network takes in each window of a film, laid out when it is asked for: that of all at once is much."""

    film: Film
    at: Callable[[int], Conditions]

    def seeing(self, other: "FilmConditions") -> "FilmConditions":
        """The same prompts with another's video."""
        return replace(self, at=lambda number: self.at(number).seeing(other.at(number).video))

    @property
    def unprompted(self) -> "FilmConditions":
        return replace(self, at=lambda number: self.at(number).unprompted)


def film_velocities(
    network: Network,
    x: Tensor,
    sigma: Tensor,
    conditions: Sequence[FilmConditions],
    check: Callable[[], None] = lambda: None,
) -> Tensor:
    """The network's velocity of films' whole latents [R * B, C, T], of which B lie under each of R conditions.

    Windows come one after the other, side by side as sampling.windows has it, so memory is that of one. sigma is a
    scalar tensor; check is called before each window and may raise to cancel.
    """

    def evaluate(window: Window, part: Tensor) -> Tensor:
        check()
        number = windows.index(window)
        rows = part.chunk(len(conditions))
        timed = [one.at(number).timed(x.device) for one in conditions]
        asked = [(row, tensors) for row, parts in zip(rows, timed, strict=True) for tensors, _ in parts]
        out = iter(together(network, [row for row, _ in asked], sigma, [tensors for _, tensors in asked]))
        return torch.cat([sum(next(out) * (1 if mask is None else mask.to(x)) for _, mask in parts) for parts in timed])

    windows = conditions[0].film.windows
    return assembled(x, windows, evaluate)
