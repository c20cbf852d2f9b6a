"""Which packets of a trimmed file to copy, and when each is shown in the new one; their bytes are never touched."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import av

from ..errors import InputError
from .container import open_at, packet_pts, stored_rate
from .extent import Extent
from .source import VideoSource

# A frame that would be seen for less than this, and less than half a frame, is left out: containers round times to a
# millisecond.
SLIVER_S = 1e-3
# Other streams may be stored this much after the picture they belong to.
INTERLEAVING_S = 1.0


@dataclass(frozen=True)
class Cut:
    """Where a trim falls among the packets, in ticks of the video stream.

    key: display time of the keyframe that decoding starts from; cover: of the frame on show at `begin`, the first seen;
    after: of the one that follows it, `end` at the latest; last: of the one on show at `end`. sliver: what is too short
    to be seen. hidden: whether frames between key and cover must be kept from view.
    """

    key: int
    cover: int
    after: int
    last: int
    begin: int
    end: int
    sliver: int
    hidden: bool


def find_cut(source: VideoSource, extent: Extent) -> Cut:
    """Find the keyframe, and the first and the last frame seen."""
    with open_at(source, _from_s(source, extent)) as (_, stream, packets):
        tick_s = stream.time_base * extent.slow
        begin, end = (round(at_s / tick_s) for at_s in (extent.begin_s, extent.end_s))
        times, after, sliver = [], end, int(SLIVER_S / tick_s)
        for packet in packets:
            if packet_pts(packet) is None or (packet.pts is None and stream.codec_context.has_b_frames):
                raise InputError(f"{source.name}: its packets do not say when they are shown; convert it to .mp4 first")
            if not times:
                sliver = min(sliver, (packet.duration or _step(stream)) // 2)
            times.append(packet_pts(packet))
            if begin + sliver < times[-1] < after:
                after = times[-1]
            if packet.dts is not None and packet.dts >= max(after, begin + sliver + 1):
                break
    key = times[0]
    cover = max((t for t in times if key <= t <= begin + sliver), default=key)
    with open_at(source, extent.end_s - 10 * SLIVER_S) as (_, _, packets):
        late = [packet_pts(p) for p in takewhile(lambda p: p.dts is None or p.dts < end, packets)]
    last = max([cover, *(t for t in late if t is not None and t < end - sliver)])
    return Cut(key, cover, after, last, begin, end, sliver, hidden=any(key <= t < cover for t in times))


def nearest_keyframe(source: VideoSource, extent: Extent) -> float | None:
    """When the keyframe nearest to the trim start is shown, in seconds from the first frame on, if one is marked."""
    with open_at(source, extent.begin_s) as (_, _, packets):
        times_s = []
        for packet in packets:
            if packet.is_keyframe and packet_pts(packet) is not None:
                times_s.append(float(packet_pts(packet) * packet.time_base))
                if times_s[-1] >= extent.begin_s:
                    break
    nearest_s = min(times_s, key=lambda time_s: abs(time_s - extent.begin_s), default=None)
    return None if nearest_s is None else nearest_s - extent.zero_s


def copied(source: VideoSource, extent: Extent):
    """Open a source where the cut begins, with the packets of all its streams (see `open_at`)."""
    return open_at(source, _from_s(source, extent), everything=True)


def picture_packets(packets: Iterator[av.Packet], stream: av.VideoStream, cut: Cut) -> Iterator[av.Packet]:
    """The video packets to keep, timed from the trim start; packets of other streams pass through untouched.

    A frame after the end is kept only where a frame before the end is stored after it, and so may refer to it. The last
    before it is shown until the end: a packet's own duration may be nominal.
    """
    ready, held, delay, step = [], [], None, _step(stream)
    for packet in _with_dts(packets, step, stream):
        if packet.stream_index != stream.index:
            yield packet
        elif packet.dts >= cut.end + INTERLEAVING_S / packet.time_base:
            break
        elif packet_pts(packet) >= cut.end - cut.sliver and packet_pts(packet) != cut.cover:
            held.append(packet)
        elif packet_pts(packet) >= cut.key:  # else it belongs to the group before, which is not there
            delay = packet_pts(packet) - packet.dts if delay is None else delay
            yield from ready
            ready, held = [_placed(kept, cut, step) for kept in [*held, packet]], []
    length = cut.end - cut.begin
    # Mp4 stores decode times and the duration of the last packet, which need not be the last shown; they must reach it.
    if ready and ready[-1].dts + ready[-1].duration + delay + step // 2 < length:
        ready[-1].duration = length - ready[-1].pts
    yield from ready


def side_packet(packet: av.Packet, extent: Extent) -> bool:
    """Time a packet of another stream from the trim start; False if nothing of it falls inside."""
    if packet_pts(packet) is None:
        return False
    begin, end = (round(at_s / packet.time_base) for at_s in (extent.begin_s, extent.end_s))
    start = packet_pts(packet) - begin
    stop = min(start + (packet.duration or 0), end - begin)
    if start >= end - begin or stop < 0:
        return False
    packet.pts = packet.dts = max(0, start)
    packet.duration = stop - packet.pts if packet.duration else 0
    return True


def _placed(packet: av.Packet, cut: Cut, step: int) -> av.Packet:
    start, length = packet_pts(packet), packet.duration or step
    stop = {cut.cover: cut.after, cut.last: cut.end}.get(start, start + length)
    packet.pts = 0 if start == cut.cover else start - cut.begin
    packet.duration = length if start >= cut.end else max(1, min(stop, cut.end) - cut.begin - packet.pts)
    packet.dts = min(packet.dts - cut.begin, packet.pts)
    return packet


def _with_dts(packets: Iterator[av.Packet], step: int, stream: av.VideoStream) -> Iterator[av.Packet]:
    """Give each video packet a decode time where the container stores none, between those of its neighbours."""
    waiting, last = [], None
    for packet in packets:
        if packet.stream_index != stream.index:
            yield packet
        elif packet_pts(packet) is None:
            continue  # damage: nothing says where it belongs
        elif packet.dts is None:
            waiting.append(packet)
        else:
            start = packet.dts - max(step, packet.duration or 0) * (len(waiting) + 1) if last is None else last
            yield from _spread(waiting, start, packet.dts)
            waiting, last = [], packet.dts
            yield packet
    if waiting:
        # Ordered display times are decode times once they are early enough for every packet.
        ordered = sorted(packet_pts(p) for p in waiting)
        late = max(time - packet_pts(p) for time, p in zip(ordered, waiting, strict=True))
        for time, packet in zip(ordered, waiting, strict=True):
            packet.dts = time - late
            yield packet


def _spread(waiting: list[av.Packet], start: int, stop: int) -> Iterator[av.Packet]:
    for number, packet in enumerate(waiting, 1):
        packet.dts = min(start + (stop - start) * number // (len(waiting) + 1), packet_pts(packet))
        yield packet


def _step(stream: av.VideoStream) -> int:
    """How long a frame lasts where its packet does not say, in ticks."""
    return max(1, round(1 / stored_rate(stream) / stream.time_base))


def _from_s(source: VideoSource, extent: Extent) -> float | None:
    return extent.begin_s if source.start_s else None
