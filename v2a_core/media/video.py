"""Pictures of a video at the rates that encoders ask for, in one streaming decode."""

import math
from collections.abc import Callable, Iterator, Mapping

import av
import numpy as np
import torch
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from ..errors import InputError
from .container import decode, open_at
from .encode import encode_frames, to_frame
from .extent import Extent, measure
from .source import FrameChunk, FrameRate, VideoInfo, VideoSource
from .timeline import tick_times

__all__ = ["FrameChunk", "FrameRate", "VideoInfo", "VideoSource", "encode_frames", "probe", "read_frames"]

Progress = Callable[[str, int, int], None]
# A held picture (a slide, a screen recording) must not give way to the next one, and its sound, long before it changes.
LOOKAHEAD_S = 0.05
_UNSPECIFIED = 2


def probe(source: VideoSource) -> VideoInfo:
    """Size, rate and duration of the trimmed part, from timestamps; decodes one frame."""
    return measure(source).info


def read_frames(
    source: VideoSource,
    rates: Mapping[str, FrameRate],
    *,
    chunk_frames: int = 64,
    progress: Progress | None = None,
) -> Iterator[tuple[str, FrameChunk]]:
    """Decode once and give every rate its pictures, in chunks of at most `chunk_frames`, as they come up.

    Tick k of a rate shows the frame whose timestamp is nearest to k / rate_hz, so within half a source frame; where
    frames are more than 0.1 s apart, the earlier one stays until 0.05 s before the next. A rate of r Hz has
    `tick_count(duration, r)` ticks. Rotation is applied, transparency is dropped.
    """
    extent = measure(source)
    columns = [_Column(name, rate, extent.info.duration_s, chunk_frames) for name, rate in rates.items()]
    shrink = _Shrink(extent.info.rotation)
    total = math.ceil(extent.info.duration_s * 10)
    shown = None
    for time_s, frame in _frames(source, extent):
        if progress:
            progress("read frames", min(max(0, int(time_s * 10)), total), total)
        if shown is not None:
            until_s = time_s - min((time_s - shown[0]) / 2, LOOKAHEAD_S)
            for column in columns:
                yield from column.fill(shown, until_s, shrink)
            if all(column.done for column in columns):
                break
        shown = (time_s, frame)
    if shown is None:
        raise InputError(f"{source.name}: no frame between its start and end can be decoded; it may be damaged")
    for column in columns:
        yield from column.fill(shown, math.inf, shrink)
    if progress:
        progress("read frames", total, total)


class _Column:
    """One rate's pictures: the ticks still open and the chunk being filled."""

    def __init__(self, name: str, rate: FrameRate, duration_s: float, chunk_frames: int):
        self.name, self.rate, self.chunk_frames = name, rate, chunk_frames
        self.ticks = tick_times(duration_s, rate.rate_hz)
        self.next = 0
        self.pictures, self.times = [], []

    @property
    def done(self) -> bool:
        return self.next == len(self.ticks)

    def fill(self, shown: tuple, until_s: float, shrink: "_Shrink") -> Iterator[tuple[str, FrameChunk]]:
        """Give every open tick before `until_s` the frame on show."""
        while not self.done and self.ticks[self.next] < until_s:
            self.pictures.append(shrink(shown[1], self.rate.width, self.rate.height))
            self.times.append(shown[0])
            self.next += 1
            if len(self.pictures) == self.chunk_frames or self.done:
                first = self.next - len(self.pictures)
                yield self.name, FrameChunk(torch.from_numpy(np.stack(self.pictures)), np.array(self.times), first)
                self.pictures, self.times = [], []


class _Shrink:
    """Frames to upright RGB of the size asked for, once per frame and size, area-averaged where they get smaller."""

    def __init__(self, rotation: int):
        self.rotation = rotation
        self.scalers: dict[tuple[int, int], VideoReformatter] = {}
        self.frame, self.pictures = None, {}

    def __call__(self, frame, width: int, height: int) -> np.ndarray:
        if frame is not self.frame:
            self.frame, self.pictures = frame, {}
        if (width, height) not in self.pictures:
            self.pictures[width, height] = self.scale(to_frame(frame), width, height)
        return self.pictures[width, height]

    def scale(self, frame: av.VideoFrame, width: int, height: int) -> np.ndarray:
        scaler = self.scalers.setdefault((width, height), VideoReformatter())
        if self.rotation % 180:
            width, height = height, width
        smaller = width <= frame.width and height <= frame.height
        # Untagged pictures of HD size are BT.709 by custom; swscale would take them for BT.601.
        hd = frame.colorspace == _UNSPECIFIED and frame.height >= 720
        scaled = scaler.reformat(
            frame,
            width,
            height,
            "gbrp",  # swscale rounds better to planes than to packed RGB, and faster
            src_colorspace=Colorspace.ITU709 if hd else None,
            src_color_range=frame.color_range,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.AREA if smaller else Interpolation.BICUBIC,
        )
        return np.rot90(scaled.to_ndarray(), -self.rotation // 90)


def _frames(source: VideoSource, extent: Extent) -> Iterator[tuple[float, object]]:
    """Time from the trim start, and frame, from the frame on show at the trim start on, in order of time."""
    if isinstance(source.origin, torch.Tensor):
        for index in range(int(source.start_s * source.fps), len(source.origin)):
            yield float(index / source.fps) - source.start_s, source.origin[index]
        return
    begin_s = extent.begin_s if extent.begin_s > extent.zero_s else None
    last_s, step_s = -math.inf, float(1 / extent.info.fps)
    with open_at(source, begin_s) as (_, stream, packets):
        stream.thread_type = "AUTO"
        for frame in decode(stream, packets):
            time_s = last_s + step_s if frame.time is None else frame.time - extent.begin_s
            if frame.time is None and last_s == -math.inf:
                time_s = 0.0
            last_s = max(last_s, time_s)
            yield last_s, frame
