"""How long the meant part of a video is and where it lies, from timestamps rather than from what the header says."""

from dataclasses import dataclass
from fractions import Fraction
from weakref import WeakKeyDictionary

import av
import torch

from ..errors import InputError
from .container import decode, open_at, packet_pts, slowing, stored_rate
from .source import VideoInfo, VideoSource

MAX_DURATION_S = 24 * 3600
# A trim may ask for this much more than there is: durations are often given rounded.
SLACK_S = 0.1


@dataclass(frozen=True)
class Extent:
    """The trimmed part of a source on its own clock: it begins at `begin_s`, the first frame of all is at `zero_s`.

    slow: what a second of the file's timestamps lasts on that clock (see container.slowing).
    """

    info: VideoInfo
    zero_s: float
    begin_s: float
    slow: Fraction = Fraction(1)

    @property
    def end_s(self) -> float:
        return self.begin_s + self.info.duration_s


# Where a file has no index all of it is read for its end.
_measured: WeakKeyDictionary[VideoSource, Extent] = WeakKeyDictionary()


def measure(source: VideoSource) -> Extent:
    """Size, rate and place in time of the trimmed part; decodes one frame and reads the last packets.

    A source is measured once: what is written to its file afterwards is another video's.
    """
    if source not in _measured:
        _measured[source] = _measure(source)
    return _measured[source]


def _measure(source: VideoSource) -> Extent:
    if isinstance(source.origin, torch.Tensor):
        count, height, width, _ = source.origin.shape
        facts = (width, height, source.fps, 0, None, "frames", False)
        return _trimmed(source, 0.0, count / source.fps, facts)
    with open_at(source, None) as (container, stream, packets):
        stream.thread_type = "SLICE"
        frame = next(decode(stream, packets), None)
        if frame is None and not stream.codec_context.width:
            raise InputError(f"{source.name}: its header claims a size that cannot be; export the video again, smaller")
        if frame is None:
            raise InputError(f"{source.name}: no frame of it can be decoded; it may be truncated or damaged")
        fps, slow = source.fps or stored_rate(stream), slowing(source, container)
        zero_s = frame.time or 0.0
        rotation = -round(frame.rotation / 90) * 90 % 360
        size = (frame.height, frame.width) if rotation % 180 else (frame.width, frame.height)
        codec = stream.codec_context.codec.canonical_name
        facts = (*size, fps, rotation, codec, container.format.name, bool(container.streams.audio))
        about_s = float(Fraction(container.duration or 0, av.time_base) * slow)
    end_s = _end(source, zero_s + about_s, 1 / fps)
    if end_s is None or end_s <= zero_s:
        end_s = _end(source, None, 1 / fps) or zero_s + 1 / fps
    return _trimmed(source, zero_s, end_s - zero_s, facts, slow)


def _trimmed(source: VideoSource, zero_s: float, total_s: float, facts: tuple, slow: Fraction = Fraction(1)) -> Extent:
    width, height, fps, rotation, codec, container, has_audio = facts
    total_s = float(total_s)
    if total_s > MAX_DURATION_S:
        raise InputError(f"{source.name}: its timestamps span {total_s / 3600:.0f} hours; remux it or cut it first")
    left_s = total_s - source.start_s
    if left_s <= 0:
        raise InputError(f"{source.name}: start is {source.start_s:g} s but the video is {total_s:.3f} s long")
    if source.duration_s is not None and source.duration_s > left_s + SLACK_S:
        raise InputError(
            f"{source.name}: {source.duration_s:g} s from {source.start_s:g} s on were asked for but the video is "
            f"{total_s:.3f} s long; ask for at most {left_s:.3f} s, or leave the duration out for the rest"
        )
    duration_s = left_s if source.duration_s is None else min(source.duration_s, left_s)
    frames = max(1, round(duration_s * fps))
    info = VideoInfo(width, height, fps, duration_s, frames, rotation, codec, container, has_audio)
    return Extent(info, zero_s, zero_s + source.start_s, slow)


def _end(source: VideoSource, near_s: float | None, frame_s: Fraction) -> float | None:
    """When the last frame stops being shown: scans packets from the last keyframe before `near_s`, or all of them."""
    with open_at(source, near_s) as (container, stream, packets):
        tick_s = stream.time_base * slowing(source, container)
        lengths = {packet_pts(p): p.duration for p in packets if not p.is_discard and packet_pts(p) is not None}
        if not lengths:
            return None
        last, stored = max(lengths), next(reversed(lengths))
        # Where frames are reordered, mp4 stores the true length of the last in the file alone.
        length = max(lengths[last] or 0, stored + (lengths[stored] or 0) - last) or frame_s / tick_s
        # Only an edit list can say that the last frame is cut short; of the header, believe no more than that.
        if None not in (stream.start_time, stream.duration) and stream.start_time + stream.duration > last:
            length = min(length, stream.start_time + stream.duration - last)
        return float((last + length) * tick_s)
