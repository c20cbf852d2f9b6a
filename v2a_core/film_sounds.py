"""Soundtracks of films of any length, window by window: watched, refined and decoded in bounded memory.

Each stage goes over all windows before the next begins, so that one model's weights are in use at a time, and leaves
what it finishes in a folder of parts (see sampling.windows for why the result is the same bit for bit if a run breaks
off and goes on from them).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from .film import Film, divide
from .job import Job, Progress, Run
from .known import Known, begin
from .media.audio import AudioStream
from .parts import Parts, digest
from .pieces import decoded
from .sampling.solvers import Velocity
from .sampling.windows import film_noise, with_trail
from .settings import check_film
from .stages import condition, encode_cues, encode_video, sample
from .watch import Watched, part_name, stored_shots, within


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


def film_sounds(job: Job, run: Run, parts: Parts, *, known: Known | None = None) -> tuple[tuple[AudioStream, ...], ...]:
    """New soundtracks of a job's film, for each of its scripts one a seed.

    They are decoded as they are read, which must be while the parts are there.
    """
    family = run.family
    with run.stage("encode", "visual"):
        check_film(job.duration_s, job.source.name)
        film = divide(family.spec, job.duration_s, stored_shots(job.source, parts, run.progress))
        watched = Watched(film, parts, digest(job.source, family.visual, repr(film)))
        watched.watch(job.source, lambda part, told: encode_video(family, part, told), run.progress)
    pieces = [(window.start, window.stop) for window in film.windows]
    with run.stage("prompt"):
        prompts = [encode_cues(family, script.sheet) for script in job.scripts]

    @torch.inference_mode()
    def decode(latent: Tensor) -> Tensor:
        return family.decoder.decode(latent.to(run.device))[0].float().cpu()

    def soundtrack(place: int, seed: int) -> AudioStream:
        script, prompt = job.scripts[place], prompts[place]
        settings, name = replace(job.settings, seed=seed), f"latent-{place}-{seed}"

        def sampled(number: int, around: Callable, told: Progress) -> Tensor:
            start_s, duration_s = film.span_s(number)
            start_s += job.start_s
            here = ([text.shifted(start_s) for text in side] for side in prompt)
            said = script.said(start_s, duration_s)
            conditions = condition(family, *here, watched.seen(number), said)
            window = film.windows[number]
            noise = film_noise(film.spec.latent_channels, window.first, window.end, seed).to(run.device)
            start, hold, sigmas = begin(known, family, noise, settings, start_s, duration_s)

            def wrap(velocity: Velocity) -> Velocity:
                return around(hold(velocity))

            return sample(family.network, *conditions, start, settings, told, around=wrap, sigmas=sigmas)

        words = [(text.tokens, repr(text.spans)) for side in prompt for text in side]
        made_of = digest(
            watched.key, words, repr(script.transcript), repr(settings), run.device, network, begins, job.start_s
        )

        def key(number: int) -> str:
            return digest(made_of, number)

        refine(film, sampled, parts, name, key, run.progress)
        return decoded(film.spec, film.duration_s, pieces, refined(film, parts, name, key), decode)

    with run.stage("sample", "text", "network", "encoder"):
        network = digest(family.network)  # which may take seconds
        begins = known.told(family) if known else None
        return tuple(tuple(soundtrack(place, seed) for seed in job.seeds) for place in range(len(prompts)))


def refine(
    film: Film,
    sample: Callable[[int, Callable[[Velocity], Velocity], Progress], Tensor],
    parts: Parts,
    name: str,
    key: Callable[[int], str],
    progress: Progress | None = None,
    *,
    in_doubt: bool = False,
) -> None:
    """Sample every window's latent that is not there yet, each under the trail of the one before.

    sample(number, around, progress) refines a window's latent [B, C, T]; around wraps the velocity it uses. They are
    parts by name, key(number) says what each is made of. Where a key can't say all of that, in_doubt has the first
    window made again: if it comes out as it was, the others are taken for what they would be.
    """
    trail, total = None, len(film.windows)
    for number, window in enumerate(film.windows):
        found = done = parts.read(part_name(name, number), key(number))
        if done is None or (in_doubt and number == 0):
            following = film.windows[number + 1] if number + 1 < total else None
            # What the next window shares with this one, up to the seam.
            keep = slice(following.first - window.first, window.stop - window.first) if following else slice(0)
            kept: list[Tensor] = []

            def around(velocity: Velocity, trail=trail, keep=keep, kept=kept) -> Velocity:
                return with_trail(velocity, trail, keep, kept)

            latent = sample(number, around, within("sample", number, total, progress))
            done = {"latent": latent.cpu(), "trail": torch.stack(kept).cpu()}
            if found is not None and _same(found["latent"], done["latent"]):
                done = found
            else:
                if found is not None:
                    parts.remove()
                parts.write(part_name(name, number), key(number), done)
        trail = done["trail"]
        if progress:
            progress("sample", number + 1, total)


def _same(one: Tensor, other: Tensor) -> bool:
    """Whether two latents are the same but for what devices that compute in another order may bring in."""
    return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-3 * one.std().item())


def refined(film: Film, parts: Parts, name: str, key: Callable[[int], str]) -> Callable[[int, int], Tensor]:
    """A film's refined latent from one frame to another, read from its parts."""

    def between(first: int, end: int) -> Tensor:
        pieces = []
        for number, window in enumerate(film.windows):
            begin, stop = max(window.start, first), min(window.stop, end)
            if begin < stop:
                latent = parts.read(part_name(name, number), key(number))["latent"]
                pieces.append(latent[..., begin - window.first : stop - window.first])
        return torch.cat(pieces, -1)

    return between
