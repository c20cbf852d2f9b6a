"""Which container holds which codec, and what to say where one does not."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import torch

from ..errors import InputError
from .audio import Audio, AudioStream, resample
from .convert import LAYOUTS


@dataclass(frozen=True)
class Format:
    """A container: FFmpeg's name, the audio codecs it takes (default first), whether an edit list can hide frames."""

    muxer: str
    audio: tuple[str, ...]
    hides_frames: bool = False
    video: frozenset[str] | None = None


FORMATS = {
    ".mp4": Format("mp4", ("aac", "flac", "opus"), hides_frames=True),
    ".m4v": Format("mp4", ("aac", "flac", "opus"), hides_frames=True),
    ".mov": Format("mov", ("aac",), hides_frames=True),
    ".mkv": Format("matroska", ("aac", "flac", "opus")),
    ".webm": Format("webm", ("opus",), video=frozenset({"vp8", "vp9", "av1"})),
}
# Codec -> PyAV's encoder and the sample format it gets.
ENCODERS = {"aac": ("aac", "fltp"), "flac": ("flac", "s16"), "opus": ("libopus", "flt")}
BIT_RATE_PER_CHANNEL = 96_000
_BLOCK = 4096
# What FFmpeg says that it could write, and can't.
_UNWRITTEN = {"mov": frozenset({"vp8"})}


def find_format(path: Path) -> Format:
    """The container that a file name asks for."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: cannot write '{path.suffix}' files; choose one of {', '.join(FORMATS)}")
    return FORMATS[path.suffix.lower()]


def choose_codec(path: Path, codec: str | None) -> str:
    """The audio codec to use in `path`: what was asked for, or an error naming the choices if it cannot be had."""
    form = find_format(path)
    if codec is None:
        return form.audio[0]
    if codec not in ENCODERS:
        raise InputError(f"audio codec '{codec}' is not known; choose one of {', '.join(ENCODERS)}")
    if codec not in form.audio:
        others = [suffix for suffix, other in FORMATS.items() if codec in other.audio]
        raise InputError(
            f"{path}: a {path.suffix} file cannot hold {codec} sound; choose {' or '.join(form.audio)} for it, "
            f"or write {' or '.join(others)}"
        )
    return codec


def check_picture(path: Path, codec: str) -> None:
    """Refuse a container that cannot hold the picture as it is: it is never re-encoded."""
    if not shows(find_format(path), codec):
        others = [suffix for suffix, form in FORMATS.items() if shows(form, codec)]
        raise InputError(
            f"{path}: a {path.suffix} file cannot hold {codec} video, which is copied as it is; "
            + (f"write {' or '.join(others)}" if others else "convert the video to H.264 first")
        )


def shows(form: Format, codec: str) -> bool:
    """Whether a container takes a picture of this codec."""
    return codec in (form.video or held_codecs(form.muxer))


@cache
def held_codecs(muxer: str) -> frozenset[str]:
    """The codecs whose packets a container takes, all by FFmpeg's names."""
    # What PyAV lists are coders, some of which are not called as their codec is: dvdsub codes dvd_subtitle.
    with av.open(io.BytesIO(), "w", format=muxer) as empty:
        held = frozenset(_codec_of(coder) for coder in empty.supported_codecs)
    return held - _UNWRITTEN.get(muxer, frozenset())


def _codec_of(coder: str) -> str:
    try:
        return av.Codec(coder, "r").canonical_name
    except av.codec.codec.UnknownCodecError:
        return av.Codec(coder, "w").canonical_name


def add_sound(
    out: av.container.OutputContainer, codec: str, audio: Audio | AudioStream
) -> tuple[av.AudioStream, Audio | AudioStream]:
    """A new audio stream, and the sound at a rate its encoder takes; a stream is brought to it while it is encoded."""
    encoder, sample_format = ENCODERS[codec]
    streams = isinstance(audio, AudioStream)
    channels = audio.channels if streams else audio.samples.shape[0]
    if channels not in LAYOUTS:
        raise InputError(f"the sound has {channels} channels; give 1, 2, 6 or 8")
    if not streams and not torch.isfinite(audio.samples).all():
        raise InputError("the sound has NaN or infinite samples; generate it again")
    rates = av.Codec(encoder, "w").audio_rates
    rate_hz = 48000 if rates and audio.rate_hz not in rates else audio.rate_hz
    if not streams and rate_hz != audio.rate_hz:
        audio = resample(audio, rate_hz)
    stream = out.add_stream(encoder, rate=rate_hz)
    stream.layout, stream.format = LAYOUTS[channels], sample_format
    if codec != "flac":
        stream.bit_rate = BIT_RATE_PER_CHANNEL * channels
    return stream, audio


def sound_packets(stream: av.AudioStream, audio: Audio | AudioStream) -> Iterator[av.Packet]:
    """The encoded sound, its first sample at time 0."""
    begin = 0
    for samples in audio.blocks() if isinstance(audio, AudioStream) else [audio.samples]:
        for start in range(0, samples.shape[-1], _BLOCK):
            # Packed, as PyAV can't fill a frame of eight planes.
            block = samples[:, start : start + _BLOCK].clamp(-1, 1).T.reshape(1, -1).numpy()
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout=stream.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = audio.rate_hz, begin + start, Fraction(1, audio.rate_hz)
            yield from stream.encode(frame)
        begin += samples.shape[-1]
    yield from stream.encode(None)
