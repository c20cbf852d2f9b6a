"""The sound of a file in windows: a long one is never in memory as a whole."""

import math
from collections.abc import Iterator
from pathlib import Path

import av
import torch

from ..errors import InputError
from ..media.audio import MAX_RATE_HZ, MIN_RATE_HZ, Audio, read_audio
from ..media.container import audio_stream, decode, open_at
from ..media.video import VideoSource, probe
from .folder import VIDEO

WINDOW_S = 60.0
LEAST_S = 1.0  # what is left at the end and shorter goes with the window before it
MAX_CHANNELS, MAX_DURATION_S = 64, 24 * 3600


def sound_windows(path: Path, window_s: float = WINDOW_S) -> Iterator[tuple[float, Audio]]:
    """Start in seconds and sound of each window of a video's soundtrack or of a sound file, in order.

    A video's begin with its picture. Raises InputError for a file without sound, one that can't be decoded, and samples
    that are not finite.
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
    total_s = probe(VideoSource.from_path(path)).duration_s
    count = max(1, math.ceil((total_s - LEAST_S) / window_s))
    for number in range(count):
        start_s = number * window_s
        length_s = window_s if number + 1 < count else total_s - start_s
        audio = read_audio(VideoSource.from_path(path, start_s, length_s))
        if audio is None:  # it ends before the picture, or never began
            return
        yield start_s, audio


def _of_sound(path: Path, window_s: float) -> Iterator[tuple[float, Audio]]:
    parts, held, start, rate_hz, channels, resampler = [], 0, 0, 0, 0, None
    source = VideoSource.from_path(path)
    with open_at(source, None, _stream) as (_, stream, packets):
        for frame in decode(stream, packets):
            if not rate_hz:
                rate_hz, channels = frame.sample_rate, frame.layout.nb_channels
                if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ or not 1 <= channels <= MAX_CHANNELS:
                    raise InputError(
                        f"{path}: {channels} channels at {rate_hz} Hz are not judged; convert it to stereo"
                    )
                resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=rate_hz)
            if (frame.sample_rate, frame.layout.nb_channels) != (rate_hz, channels):
                raise InputError(f"{path}: its sound changes its rate or channels midway; convert it first")
            frame.pts = None
            parts += [torch.from_numpy(out.to_ndarray()) for out in _converted(resampler, frame, path)]
            held = sum(part.shape[1] for part in parts)
            if (start + held) / rate_hz > MAX_DURATION_S:
                raise InputError(f"{path}: lasts more than {MAX_DURATION_S // 3600} hours; cut it first")
            while held >= (window_s + LEAST_S) * rate_hz:
                whole = torch.cat(parts, 1)
                size = round(window_s * rate_hz)
                yield start / rate_hz, Audio(whole[:, :size], rate_hz)
                parts, start, held = [whole[:, size:]], start + size, held - size
    if held:
        yield start / rate_hz, Audio(torch.cat(parts, 1), rate_hz)


def _stream(container: av.container.InputContainer, name: str) -> av.AudioStream:
    stream = audio_stream(container, name)
    if stream is None:
        raise InputError(f"{name}: has no sound; give a sound file, or a video with a soundtrack")
    return stream


def _converted(resampler: av.AudioResampler, frame: av.AudioFrame, path: Path) -> list[av.AudioFrame]:
    try:
        return resampler.resample(frame)
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"{path}: its sound can't be read ({error}); convert it to .wav") from error
