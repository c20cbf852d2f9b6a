"""Soundtracks of a film of any length, stage by stage over all its windows, from whatever an earlier run left."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from . import film
from .job import Job, Progress, Run
from .media.audio import AudioStream
from .parts import Parts, digest
from .stages import condition, encode_cues, encode_video, sample


@contextmanager
def parts_beside(output: str | os.PathLike | None) -> Iterator[Parts]:
    """The folder beside an output where a film's finished parts are kept till all is done; without output for now."""
    if output is None:
        with TemporaryDirectory() as folder:
            yield Parts(Path(folder))
    else:
        parts = Parts(Path(output).with_name(f"{Path(output).name}.v2a-parts"))
        yield parts
        parts.remove()


def film_sounds(job: Job, run: Run, parts: Parts) -> tuple[AudioStream, ...]:
    """The soundtracks of a job's film, decoded as they are read, which must be while the parts are there."""
    family = run.family
    with run.stage("encode", "visual"):
        plan = film.divide(family.spec, job.source, job.duration_s, parts, run.progress)
        seen_key = digest(job.source, family.visual)
        film.watch(plan, lambda part, told: encode_video(family, part, told), seen_key, run.progress)
    with run.stage("prompt"):
        texts = encode_cues(family, job.sheet)
    words = [(text.tokens, repr(text.spans)) for side in texts for text in side]
    keys = {}
    with run.stage("sample", "text", "network"):
        for seed in job.seeds:
            settings = replace(job.settings, seed=seed)

            def sampled(number: int, noise: Tensor, around: Callable, told: Progress, settings=settings) -> Tensor:
                seen = film.seen(plan, seen_key, number)
                start_s, _ = plan.span_s(plan.windows[number])
                here = ([text.shifted(start_s) for text in side] for side in texts)
                conditions = condition(family, *here, seen)
                return sample(family.network, *conditions, noise.to(run.device), settings, told, around=around)

            keys[seed] = digest(seen_key, words, repr(settings), run.device, family.network)
            film.refine(plan, sampled, seed, keys[seed], run.progress)

    @torch.inference_mode()
    def decoded(latent: Tensor) -> Tensor:
        return family.decoder.decode(latent.to(run.device))[0].float().cpu()

    return tuple(film.sound(plan, decoded, seed, keys[seed]) for seed in job.seeds)
