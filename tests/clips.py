"""Small synthetic clips whose pixels say which frame they are, written with PyAV at test time."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

BITS = 10
CLICK = np.concatenate([np.ones(24), -np.ones(24)]).astype(np.float32)


def barcode(number: int, width: int = 96, height: int = 64, flash: bool = False) -> np.ndarray:
    """uint8 [height, width, 3]: ten bits of `number` across the upper half, the lower half white if `flash`."""
    picture = np.full((height, width), 32, np.uint8)
    edges = np.linspace(0, width, BITS + 1).astype(int)
    for bit in range(BITS):
        if number >> bit & 1:
            picture[: height // 2, edges[bit] : edges[bit + 1]] = 224
    if flash:
        picture[height // 2 :] = 255
    return np.repeat(picture[..., None], 3, axis=2)


def read_barcode(picture) -> int:
    """The number in a picture [H, W, 3] of any size."""
    picture = np.asarray(picture).mean(axis=-1)
    row = picture[picture.shape[0] // 4]
    centres = ((np.arange(BITS) + 0.5) * len(row) / BITS).astype(int)
    return int(sum(1 << bit for bit, x in enumerate(centres) if row[x] > 128))


def is_flash(picture) -> bool:
    """Whether the lower half of a picture [H, W, 3] is white."""
    picture = np.asarray(picture).mean(axis=-1)
    return bool(picture[picture.shape[0] * 3 // 4 :].mean() > 160)


def clicks(times_s: Sequence[float], duration_s: float, rate_hz: int = 48000, channels: int = 2) -> np.ndarray:
    """float32 [channels, N] with a short click that begins at each time."""
    samples = np.zeros((channels, round(duration_s * rate_hz)), np.float32)
    for time_s in times_s:
        start = round(time_s * rate_hz)
        part = samples[:, start : start + len(CLICK)]
        part[:] = 0.8 * CLICK[: part.shape[1]]
    return samples


def click_times(samples, rate_hz: int) -> list[float]:
    """Where clicks begin in [channels, N], seconds."""
    loud = np.flatnonzero(np.abs(np.asarray(samples)).max(axis=0) > 0.25)
    return [int(i) / rate_hz for n, i in enumerate(loud) if n == 0 or i - loud[n - 1] > 0.02 * rate_hz]


def write_clip(
    path: Path,
    *,
    count: int = 25,
    fps: Fraction | float = 25,
    times_s: Sequence[float] | None = None,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    flashes: Sequence[int] = (),
    offset_s: float = 0.0,
    hidden: int = 0,
    nominal: bool = False,
    audio: np.ndarray | None = None,
    audio_codec: str = "aac",
    audio_rate_hz: int = 48000,
    audio_offset_s: float = 0.0,
    subtitles: Path | None = None,
) -> Path:
    """Write a clip of `count` barcode frames at `fps`, or one frame at each of `times_s` (variable rate).

    offset_s moves every video timestamp, audio_offset_s every audio timestamp; hidden puts that many frames before
    time 0 (an edit list, in mp4 and mov). nominal: packets say that each frame lasts 1 / fps, whenever the next one is.
    subtitles: a file whose first stream is copied in.
    """
    fps = Fraction(fps).limit_denominator(1001)
    if times_s is None:
        step = 1 if path.suffix == ".avi" else 1000  # AVI counts frames and knows no other time
        time_base = 1 / fps / step
        ticks = [i * step for i in range(count)]
    else:
        step, time_base = round(90000 / fps), Fraction(1, 90000)
        ticks = [round(t * 90000) for t in times_s]
    move = round(offset_s / time_base) - ticks[hidden]
    lengths = {tick: step if nominal else after - tick for tick, after in pairwise([*ticks, ticks[-1] + step])}
    default = {"preset": "ultrafast", "crf": "12", "bf": "2", "g": "12"} if codec == "libx264" else {}
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps, options={**default, **(options or {})})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.time_base = time_base
        stream.codec_context.thread_count = 1
        sound = None
        if audio is not None:
            sound = out.add_stream(audio_codec, rate=audio_rate_hz)
            sound.layout = {1: "mono", 2: "stereo", 4: "quad", 5: "5.0", 6: "5.1", 8: "7.1"}[len(audio)]
        words, text = None, av.open(str(subtitles)) if subtitles else None
        if text:
            words = out.add_stream_from_template(text.streams[0])
        for number, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(barcode(number, *size, flash=number in flashes), format="rgb24")
            if pix_fmt == "gray":  # swscale would fill the full range, which H.264 takes for the limited one
                frame = av.VideoFrame.from_ndarray(frame.to_ndarray(format="yuv420p")[: size[1]], format="gray")
            frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = tick, time_base
            for packet in stream.encode(frame):
                out.mux(_moved(packet, move, lengths))
        for packet in stream.encode():
            out.mux(_moved(packet, move, lengths))
        if sound:
            packed = np.ascontiguousarray(audio.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=sound.layout.name)
            frame.sample_rate, frame.time_base = audio_rate_hz, Fraction(1, audio_rate_hz)
            frame.pts = round(audio_offset_s * audio_rate_hz)
            out.mux(sound.encode(frame))
            out.mux(sound.encode())
        if text:
            for packet in text.demux():
                if packet.size:
                    packet.stream = words
                    out.mux(packet)
            text.close()
    return path


def _moved(packet: av.Packet, move: int, lengths: Mapping[int, int]) -> av.Packet:
    packet.duration = lengths[packet.pts]
    packet.pts += move
    packet.dts += move
    return packet


def turn(path: Path, degrees: int) -> Path:
    """Write a display matrix into an mp4's video track: players turn the picture clockwise by 90, 180 or 270."""
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    matrix = np.array([cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30], dtype=">i4").tobytes()
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    data[at : at + 36] = matrix
    path.write_bytes(data)
    return path


def video_packets(path: Path) -> list[tuple[float, bytes]]:
    """Time and bytes of every packet of the first video stream, in stored order."""
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.video[0])
        return [(float(p.pts * p.time_base), bytes(p)) for p in packets if p.size]


def decoded_barcodes(path: Path) -> list[tuple[float, int]]:
    """Time and number of every frame a plain decode shows."""
    with av.open(str(path)) as container:
        return [(f.time, read_barcode(f.to_ndarray(format="rgb24"))) for f in container.decode(video=0)]
