"""Soundtracks of a video that a model makes in one go, from nothing or out of a sound that exists already."""

import torch
from torch import Tensor

from .job import Job, Run
from .known import Known, begin
from .media.audio import Audio
from .stages import condition, decode, draw_latent, encode_cues, encode_video, sample


def clip_sounds(
    job: Job, run: Run, *, mask: Tensor | None = None, known: Known | None = None
) -> tuple[tuple[Audio, ...], ...]:
    """New soundtracks of a job's video: for each of its scripts one a seed, all of these sampled at once."""
    family, spec = run.family, run.family.spec
    with run.stage("encode", "visual"):
        features = encode_video(family, job.source, run.progress, mask=mask)
    with run.stage("prompt", "text"):
        conditions = []
        for script in job.scripts:
            sides = ([text.shifted(job.start_s) for text in side] for side in encode_cues(family, script.sheet))
            said = script.said(job.start_s, features.duration_s)
            conditions.append(condition(family, *sides, features, said))
    with run.stage("sample", "network"):
        noise = torch.cat([draw_latent(spec, features.duration_s, seed) for seed in job.seeds]).to(run.device)
        start, wrap, sigmas = begin(known, family, noise, job.settings, job.start_s, job.duration_s)
        run.release("encoder")
        latents = [
            sample(family.network, *sides, start, job.settings, run.progress, around=wrap, sigmas=sigmas)
            for sides in conditions
        ]
    with run.stage("decode"):
        return tuple(tuple(decode(family, latent[None], features.duration_s) for latent in takes) for takes in latents)
