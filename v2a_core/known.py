"""A sound that exists already: what of it is kept or changed, how sampling begins with it, and what comes of both."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .errors import InputError
from .film import SHARED_S
from .job import Job
from .media.audio import Audio, AudioStream, fit_length, read_audio, stream_audio
from .media.combine import combined, placed
from .media.ducking import Ducking
from .media.mix import Stem, mix_stems
from .media.splice import splice
from .media.video import VideoSource
from .models.base import Family, FamilySpec
from .sampling.flow import part_sigmas
from .sampling.inpaint import begun, held, span_mask
from .sampling.solvers import Velocity
from .settings import Settings, check_film
from .stages import encode_audio, encoder_of


@dataclass(frozen=True)
class Known:
    """A sound that exists already, or the video that has it: a span in seconds is made anew and the rest kept, or all
    is changed by a strength below 1, or a new sound is put under it.
    """

    sound: Audio | VideoSource
    span_s: tuple[float, float] | None = None
    strength: float = 1.0
    under: bool = False

    def __post_init__(self):
        part_sigmas(1, strength=self.strength)  # which refuses what is none

    @property
    def is_start(self) -> bool:
        """Whether sampling begins with it."""
        return self.span_s is not None or self.strength != 1

    @property
    def is_heard(self) -> bool:
        """Whether its own samples are in what comes of it."""
        return self.span_s is not None or self.under

    def told(self, family: Family) -> object:
        """What a digest says of the latents that sampling begins with."""
        sound = self.sound if isinstance(self.sound, VideoSource) else (self.sound.samples, self.sound.rate_hz)
        return (self.span_s, self.strength, sound, encoder_of(family)) if self.is_start else None

    def around(self, job: Job, spec: FamilySpec) -> Job:
        """The part of a film that has to be sampled: a window around the span, or what is longer with a little more
        on either side; without a span all of it.
        """
        if self.span_s is None:
            return job
        start_s, end_s = self.span_s
        more_s = max(SHARED_S, (spec.window_length_s - (end_s - start_s)) / 2)
        start_s, end_s = max(0.0, start_s - more_s), min(job.duration_s, end_s + more_s)
        source = replace(job.source, start_s=job.source.start_s + start_s, duration_s=end_s - start_s)
        return replace(job, source=source, duration_s=end_s - start_s, start_s=start_s)

    def heard(self, start_s: float, duration_s: float) -> Audio:
        """It from start_s on, for duration_s at least as far as it goes."""
        if isinstance(self.sound, VideoSource):
            part = replace(self.sound, start_s=self.sound.start_s + start_s, duration_s=duration_s)
            return read_audio(part) or Audio(torch.zeros(1, 0), 48000)
        return Audio(self.sound.samples[:, round(start_s * self.sound.rate_hz) :], self.sound.rate_hz)

    def with_new(self, new: Audio, duration_s: float) -> Audio:
        """What becomes of it with a new sound that begins with it; both are in memory."""
        if self.span_s is not None:
            new = splice(self.sound, new, *self.span_s)
        if self.under:
            new = fit_length(mix_stems([Stem(self.sound), Stem(new)], speech=0, ducking=Ducking()), duration_s)
        return new

    def with_part(self, new: Audio | AudioStream, start_s: float, duration_s: float) -> AudioStream:
        """What becomes of a film's sound with a new one from start_s on, as it is read."""

        def piece(at_s: float, sounds: tuple[Audio, Audio]) -> Audio:
            old, new = sounds
            span_s = self.span_s and tuple(edge_s - at_s for edge_s in self.span_s)
            return replace(self, sound=old, span_s=span_s).with_new(new, old.duration_s)

        old = stream_audio(self.sound) if isinstance(self.sound, VideoSource) else placed(self.sound, 0.0, duration_s)
        return combined([old, placed(new, start_s, duration_s)], piece, duration_s)


def begin(
    known: Known | None, family: Family, noise: Tensor, settings: Settings, start_s: float, duration_s: float
) -> tuple[Tensor, Callable[[Velocity], Velocity], Tensor]:
    """What sampling of duration_s from start_s on begins with, what wraps its velocity, and its noise levels."""
    sigmas = part_sigmas(settings.steps, settings.shift, known.strength if known else 1.0)
    if known is None or not known.is_start:
        return noise, _unchanged, sigmas
    latent = encode_audio(family, known.heard(start_s, duration_s), duration_s).to(noise.device)
    start = begun(latent, noise, sigmas[0])
    if known.span_s is None:
        return start, _unchanged, sigmas
    span_s = (edge_s - start_s for edge_s in known.span_s)
    anew = span_mask(latent.shape[-1], family.spec.latent_rate_hz, *span_s, duration_s).to(noise.device)
    return start, held(latent, noise, anew), sigmas


def known_sound(
    source: VideoSource,
    sound: Audio | None,
    duration_s: float,
    span_s: tuple[float, float] | None,
    strength: float,
    under: bool,
    *,
    is_film: bool,
) -> Known | None:
    """The sound to keep or to change, the video's own where none is given, and None where neither is asked for.

    A film's stays where it is, to be read as it goes. Raises InputError where there is none, or for a span that is not
    in it.
    """
    if not (span_s or strength != 1 or under):
        return None
    check_film(duration_s, source.name)
    if span_s and not 0 <= span_s[0] < span_s[1] <= duration_s + 0.01:
        raise InputError(
            f"The span to make anew is {span_s[0]:g} to {span_s[1]:g} s, and the video lasts {duration_s:.2f} s: give "
            "a start and an end within it, in order."
        )
    if sound is None and is_film:
        sound = source if stream_audio(source) else None
    elif sound is None:
        sound = read_audio(source)
    if sound is None:
        raise InputError(f"{source.name} has no sound to keep or to change: give one, or leave that option out.")
    return Known(sound, span_s, strength, under)


def _unchanged(velocity: Velocity) -> Velocity:
    return velocity
