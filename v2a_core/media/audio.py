"""Sound in: any stream to float32, resampled, cut to length."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import gcd

import av
import numpy as np
import torch
import torchaudio
from av.audio.plane import AudioPlane

from ..errors import InputError
from .container import audio_stream, decode, open_at
from .convert import LAYOUTS, downmix, resampled
from .extent import measure
from .source import VideoSource
from .timeline import sample_count

# Codecs that overlap their frames need a run-up before the first sample that counts (80 ms in Opus).
RUN_UP_S = 0.25
# Timestamps may be this far off before a gap is taken for silence; most containers round them.
JITTER_S = 0.03
# What is resampled or mixed.
MIN_RATE_HZ, MAX_RATE_HZ = 4000, 768_000
MAX_FILTER = 2_000_000  # numbers that torchaudio's filter may have, which grow as rates share smaller divisors
BLOCK = 1 << 16  # samples of silence at a time
_TYPES = {"u8p": "u1", "s16p": "i2", "s32p": "i4", "fltp": "f4", "dblp": "f8"}


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound: samples float32 [C, N], about -1..1; sample 0 is heard at the start of the (trimmed) video."""

    samples: torch.Tensor
    rate_hz: int

    @property
    def duration_s(self) -> float:
        return self.samples.shape[-1] / self.rate_hz


@dataclass(frozen=True, eq=False)
class AudioStream:
    """Sound too long to hold: blocks() gives float32 [channels, n] one after the other, `length` samples in all."""

    blocks: Callable[[], Iterator[torch.Tensor]]
    rate_hz: int
    channels: int
    length: int

    @property
    def duration_s(self) -> float:
        return self.length / self.rate_hz

    def gathered(self) -> Audio:
        """All of it in memory."""
        return Audio(torch.cat(list(self.blocks()), -1), self.rate_hz)


def read_audio(source: VideoSource) -> Audio | None:
    """The sound of the trimmed part, None where there is none; what starts late gets silence before it.

    It is stereo where no file could be written with as many channels. Raises InputError where a picture is shown at
    another rate than its file's: its sound would no longer fit it.
    """
    heard = list(_heard(source))
    return Audio(torch.cat([part.samples for part in heard], -1), heard[0].rate_hz) if heard else None


def stream_audio(source: VideoSource) -> AudioStream | None:
    """The same, read as it is asked for and exactly as long as the picture: silence follows a sound that ends early."""
    first = next(_heard(source), None)
    if first is None:
        return None
    channels, length = len(first.samples), sample_count(measure(source).info.duration_s, first.rate_hz)

    def blocks() -> Iterator[torch.Tensor]:
        filled = 0
        for part in _heard(source):
            filled += part.samples.shape[-1]
            yield part.samples
        yield from silence(channels, length - filled)

    return AudioStream(blocks, first.rate_hz, channels, length)


def silence(channels: int, length: int) -> Iterator[torch.Tensor]:
    """So many samples of it, in blocks."""
    for start in range(0, length, BLOCK):
        yield torch.zeros(channels, min(BLOCK, length - start))


def _heard(source: VideoSource) -> Iterator[Audio]:
    """The sound of the trimmed part as it is decoded, one piece after the other; nothing where there is none."""
    if isinstance(source.origin, torch.Tensor):
        return
    extent = measure(source)
    if not extent.info.has_audio:
        return
    if extent.slow != 1:
        raise InputError(
            f"{source.name}: its own sound goes with {float(extent.info.fps * extent.slow):g} fps and can't be kept at "
            f"{float(extent.info.fps):g} fps; make a new one in its place, or leave out the fps"
        )
    filled, rate_hz, channels, stereo = 0, 0, 0, None
    from_s = extent.begin_s - RUN_UP_S
    with open_at(source, from_s if from_s > extent.zero_s else None, audio_stream) as (_, stream, packets):
        for frame in decode(stream, packets):
            if not rate_hz:
                rate_hz, channels = frame.sample_rate, frame.layout.nb_channels
                length = sample_count(extent.info.duration_s, rate_hz)
                stereo = None if channels in LAYOUTS else downmix(frame.layout)
            if frame.sample_rate != rate_hz:
                raise InputError(f"{source.name}: its sound changes from {rate_hz} to {frame.sample_rate} Hz midway")
            samples = match_channels(torch.from_numpy(_planar(frame)), channels)
            samples = samples if stereo is None else stereo @ samples
            start = filled if frame.pts is None else round((frame.time - extent.begin_s) * rate_hz)
            if filled and abs(start - filled) <= JITTER_S * rate_hz:
                start = filled
            for gap in silence(len(samples), min(start, length) - filled):
                filled += gap.shape[1]
                yield Audio(gap, rate_hz)
            kept = samples[:, filled - start : max(0, length - start)]
            filled += kept.shape[1]
            if kept.shape[1]:
                yield Audio(kept, rate_hz)
            if filled >= length:
                break


def resample(audio: Audio, rate_hz: int) -> Audio:
    """The same sound at another sample rate, band-limited; raises InputError for a rate out of bounds."""
    if audio.rate_hz == rate_hz:
        return audio
    if not MIN_RATE_HZ <= audio.rate_hz <= MAX_RATE_HZ:
        raise InputError(
            f"The sample rate is {audio.rate_hz} Hz: {MIN_RATE_HZ:,} to {MAX_RATE_HZ:,} Hz can be resampled."
        )
    if audio.rate_hz * rate_hz // gcd(audio.rate_hz, rate_hz) ** 2 > MAX_FILTER:
        return Audio(resampled(audio.samples, audio.rate_hz, rate_hz), rate_hz)
    return Audio(torchaudio.functional.resample(audio.samples, audio.rate_hz, rate_hz), rate_hz)


def fit_length(audio: Audio, duration_s: float, fade_s: float = 0.005) -> Audio:
    """Exactly `sample_count(duration_s, rate)` samples: cut, or padded with silence; the end that results fades out."""
    count, length = sample_count(duration_s, audio.rate_hz), audio.samples.shape[-1]
    if length == count:
        return audio
    kept = audio.samples[:, :count].clone()
    fade = min(round(fade_s * audio.rate_hz), kept.shape[-1])
    if fade:
        kept[:, -fade:] *= torch.linspace(1, 0, fade)
    return Audio(torch.nn.functional.pad(kept, (0, count - kept.shape[-1])), audio.rate_hz)


def match_channels(samples: torch.Tensor, channels: int) -> torch.Tensor:
    """[C, N] to `channels` channels: mono goes to the front left and right, and what is wider through mono.

    What has fewer stays in the first channels: 5.1 and 7.1 begin with the front left and right.
    """
    if samples.shape[0] == channels:
        return samples
    if samples.shape[0] > channels:
        samples = samples.mean(dim=0, keepdim=True)
    front = samples.expand(min(channels, 2), -1) if samples.shape[0] == 1 else samples
    return torch.nn.functional.pad(front, (0, 0, 0, channels - front.shape[0]))


def _planar(frame: av.AudioFrame) -> np.ndarray:
    """float32 [C, N] from any sample format; done here because filters refuse layouts without a name."""
    channels = frame.layout.nb_channels
    if frame.format.is_planar:
        # PyAV's own list of planes has no end where there are eight or more.
        planes, kind = (AudioPlane(frame, index) for index in range(channels)), _TYPES[frame.format.name]
        samples = np.stack([np.frombuffer(plane, kind, frame.samples) for plane in planes])
    else:
        samples = frame.to_ndarray().reshape(-1, channels).T
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if samples.dtype.kind == "i":
        return (samples / -float(np.iinfo(samples.dtype).min)).astype(np.float32)
    return samples.astype(np.float32)
