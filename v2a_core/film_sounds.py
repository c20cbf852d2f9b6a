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


def film_sounds(job: Job, run: Run, parts: Parts) -> tuple[AudioStream, ...]:
    """The soundtracks of a job's film, decoded as they are read, which must be while the parts are there."""
    family = run.family
    with run.stage("encode", "visual"):
        check_film(job.duration_s, job.source.name)
        film = divide(family.spec, job.duration_s, stored_shots(job.source, parts, run.progress))
        watched = Watched(film, parts, digest(job.source, family.visual, repr(film)))
        watched.watch(job.source, lambda part, told: encode_video(family, part, told), run.progress)
    with run.stage("prompt"):
        texts = encode_cues(family, job.sheet)
    words = [(text.tokens, repr(text.spans)) for side in texts for text in side]
    keys = {}
    with run.stage("sample", "text", "network"):
        network = digest(family.network)  # which may take seconds
        for seed in job.seeds:
            settings = replace(job.settings, seed=seed)

            def sampled(number: int, around: Callable, told: Progress, settings=settings) -> Tensor:
                start_s, _ = film.span_s(number)
                here = ([text.shifted(start_s) for text in side] for side in texts)
                conditions = condition(family, *here, watched.seen(number))
                window = film.windows[number]
                noise = film_noise(film.spec.latent_channels, window.first, window.end, settings.seed)
                return sample(family.network, *conditions, noise.to(run.device), settings, told, around=around)

            key = digest(watched.key, words, repr(settings), run.device, network)
            keys[seed] = lambda number, key=key: digest(key, number)
            refine(film, sampled, parts, _latents(seed), keys[seed], run.progress)

    @torch.inference_mode()
    def decode(latent: Tensor) -> Tensor:
        return family.decoder.decode(latent.to(run.device))[0].float().cpu()

    pieces = [(window.start, window.stop) for window in film.windows]
    return tuple(
        decoded(film.spec, film.duration_s, pieces, refined(film, parts, _latents(seed), keys[seed]), decode)
        for seed in job.seeds
    )


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


def _latents(seed: int) -> str:
    return f"latent-{seed}"
