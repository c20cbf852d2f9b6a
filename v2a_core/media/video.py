"""Pictures of a video at the rates that encoders ask for, in one streaming decode."""

import math
from collections.abc import Callable, Iterator, Mapping

import av
import numpy as np
import torch
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from ..errors import InputError
from .container import decode, open_at
from .encode import encode_frames, to_frame, to_pixels
from .extent import Extent, measure
from .resize import centre, cover, filtered
from .source import FrameChunk, FrameRate, VideoInfo, VideoSource
from .timeline import tick_times

__all__ = [
    "FrameChunk",
    "FrameRate",
    "VideoInfo",
    "VideoSource",
    "encode_frames",
    "probe",
    "read_frames",
    "timed_frames",
]

Progress = Callable[[str, int, int], None]
# A held picture (a slide, a screen recording) must not give way to the next one, and its sound, long before it changes.
LOOKAHEAD_S = 0.05
# A frame is on a tick even if its timestamp went through arithmetic.
ON_TICK_S = 1e-6
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
    frames are more than 0.1 s apart, the earlier one stays until 0.05 s before the next. A rate that picks the "next"
    frame gets the first at or after k / rate_hz, the last of the trimmed part where there is none. A rate of r Hz has
    `tick_count(duration, r)` ticks. Rotation is applied, transparency is dropped.
    """
    extent = measure(source)
    columns = [_Column(name, rate, extent.info.duration_s, chunk_frames) for name, rate in rates.items()]
    shrink = _Shrink(source.name, extent.info.rotation)
    total = math.ceil(extent.info.duration_s * 10)
    shown = None
    for time_s, frame in timed_frames(source, extent):
        if progress:
            progress("read frames", min(max(0, int(time_s * 10)), total), total)
        for column in columns:
            yield from column.step(shown, (time_s, frame), shrink)
        shown = (time_s, frame)
        if all(column.done for column in columns):
            break
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
        self.duration_s, self.ticks = duration_s, tick_times(duration_s, rate.rate_hz)
        self.next = 0
        self.pictures, self.times = [], []

    @property
    def done(self) -> bool:
        return self.next == len(self.ticks)

    def step(self, shown: tuple | None, coming: tuple, shrink: "_Shrink") -> Iterator[tuple[str, FrameChunk]]:
        """Give frames to the ticks that a new frame settles; shown is the frame before it."""
        if self.rate.pick == "next" and (shown is None or coming[0] <= self.duration_s + ON_TICK_S):
            yield from self.fill(coming, coming[0] + ON_TICK_S, shrink)
        elif self.rate.pick == "next":
            yield from self.fill(shown, math.inf, shrink)
        elif shown is not None:
            yield from self.fill(shown, coming[0] - min((coming[0] - shown[0]) / 2, LOOKAHEAD_S), shrink)

    def fill(self, shown: tuple, until_s: float, shrink: "_Shrink") -> Iterator[tuple[str, FrameChunk]]:
        """Give every open tick before `until_s` the frame on show."""
        while not self.done and self.ticks[self.next] < until_s:
            self.pictures.append(shrink(shown[1], self.rate))
            self.times.append(shown[0])
            self.next += 1
            if len(self.pictures) == self.chunk_frames or self.done:
                first = self.next - len(self.pictures)
                yield self.name, FrameChunk(torch.from_numpy(np.stack(self.pictures)), np.array(self.times), first)
                self.pictures, self.times = [], []


class _Shrink:
    """Frames to upright RGB of the size asked for, once per frame and size."""

    def __init__(self, name: str, rotation: int):
        self.name, self.rotation = name, rotation
        self.scalers: dict[tuple[int, int], VideoReformatter] = {}
        self.unscaled = VideoReformatter()
        self.frame, self.pictures, self.whole = None, {}, None

    def __call__(self, frame, rate: FrameRate) -> np.ndarray:
        if frame is not self.frame:
            self.frame, self.pictures, self.whole = frame, {}, None
        key = (rate.fit, rate.width, rate.height)
        if key not in self.pictures:
            scale = self.averaged if rate.fit == "stretch" else self.filtered
            try:
                self.pictures[key] = scale(frame, rate)
            except av.FFmpegError as error:
                raise InputError(
                    f"{self.name}: its pictures ({frame.format.name}, {frame.width}x{frame.height}) can't be brought "
                    f"to RGB ({error.strerror}); it may be damaged"
                ) from error
        return self.pictures[key]

    def averaged(self, frame, rate: FrameRate) -> np.ndarray:
        """Area-averaged where it gets smaller; bilinear between shapes that swscale refuses, such as 2x4000."""
        frame, width, height = to_frame(frame), rate.width, rate.height
        scaler = self.scalers.setdefault((width, height), VideoReformatter())
        if self.rotation % 180:
            width, height = height, width
        smaller = width <= frame.width and height <= frame.height
        # Untagged pictures of HD size are BT.709 by custom; swscale would take them for BT.601.
        hd = frame.colorspace == _UNSPECIFIED and frame.height >= 720

        def scaled(width: int, height: int) -> np.ndarray:
            return scaler.reformat(
                frame,
                width,
                height,
                "gbrp",  # swscale rounds better to planes than to packed RGB, and faster
                src_colorspace=Colorspace.ITU709 if hd else None,
                src_color_range=frame.color_range,
                dst_color_range=ColorRange.JPEG,
                interpolation=Interpolation.AREA if smaller else Interpolation.BICUBIC,
            ).to_ndarray()

        try:
            return self.upright(scaled(width, height))
        except av.FFmpegError:
            return self.upright(filtered(scaled(frame.width, frame.height), width, height, mode="bilinear"))

    def filtered(self, frame, rate: FrameRate) -> np.ndarray:
        """Through RGB at full size by swscale's own choices, which encoders that ask for this saw in training."""
        if self.whole is None:
            is_batch = isinstance(frame, torch.Tensor)
            pixels = to_pixels(frame) if is_batch else self.unscaled.reformat(frame, format="rgb24").to_ndarray()
            self.whole = self.upright(pixels)
        size, target = self.whole.shape[1::-1], (rate.width, rate.height)
        if rate.fit != "bicubic_crop":
            return filtered(self.whole, *target, mode=rate.fit)
        larger = cover(size, target)
        return filtered(self.whole, *larger)[centre(larger, target)]

    def upright(self, picture: np.ndarray) -> np.ndarray:
        return np.rot90(picture, -self.rotation // 90)


def timed_frames(source: VideoSource, extent: Extent) -> Iterator[tuple[float, object]]:
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
