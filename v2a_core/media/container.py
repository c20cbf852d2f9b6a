"""Opening a video file safely, and handing out its packets from a keyframe on."""

import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition

from ..errors import InputError
from .source import MAX_SIDE, VideoSource

MAX_PIXELS = 1 << 26  # twice what any level of H.264, VP9 and AV1 allows; a decoder and a filter hold several pictures
BUFFER = 1 << 18  # bytes that are read at once
MAX_INT = 2**31 - 1  # of the whole numbers that FFmpeg keeps a time base in
# Demuxers that make pictures out of a still image or of text.
_NOT_VIDEO = ("image2", "_pipe", "tty")


@contextmanager
def open_container(source: VideoSource) -> Iterator[av.container.InputContainer]:
    """Open a file or bytes for reading; nothing else is read, whatever the file refers to."""
    is_file = isinstance(source.origin, Path)
    if is_file and not source.origin.is_file():
        what = "is a folder" if source.origin.is_dir() else "does not exist"
        raise InputError(f"{source.name}: {what}; give the path of a video file")
    if not (source.origin.stat().st_size if is_file else len(source.origin)):
        raise InputError(f"{source.name}: is empty (0 bytes); copy or download it again")
    with ExitStack() as opened:
        try:
            data = opened.enter_context(source.origin.open("rb") if is_file else io.BytesIO(source.origin))
            # FFmpeg gets the open file and may open none itself, so that a playlist leads nowhere.
            options = {"protocol_whitelist": "data"}
            container = av.open(data, metadata_errors="replace", container_options=options, buffer_size=BUFFER)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise InputError(
                f"{source.name}: cannot be opened as video ({_reason(error)}); it may be truncated or not a video"
            ) from error
        yield opened.enter_context(container)


def video_stream(container: av.container.InputContainer, name: str) -> av.VideoStream:
    """The picture of a file: its first video stream that is not cover art, checked before anything is decoded."""
    pictures = [s for s in container.streams.video if Disposition.attached_pic not in s.disposition]
    if not pictures:
        found = "sound but no picture" if container.streams.audio else "no picture"
        raise InputError(f"{name}: has {found}; give a file with a video stream")
    if any(mark in container.format.name for mark in _NOT_VIDEO):
        raise InputError(f"{name}: is a {container.format.long_name} file, not a video; give a video file")
    stream = pictures[0]
    if stream.codec_context is None:
        raise InputError(f"{name}: no decoder for its video codec is at hand; convert it to H.264 first")
    width, height = stream.codec_context.width, stream.codec_context.height
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise InputError(
            f"{name}: its header claims {width}x{height} pixels; at most {MAX_SIDE} a side and "
            f"{MAX_PIXELS / 1e6:.0f} million in all are read, so scale it down first"
        )
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # pictures can grow midway
    return stream


def audio_stream(container: av.container.InputContainer, name: str) -> av.AudioStream | None:
    """The first audio stream, None if there is none."""
    stream = next(iter(container.streams.audio), None)
    if stream is not None and stream.codec_context is None:
        raise InputError(f"{name}: no decoder for its audio codec is at hand; convert the sound to AAC first")
    return stream


def stored_rate(stream: av.VideoStream) -> Fraction:
    """A picture's average frame rate by its own timestamps, frames per second."""
    return Fraction(stream.average_rate or stream.guessed_rate or 25)


def slowing(source: VideoSource, container: av.container.InputContainer) -> Fraction:
    """How many times as long everything in a file lasts as its timestamps say: 1 unless the source has an fps."""
    if source.fps is None:
        return Fraction(1)
    return stored_rate(video_stream(container, source.name)) / source.fps


@contextmanager
def open_at(
    source: VideoSource, time_s: float | None, pick: Callable = video_stream, everything: bool = False
) -> Iterator[tuple[av.container.InputContainer, av.stream.Stream, Iterator[av.Packet]]]:
    """Container, the stream that `pick` chooses, and packets from its last keyframe at or before `time_s` on.

    Here alone timestamps become seconds: a packet's time_base is what a tick of them lasts at the source's fps, and
    time_s counts such seconds from timestamp 0 on, None for the beginning. everything: packets of the other streams as
    well. Empty packets are left out; a file that breaks off ends the packets without an error.
    """
    # Seeking is only as good as a file's index: where it lands late, start earlier, in the end from the beginning.
    for early_s in (0.0, 2.0, 10.0, None):
        with open_container(source) as container:
            stream = pick(container, source.name)
            slow = slowing(source, container)
            tick_s = stream.time_base * slow
            if tick_s * MAX_INT < 1:
                raise InputError(
                    f"{source.name}: its clock is too fine for {float(source.fps):g} fps; remux it to .mp4"
                )
            from_start = time_s is None or early_s is None
            if not from_start:
                try:
                    container.seek(int((time_s - early_s) / tick_s), stream=stream)
                except av.FFmpegError:
                    continue
            packets = _packets(container, list(container.streams) if everything else [stream], slow)
            if from_start:
                yield container, stream, packets
                return
            head, first = [], None
            for packet in packets:
                head.append(packet)
                if packet.stream_index == stream.index and packet.is_keyframe:
                    first = packet_pts(packet)
                    break
            if first is not None and first * tick_s <= time_s + 1e-3:
                # What a seek finds before the keyframe can't be decoded.
                head = [*(p for p in head if p.stream_index != stream.index), head[-1]]
                yield container, stream, itertools.chain(head, packets)
                return


def packet_pts(packet: av.Packet) -> int | None:
    """Display time in the packet's time base; the decode time where the container stores no other."""
    return packet.dts if packet.pts is None else packet.pts


def decode(stream: av.stream.Stream, packets: Iterator[av.Packet]) -> Iterator[av.frame.Frame]:
    """Frames of one stream, timed as its packets are; damaged packets are passed over."""
    tick_s = stream.time_base
    for packet in itertools.chain(packets, [None]):
        tick_s = tick_s if packet is None else packet.time_base
        try:
            for frame in stream.codec_context.decode(packet):
                frame.time_base = tick_s  # PyAV leaves it out of frames that a flush brings
                yield frame
        except av.FFmpegError:
            continue


def _packets(
    container: av.container.InputContainer, streams: list[av.stream.Stream], slow: Fraction
) -> Iterator[av.Packet]:
    while True:
        try:
            for packet in container.demux(*streams):
                if packet.size:
                    packet.time_base = (packet.time_base * slow).limit_denominator(MAX_INT)
                    yield packet
            return
        except IndexError:
            # PyAV does not know streams that turn up midway; their packets are none of ours.
            continue
        except av.FFmpegError:
            return


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
