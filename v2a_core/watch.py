"""Films as encoders see them, window by window: in memory, or in the parts of a long run."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .film import Film, FilmFeatures, divide
from .media.shots import find_shots
from .media.video import VideoSource, probe
from .models.base import Family, VisualFeatures
from .parts import Parts, digest
from .settings import check_film
from .stages import encode_video

Progress = Callable[[str, int, int], None]


def encode_film(
    family: Family, source: VideoSource, progress: Progress | None = None, *, mask: Tensor | None = None
) -> FilmFeatures:
    """What the family's encoders see in each window of a film, on the CPU; mask is as for encode_video."""
    duration_s = probe(source).duration_s
    check_film(duration_s, source.name)
    film = divide(family.spec, duration_s, find_shots(source, progress))
    seen, total = [], len(film.windows)
    for number in range(total):
        start_s, _ = film.span_s(number)
        part, told = film.part(source, number), within("watch", number, total, progress)
        span_s = (-start_s, duration_s - start_s)
        seen.append(encode_video(family, part, told, mask=mask, mask_span_s=span_s).to("cpu"))
        if progress:
            progress("watch", number + 1, total)
    return FilmFeatures(film, tuple(seen))


@dataclass(frozen=True)
class Watched:
    """What the encoders saw in a film's windows, in its parts; key says of what and by what."""

    film: Film
    parts: Parts
    key: str

    def watch(
        self,
        source: VideoSource,
        encode: Callable[[VideoSource, Progress], VisualFeatures],
        progress: Progress | None,
    ) -> None:
        """Encode every window's part of the video that is not there yet."""
        total = len(self.film.windows)
        for number in range(total):
            if self.parts.read(part_name("seen", number), digest(self.key, number)) is None:
                seen = encode(self.film.part(source, number), within("watch", number, total, progress))
                self.parts.write(part_name("seen", number), digest(self.key, number), seen.stored())
            if progress:
                progress("watch", number + 1, total)

    def seen(self, number: int) -> VisualFeatures:
        """What was seen in a window."""
        stored = self.parts.read(part_name("seen", number), digest(self.key, number))
        return VisualFeatures.restored(self.film.spec.kin, stored, self.film.span_s(number)[1])


def stored_shots(source: VideoSource, parts: Parts, progress: Progress | None) -> list[float]:
    """Times of a film's shot changes, in seconds; looked for once."""
    key = digest("shots", source)
    found = parts.read("shots", key)
    if found is None:
        found = {"times_s": torch.tensor(find_shots(source, progress), dtype=torch.float64)}
        parts.write("shots", key, found)
    return found["times_s"].tolist()


def within(stage: str, number: int, total: int, progress: Progress | None) -> Progress:
    """Tells how the whole film gets on where one window does, so that a run can be cancelled within it."""
    return lambda *_: progress(stage, number, total) if progress else None


def part_name(stage: str, number: int) -> str:
    """What the part of a window is called."""
    return f"{stage}-{number:05d}"
