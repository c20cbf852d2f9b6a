"""Several sounds into one."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..errors import InputError
from .audio import MAX_RATE_HZ, MIN_RATE_HZ, Audio, match_channels, resample
from .ducking import Ducking, duck_gain
from .loudness import CEILING_DBTP, Progress, limit, normalise
from .pan import Track, pan

MAX_GAIN_DB = 60.0


@dataclass(frozen=True, eq=False)
class Stem:
    """One sound of a mix: its gain in dB, and its place from -1 (left) to 1 (right) or the path it moves along."""

    audio: Audio
    gain_db: float = 0.0
    pan: float | Track = 0.0

    def __post_init__(self):
        if not -MAX_GAIN_DB <= self.gain_db <= MAX_GAIN_DB:
            raise InputError(
                f"The gain is {self.gain_db!r} dB: give a number from -{MAX_GAIN_DB:g} to {MAX_GAIN_DB:g}."
            )
        if not MIN_RATE_HZ <= self.audio.rate_hz <= MAX_RATE_HZ:
            raise InputError(
                f"A stem's sample rate is {self.audio.rate_hz} Hz: mixing takes {MIN_RATE_HZ:,} to {MAX_RATE_HZ:,} Hz."
            )


def mix_stems(
    stems: Sequence[Stem],
    *,
    speech: int | None = None,
    ducking: Ducking | None = None,
    target_lufs: float | None = None,
    ceiling_dbtp: float = CEILING_DBTP,
    progress: Progress | None = None,
) -> Audio:
    """The sum of stems that begin together, as long as the longest, its true peak at or below a ceiling.

    The rate is the highest of theirs. It is mono where all are and none is panned, else stereo, or what the widest has.
    Of more channels the front left and right have what is mono or stereo.
    speech is the number, from 0, of the stem that all others make room for. target_lufs brings the mix to a loudness.
    """
    if not stems:
        raise InputError("There is nothing to mix: give at least one stem.")
    rate_hz = max(stem.audio.rate_hz for stem in stems)
    count = max(-(-stem.audio.samples.shape[-1] * rate_hz // stem.audio.rate_hz) for stem in stems)
    is_panned = any(isinstance(stem.pan, Track) or stem.pan for stem in stems)
    channels = max(1 + is_panned, *(stem.audio.samples.shape[0] for stem in stems))
    tracks = [resample(stem.audio, rate_hz) for stem in stems]
    room = None if speech is None else duck_gain(_louder(tracks[speech], stems[speech].gain_db), ducking or Ducking())
    total = torch.zeros(channels, count)
    for number, (stem, track) in enumerate(zip(stems, tracks, strict=True)):
        if progress:
            progress("mix", number, len(stems))
        placed = _placed(_louder(track, stem.gain_db), stem.pan, channels).samples[:, :count]
        if room is not None and number != speech:
            shared = min(len(room), placed.shape[-1])
            placed = torch.cat([placed[:, :shared] * room[:shared], placed[:, shared:]], 1)
        total[:, : placed.shape[-1]] += placed
    mixed = Audio(total, rate_hz)
    if target_lufs is None:
        return limit(mixed, ceiling_dbtp, progress)
    return normalise(mixed, target_lufs, ceiling_dbtp, progress)


def _louder(audio: Audio, gain_db: float) -> Audio:
    return Audio(audio.samples * 10 ** (gain_db / 20), audio.rate_hz)


def _placed(audio: Audio, where: float | Track, channels: int) -> Audio:
    """At its place among `channels`, of which the front left and right come first."""
    is_moved = isinstance(where, Track) or where
    # Mono keeps its power among two channels or more; pan itself refuses to move what is wider.
    if is_moved or (channels > 1 and audio.samples.shape[0] == 1):
        audio = pan(audio, where)
    return Audio(match_channels(audio.samples, channels), audio.rate_hz)
