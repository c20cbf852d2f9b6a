"""Soundtracks of films of any length, window by window: watched, refined and decoded in bounded memory.

Each stage goes over all windows before the next begins, so that one model's weights are in use at a time, and leaves
what it finishes in a folder of parts (see sampling.windows for why the result is the same bit for bit if a run breaks
off and goes on from them).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .errors import InputError
from .media.audio import AudioStream
from .media.shots import find_shots
from .media.timeline import sample_count
from .media.video import VideoSource
from .models.base import FamilySpec, VisualFeatures
from .parts import Parts, digest
from .sampling.solvers import Velocity
from .sampling.windows import Window, film_noise, plan_windows, with_trail
from .settings import check_film

SHARED_S = 1.0  # on either side of a seam
# A decoder sees this much of the latent around a piece; neighbours' sounds cross over around a seam.
CONTEXT_S, FADE_S = 1.0, 0.02

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Film:
    """A video and how it is divided: windows in latent frames, and the folder where finished parts are kept."""

    spec: FamilySpec
    source: VideoSource
    duration_s: float
    windows: Sequence[Window]
    parts: Parts
    plan: str  # a digest of the division, which every part is made under

    def span_s(self, window: Window) -> tuple[float, float]:
        """When a window begins and how long it lasts, in seconds."""
        start_s = window.first / self.spec.latent_rate_hz
        return start_s, min(self.spec.window_length_s, self.duration_s - start_s)


def divide(spec: FamilySpec, source: VideoSource, duration_s: float, parts: Parts, progress: Progress | None) -> Film:
    """Plan a film's windows, their seams at shot changes where one is near."""
    check_film(duration_s, source.name)
    key = digest("shots", source)
    found = parts.read("shots", key)
    if found is None:
        found = {"times_s": torch.tensor(find_shots(source, progress), dtype=torch.float64)}
        parts.write("shots", key, found)
    windows = plan_windows(
        spec.latent_length(duration_s),
        spec.latent_length(spec.window_length_s),
        math.ceil(SHARED_S * spec.latent_rate_hz / spec.latent_multiple) * spec.latent_multiple,
        [time_s * spec.latent_rate_hz for time_s in found["times_s"].tolist()],
        spec.latent_multiple,
    )
    return Film(spec, source, duration_s, windows, parts, digest(spec.name, duration_s, [repr(w) for w in windows]))


def watch(
    film: Film, encode: Callable[[VideoSource, Progress], VisualFeatures], key: str, progress: Progress | None
) -> None:
    """Encode every window's part of the video; key says what encodes."""
    for number, window in enumerate(film.windows):
        if film.parts.read(_name("seen", number), _key(film, key, number)) is None:
            start_s, duration_s = film.span_s(window)
            part = replace(film.source, start_s=film.source.start_s + start_s, duration_s=duration_s)
            seen = encode(part, _within("watch", film, number, progress))
            tensors = {name: tensor.cpu() for name, tensor in seen.tensors.items()}
            rates = {f"{name} rate": torch.tensor(rate, dtype=torch.float64) for name, rate in seen.rates_hz.items()}
            film.parts.write(_name("seen", number), _key(film, key, number), {**tensors, **rates})
        if progress:
            progress("watch", number + 1, len(film.windows))


def seen(film: Film, key: str, number: int) -> VisualFeatures:
    """What `watch` saw in a window."""
    stored = film.parts.read(_name("seen", number), _key(film, key, number))
    tensors = {name: tensor for name, tensor in stored.items() if not name.endswith(" rate")}
    rates = {name: stored[f"{name} rate"].item() for name in tensors}
    return VisualFeatures(film.spec.name, tensors, rates, film.span_s(film.windows[number])[1])


def refine(
    film: Film,
    sample: Callable[[int, Tensor, Callable[[Velocity], Velocity], Progress], Tensor],
    seed: int,
    key: str,
    progress: Progress | None,
) -> None:
    """Sample every window's latent, each under the trail of the one before; key says what samples.

    sample(number, noise, around, progress) refines a window's noise [1, C, T]; around wraps the velocity it uses.
    """
    trail = None
    for number, window in enumerate(film.windows):
        name = _name(f"latent-{seed}", number)
        done = film.parts.read(name, _key(film, key, number))
        if done is None:
            following = film.windows[number + 1] if number + 1 < len(film.windows) else None
            # What the next window shares with this one, up to the seam.
            keep = slice(following.first - window.first, window.stop - window.first) if following else slice(0)
            kept: list[Tensor] = []

            def around(velocity: Velocity, trail=trail, keep=keep, kept=kept) -> Velocity:
                return with_trail(velocity, trail, keep, kept)

            noise = film_noise(film.spec.latent_channels, window.first, window.end, seed)
            latent = sample(number, noise, around, _within("sample", film, number, progress))
            done = {"latent": latent.cpu(), "trail": torch.stack(kept).cpu()}
            film.parts.write(name, _key(film, key, number), done)
        trail = done["trail"]
        if progress:
            progress("sample", number + 1, len(film.windows))


def sound(film: Film, decode: Callable[[Tensor], Tensor], seed: int, key: str) -> AudioStream:
    """The film's sound, decoded piece by piece as it is read, exactly as long as the video.

    decode takes a latent [1, C, T] to samples [channels, N].
    """
    rate_hz, total = film.spec.sample_rate_hz, sample_count(film.duration_s, film.spec.sample_rate_hz)
    hop = rate_hz / film.spec.latent_rate_hz
    context, fade = math.ceil(CONTEXT_S * film.spec.latent_rate_hz), round(FADE_S * rate_hz)

    def blocks() -> Iterator[Tensor]:
        tail = None  # what the piece before has for the beginning of this one
        for number, window in enumerate(film.windows):
            first, latent = _around(film, seed, key, number, context)
            samples = decode(latent)
            if not samples.isfinite().all():
                raise InputError("The model's output is not finite: lower cfg and video cfg, or load it in float32.")
            begin, end = (round((frame - first) * hop) for frame in (window.start, window.stop))
            last = number == len(film.windows) - 1
            if last:
                end = total - round(first * hop)
                samples = torch.nn.functional.pad(samples, (0, max(0, end - samples.shape[-1])))
            piece = samples[:, begin:end].clone()
            if tail is not None:
                over = min(tail.shape[-1], piece.shape[-1])
                rise = torch.linspace(0, 1, over)
                piece[:, :over] = rise * piece[:, :over] + (1 - rise) * tail[:, :over]
            tail = samples[:, end : end + fade]
            yield piece

    return AudioStream(blocks, rate_hz, 1, total)


def _around(film: Film, seed: int, key: str, number: int, context: int) -> tuple[int, Tensor]:
    """A piece's latent with up to `context` frames of its neighbours on either side, and the frame it begins at."""
    window, pieces = film.windows[number], []
    first, end = max(0, window.start - context), window.stop + context
    for other in range(max(0, number - 1), min(number + 2, len(film.windows))):
        at = film.windows[other]
        latent = film.parts.read(_name(f"latent-{seed}", other), _key(film, key, other))["latent"]
        begin, stop = max(at.start, first), min(at.stop, end)
        pieces.append(latent[..., begin - at.first : max(begin, stop) - at.first])
    first = max(first, film.windows[max(0, number - 1)].start)
    return first, torch.cat(pieces, -1)


def _within(stage: str, film: Film, number: int, progress: Progress | None) -> Progress:
    """Tells how the whole film gets on where one window does, so that a run can be cancelled within it."""
    return lambda *_: progress(stage, number, len(film.windows)) if progress else None


def _name(stage: str, number: int) -> str:
    return f"{stage}-{number:05d}"


def _key(film: Film, key: str, number: int) -> str:
    return digest(key, film.plan, number)
