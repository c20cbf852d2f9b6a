"""What is done to a sound that can be held, done to sounds that are too long for that: piece by piece.

A piece is combined with so much of what is around it that nothing of what reaches past a border, such as a resampling
filter, the release of ducking or a limiter's fade, comes out otherwise than it would at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch.nn.functional import pad

from ..errors import InputError
from .audio import BLOCK, Audio, AudioStream, match_channels, resample, silence
from .timeline import sample_count

Progress = Callable[[str, int, int], None]
# Whole seconds: at any rate a piece then begins at a sample.
PIECE_S, AROUND_S = 10, 1
FADE_S = 0.02  # pieces cross over at a border: where they are the same there, nothing changes


def combined(
    sounds: Sequence[AudioStream], combine: Callable[[float, Sequence[Audio]], Audio], duration_s: float
) -> AudioStream:
    """What becomes of sounds that all begin together and last duration_s, as it is read.

    combine(start_s, pieces) makes one sound of pieces that all begin at start_s; its rate and channels are always the
    same. Raises InputError while it is read where a sample is not finite.
    """
    silent = [Audio(torch.zeros(sound.channels, sound.rate_hz), sound.rate_hz) for sound in sounds]
    like = combine(0.0, silent)
    rate_hz, total, count = like.rate_hz, sample_count(duration_s, like.rate_hz), max(1, round(duration_s / PIECE_S))
    fade = round(FADE_S * rate_hz)

    def blocks() -> Iterator[torch.Tensor]:
        tail = None  # what the piece before has for the beginning of this one
        for number, pieces in enumerate(zip(*(_pieces(sound, count) for sound in sounds), strict=True)):
            start_s = max(0, number * PIECE_S - AROUND_S)
            made = combine(float(start_s), pieces).samples
            if not made.isfinite().all():
                raise InputError("The sound holds samples that are not finite: check what made it.")
            begin = (number * PIECE_S - start_s) * rate_hz
            stop = total - start_s * rate_hz if number == count - 1 else begin + PIECE_S * rate_hz
            made = pad(made, (0, max(0, stop - made.shape[-1])))
            block = made[:, begin:stop].clone()
            if tail is not None:
                over = min(tail.shape[-1], block.shape[-1])
                block[:, :over] = torch.lerp(tail[:, :over], block[:, :over], torch.linspace(0, 1, over))
            tail = made[:, stop : stop + fade]
            yield block

    return AudioStream(blocks, rate_hz, len(like.samples), total)


def summed(
    original: Audio | AudioStream, added: Audio | AudioStream, duration_s: float, progress: Progress | None = None
) -> AudioStream:
    """The sum of two sounds over duration_s at the higher rate and the larger number of channels, as it is read.

    It is turned down as a whole if it would clip, so it is made once here to find its peak. The narrower one is heard
    in front (match_channels).
    """

    def together(_: float, sounds: Sequence[Audio]) -> Audio:
        rate_hz, channels = max(sound.rate_hz for sound in sounds), max(len(sound.samples) for sound in sounds)
        one, other = (match_channels(resample(sound, rate_hz).samples, channels) for sound in sounds)
        count = min(one.shape[-1], other.shape[-1])
        return Audio(one[:, :count] + other[:, :count], rate_hz)

    whole = combined([placed(sound, 0.0, duration_s) for sound in (original, added)], together, duration_s)
    peak, done = 1.0, 0
    for block in whole.blocks():
        peak, done = max(peak, block.abs().max().item()), done + block.shape[-1]
        if progress:
            progress("mix", done, whole.length)
    return replace(whole, blocks=lambda: (block / peak for block in whole.blocks()))


def placed(sound: Audio | AudioStream, start_s: float, duration_s: float) -> AudioStream:
    """A sound that begins at start_s of duration_s, with silence before and after it; what is over is cut off."""
    is_stream, rate_hz = isinstance(sound, AudioStream), sound.rate_hz
    channels = sound.channels if is_stream else len(sound.samples)
    before, total = round(start_s * rate_hz), sample_count(duration_s, rate_hz)

    def blocks() -> Iterator[torch.Tensor]:
        yield from silence(channels, before)
        filled = before
        for block in sound.blocks() if is_stream else sound.samples.split(BLOCK, -1):
            block = block[:, : total - filled]
            filled += block.shape[-1]
            yield block
        yield from silence(channels, total - filled)

    return AudioStream(blocks, rate_hz, channels, total)


def _pieces(sound: AudioStream, count: int) -> Iterator[Audio]:
    """Pieces of PIECE_S, the last of what is left, each with AROUND_S before and after it."""
    rate_hz, blocks = sound.rate_hz, sound.blocks()
    held, begin = torch.zeros(sound.channels, 0), 0  # what was read from sample `begin` on
    for number in range(count):
        first = max(0, number * PIECE_S - AROUND_S) * rate_hz
        end = sound.length if number == count - 1 else min(sound.length, ((number + 1) * PIECE_S + AROUND_S) * rate_hz)
        parts, filled = [held[:, first - begin :]], begin + held.shape[-1]
        while filled < end:
            parts.append(next(blocks))
            filled += parts[-1].shape[-1]
        held, begin = torch.cat(parts, -1), first
        yield Audio(held[:, : end - first], rate_hz)
