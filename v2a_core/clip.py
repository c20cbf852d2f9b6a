"""Soundtracks of a video that a model makes in one go, from nothing or out of a sound that exists already."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .errors import InputError
from .job import Job, Run
from .media.audio import Audio, fit_length
from .media.ducking import Ducking
from .media.mix import Stem, mix_stems
from .media.splice import splice
from .sampling.flow import part_sigmas
from .sampling.inpaint import begun, held, span_mask
from .stages import condition, decode, draw_latent, encode_audio, encode_cues, encode_video, sample


@dataclass(frozen=True)
class Known:
    """A sound that exists already: a span in seconds is made anew and the rest kept, or all is changed by a strength
    below 1, or a new sound is put under it.
    """

    sound: Audio
    span_s: tuple[float, float] | None = None
    strength: float = 1.0
    under: bool = False

    @property
    def is_start(self) -> bool:
        """Whether sampling begins with it."""
        return self.span_s is not None or self.strength != 1

    def with_new(self, new: Audio, duration_s: float) -> Audio:
        """What becomes of it with a new sound."""
        if self.span_s is not None:
            new = splice(self.sound, new, *self.span_s)
        if self.under:
            new = fit_length(mix_stems([Stem(self.sound), Stem(new)], speech=0, ducking=Ducking()), duration_s)
        return new


def check_span(span_s: tuple[float, float] | None, duration_s: float) -> None:
    """Raise InputError for a span to make anew that is not in the video."""
    if span_s is not None and not 0 <= span_s[0] < span_s[1] <= duration_s + 0.01:
        raise InputError(
            f"The span to make anew is {span_s[0]:g} to {span_s[1]:g} s, and the video lasts {duration_s:.2f} s: give "
            "a start and an end within it, in order."
        )


def clip_sounds(job: Job, run: Run, *, mask: Tensor | None = None, known: Known | None = None) -> tuple[Audio, ...]:
    """The soundtracks of a job's video, all sampled at once."""
    family, spec, settings = run.family, run.family.spec, job.settings
    with run.stage("encode", "visual"):
        features = encode_video(family, job.source, run.progress, mask=mask)
    with run.stage("prompt", "text"):
        conditions = condition(family, *encode_cues(family, job.sheet), features)
    with run.stage("sample", "network"):
        noise = torch.cat([draw_latent(spec, features.duration_s, seed) for seed in job.seeds]).to(run.device)
        changed = {"sigmas": part_sigmas(settings.steps, settings.shift, known.strength if known else 1.0)}
        if known and known.is_start:
            latent = encode_audio(family, known.sound, job.duration_s).to(run.device)
            run.release("encoder")
            if known.span_s is not None:
                anew = span_mask(latent.shape[-1], spec.latent_rate_hz, *known.span_s).to(run.device)
                changed["around"] = held(latent, noise, anew)
            noise = begun(latent, noise, changed["sigmas"][0])
        latents = sample(family.network, *conditions, noise, settings, run.progress, **changed)
    with run.stage("decode"):
        audios = tuple(decode(family, latent[None], features.duration_s) for latent in latents)
        return tuple(known.with_new(audio, job.duration_s) for audio in audios) if known else audios
