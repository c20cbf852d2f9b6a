"""Sounds too long to be decoded or encoded at once: piece by piece, each with some of what is around it."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

from .errors import InputError
from .media.audio import AudioStream
from .media.timeline import sample_count
from .models.base import FamilySpec

# A piece's neighbourhood on either side that is decoded or encoded with it; sounds cross over at a border.
CONTEXT_S, FADE_S = 1.0, 0.02
# Longer ones are taken in parts: decoding is where a film's memory is highest.
LONGEST_S = 10.0

Piece = tuple[int, int]  # from one latent frame to another


def even_pieces(spec: FamilySpec, frames: int) -> list[Piece]:
    """So many latent frames in pieces as long as a film's windows."""
    length = spec.latent_length(spec.window_length_s)
    return [(start, min(start + length, frames)) for start in range(0, frames, length)]


def short_pieces(spec: FamilySpec, pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces, those longer than LONGEST_S in equal parts."""
    longest, short = LONGEST_S * spec.latent_rate_hz, []
    for start, stop in pieces:
        count = math.ceil((stop - start) / longest)
        borders = [start + round((stop - start) * part / count) for part in range(count + 1)]
        short += pairwise(borders)
    return short


def with_context(spec: FamilySpec, pieces: Sequence[Piece], number: int) -> Piece:
    """A piece and the context around it, which reaches no further than its neighbours do."""
    context = math.ceil(CONTEXT_S * spec.latent_rate_hz)
    before, after = pieces[max(0, number - 1)], pieces[min(number + 1, len(pieces) - 1)]
    start, stop = pieces[number]
    return max(before[0], start - context), min(after[1], stop + context)


def decoded(
    spec: FamilySpec,
    duration_s: float,
    pieces: Sequence[Piece],
    between: Callable[[int, int], Tensor],
    decode: Callable[[Tensor], Tensor],
) -> AudioStream:
    """The sound of a latent, decoded piece by piece as it is read, exactly as long as duration_s.

    between(first, end) is the latent [1, C, end - first] there, decode takes it to samples [channels, N].
    """
    pieces = short_pieces(spec, pieces)
    rate_hz, total = spec.sample_rate_hz, sample_count(duration_s, spec.sample_rate_hz)
    hop, fade = rate_hz / spec.latent_rate_hz, round(FADE_S * rate_hz)

    def blocks() -> Iterator[Tensor]:
        tail = None  # what the piece before has for the beginning of this one
        for number, piece in enumerate(pieces):
            first, end = with_context(spec, pieces, number)
            samples = decode(between(first, end))
            check_output(samples)
            begin, stop = (round((frame - first) * hop) for frame in piece)
            if number == len(pieces) - 1:
                stop = total - round(first * hop)
                samples = pad(samples, (0, max(0, stop - samples.shape[-1])))
            made = samples[:, begin:stop].clone()
            if tail is not None:
                over = min(tail.shape[-1], made.shape[-1])
                rise = torch.linspace(0, 1, over)
                made[:, :over] = rise * made[:, :over] + (1 - rise) * tail[:, :over]
            tail = samples[:, stop : stop + fade]
            yield made

    return AudioStream(blocks, rate_hz, 1, total)


def encoded(spec: FamilySpec, samples: Tensor, frames: int, encode: Callable[[Tensor], Tensor]) -> Tensor:
    """The latent [1, C, frames] of samples [1, N] that are as long, made piece by piece."""
    hop, pieces, made = spec.sample_rate_hz / spec.latent_rate_hz, even_pieces(spec, frames), []
    for number, (start, stop) in enumerate(pieces):
        first, end = with_context(spec, pieces, number)
        latent = encode(samples[None, :, round(first * hop) : round(end * hop)])
        made.append(latent[..., start - first : stop - first])
    return torch.cat(made, -1)


def check_output(samples: Tensor) -> None:
    """Raise InputError for sound that is not finite."""
    if not samples.isfinite().all():
        raise InputError("The model's output is not finite: lower cfg and video cfg, or load the model in float32.")
