"""The sound of a file in windows: a long one is never in memory as a whole."""

import math
from collections.abc import Iterator
from pathlib import Path

import av
import torch

from ..errors import InputError
from ..media.audio import MIN_RATE_HZ, Audio, read_audio
from ..media.container import audio_stream, decode, open_at
from ..media.video import VideoSource, probe
from .folder import VIDEO

WINDOW_S = 60.0
LEAST_S = 1.0  # what is left at the end and shorter goes with the window before it
MAX_CHANNELS, MAX_RATE_HZ, MAX_DURATION_S = 8, 192_000, 24 * 3600


def sound_windows(path: Path, window_s: float = WINDOW_S) -> Iterator[tuple[float, Audio]]:
    """Start in seconds and sound of each window of a video's soundtrack or of a sound file, in order.

    A video's begin with its picture. Raises InputError for a file without sound, one that can't be decoded, one of too
    many channels, another rate or more hours than are judged, and samples that are not finite.
    """
    windows = _of_video if path.suffix.lower() in VIDEO else _of_sound
    start_s = None
    for start_s, audio in windows(path, window_s):
        if not audio.samples.isfinite().all():
            raise InputError(f"{path}: its sound holds samples that are not finite; write it again")
        yield start_s, audio
    if start_s is None:
        raise InputError(f"{path}: has no sound that can be decoded; put one beside it, or write the file again")


def _of_video(path: Path, window_s: float) -> Iterator[tuple[float, Audio]]:
    source = VideoSource.from_path(path)
    with open_at(source, None, _stream) as (_, stream, packets):
        for frame in decode(stream, packets):
            _checked(frame, path)
            break
    total_s = probe(source).duration_s
    if total_s > MAX_DURATION_S:
        raise _too_long(path)
    count = max(1, math.ceil((total_s - LEAST_S) / window_s))
    for number in range(count):
        start_s = number * window_s
        length_s = window_s if number + 1 < count else total_s - start_s
        audio = read_audio(VideoSource.from_path(path, start_s, length_s))
        if audio is None:  # it ends before the picture, or never began
            return
        yield start_s, audio


def _of_sound(path: Path, window_s: float) -> Iterator[tuple[float, Audio]]:
    start, filled, rate_hz, channels = 0, 0, 0, 0
    with open_at(VideoSource.from_path(path), None, _stream) as (_, stream, packets):
        for frame in decode(stream, packets):
            if not rate_hz:
                rate_hz, channels = _checked(frame, path)
                resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=rate_hz)
                size = round(window_s * rate_hz)
                # One buffer for all windows: a list of frames would leave the heap full of holes.
                buffer = torch.empty(channels, size + round(LEAST_S * rate_hz))
            if (frame.sample_rate, frame.layout.nb_channels) != (rate_hz, channels):
                raise InputError(f"{path}: its sound changes its rate or channels midway; convert it first")
            frame.pts = None
            for samples in _converted(resampler, frame, path):
                for part in samples.split(size, 1):
                    room = buffer.shape[1] - filled
                    buffer[:, filled : filled + part.shape[1]] = part[:, :room]
                    filled = min(filled + part.shape[1], buffer.shape[1])
                    if filled < buffer.shape[1]:
                        continue
                    yield start / rate_hz, Audio(buffer[:, :size].clone(), rate_hz)
                    rest = torch.cat((buffer[:, size:], part[:, room:]), 1)
                    start, filled = start + size, rest.shape[1]
                    buffer[:, :filled] = rest
                    if (start + filled) / rate_hz > MAX_DURATION_S:
                        raise _too_long(path)
    if filled:
        yield start / rate_hz, Audio(buffer[:, :filled].clone(), rate_hz)


def _checked(frame: av.AudioFrame, path: Path) -> tuple[int, int]:
    """Rate and channels of a sound, which bound what a window takes."""
    rate_hz, channels = frame.sample_rate, frame.layout.nb_channels
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ or not 1 <= channels <= MAX_CHANNELS:
        raise InputError(
            f"{path}: {channels} channels at {rate_hz:,} Hz are not judged; convert it to {MAX_CHANNELS} channels or "
            f"fewer at {MIN_RATE_HZ:,} to {MAX_RATE_HZ:,} Hz"
        )
    return rate_hz, channels


def _too_long(path: Path) -> InputError:
    return InputError(f"{path}: lasts more than {MAX_DURATION_S // 3600} hours; cut it first")


def _stream(container: av.container.InputContainer, name: str) -> av.AudioStream:
    stream = audio_stream(container, name)
    if stream is None:
        raise InputError(f"{name}: has no sound; give a sound file, or a video with a soundtrack")
    return stream


def _converted(resampler: av.AudioResampler, frame: av.AudioFrame, path: Path) -> Iterator[torch.Tensor]:
    """What a frame holds as float32 [C, n]."""
    try:
        for converted in resampler.resample(frame):
            # Packed, as PyAV can't read a frame of eight planes.
            yield torch.from_numpy(converted.to_ndarray()).view(-1, converted.layout.nb_channels).T
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"{path}: its sound can't be read ({error}); convert it to .wav") from error
