"""Sounds too long to be decoded or encoded at once: piece by piece, each with some of what is around it."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

from .errors import InputError
from .media.audio import Audio, AudioStream
from .media.loudness import limit
from .media.timeline import sample_count
from .models.base import FamilySpec
from .room import Room

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
    room: Room | None = None,
) -> AudioStream:
    """The sound of a latent, decoded piece by piece as it is read, exactly as long as duration_s.

    between(first, end) is the latent [1, C, end - first] there, decode takes it to samples [channels, N]. Pieces that
    the device has no room for are divided.
    """
    pieces, room = short_pieces(spec, pieces), room or new_room(spec, "decode")
    rate_hz, total = spec.sample_rate_hz, sample_count(duration_s, spec.sample_rate_hz)
    hop, fade = rate_hz / spec.latent_rate_hz, round(FADE_S * rate_hz)

    def blocks() -> Iterator[Tensor]:
        tail = None  # what the piece before has for the beginning of this one
        for number, piece in enumerate(pieces):
            first, end = with_context(spec, pieces, number)
            samples = decoded_at_once(spec, between(first, end), decode, room)
            samples = presentable(samples, rate_hz)
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


def decoded_at_once(
    spec: FamilySpec, latent: Tensor, decode: Callable[[Tensor], Tensor], room: Room | None = None
) -> Tensor:
    """What `decode` makes of a latent [1, C, T], in halves where the device has no room for all of it."""
    frames, room = latent.shape[-1], room or new_room(spec, "decode")

    def halves() -> Tensor:
        duration_s = frames / spec.latent_rate_hz
        return (
            decoded(spec, duration_s, _halves(frames), lambda first, end: latent[..., first:end], decode, room)
            .gathered()
            .samples
        )

    return room.do(frames, lambda: decode(latent), halves)


def encoded(
    spec: FamilySpec,
    samples: Tensor,
    pieces: Sequence[Piece],
    encode: Callable[[Tensor], Tensor],
    room: Room | None = None,
    reached: Callable[[int], None] = lambda frame: None,
) -> Tensor:
    """The latent [1, C, T] of samples [1, N], made piece by piece of what is as long in samples.

    Pieces that the device has no room for are divided. reached is told where each piece starts, and may raise.
    """
    hop, made, room = spec.sample_rate_hz / spec.latent_rate_hz, [], room or new_room(spec, "encode")
    for number, (start, stop) in enumerate(pieces):
        reached(start)
        first, end = with_context(spec, pieces, number)
        heard = samples[:, round(first * hop) : round(end * hop)]

        def halves(heard: Tensor = heard, frames: int = end - first) -> Tensor:
            return encoded(spec, heard, _halves(frames), encode, room)

        latent = room.do(end - first, lambda heard=heard: encode(heard[None]), halves)
        made.append(latent[..., start - first : stop - first])
    return torch.cat(made, -1)


def new_room(spec: FamilySpec, what: str) -> Room:
    """Room for pieces; half of a piece and its context are shorter than the piece down to the least."""
    return Room(f"{what} {{}} latent frames", math.ceil(4 * CONTEXT_S * spec.latent_rate_hz))


def _halves(frames: int) -> list[Piece]:
    return [(0, frames // 2), (frames // 2, frames)]


def presentable(samples: Tensor, rate_hz: int) -> Tensor:
    """What a model made [C, N] with its peaks turned down where files would cut them off.

    Raises InputError where it is not finite.
    """
    if not samples.isfinite().all():
        raise InputError("The model's output is not finite: lower cfg and video cfg, or load the model in float32.")
    return limit(Audio(samples, rate_hz)).samples
