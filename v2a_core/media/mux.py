"""The finished file: the source's picture untouched, one new sound, and a note of how it was made."""

import io
import itertools
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import torch

from ..atomic import whole_file
from ..errors import InputError
from .audio import Audio, AudioStream, fit_length
from .container import MAX_INT, stored_rate
from .encode import encode_frames
from .extent import Extent, measure
from .formats import add_sound, choose_codec, find_format, held_codecs, sound_packets
from .mp4 import end_first_track
from .packets import Cut, copied, picture_packets, side_packet
from .source import VideoSource
from .target import find_place

Progress = Callable[[str, int, int], None]
NOTE = "AI-generated audio"
MAX_TIMESCALE = 100_000  # ticks a second that QuickTime plays films of hours in
# What the old container said about itself; the new one says it anew.
_OWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}


def mux(
    source: VideoSource,
    audio: Audio | AudioStream,
    path: str | os.PathLike,
    *,
    codec: str | None = None,
    metadata: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the trimmed source to `path` with `audio` for its sound, and return the path.

    Video packets are copied byte for byte (a batch of frames is encoded once). `audio` is cut or padded to the length
    of the video, which a stream must have, and encoded as "aac", "flac" or "opus", by default the first that the
    container takes. Subtitles, data, chapters and attachments stay where the container takes them, timed as the picture
    is at the source's fps; a timecode does not. A trim that starts between keyframes needs .mp4 or .mov, whose edit
    list hides the frames before it.
    metadata: tags such as model, seed and prompt, beside the comment "AI-generated audio".
    """
    path = Path(path).expanduser().absolute()
    codec = choose_codec(path, codec)
    if not path.parent.is_dir():
        raise InputError(f"{path}: its folder does not exist; create it first")
    with whole_file(path) as temporary, _as_file(source, temporary, progress) as file_source:
        extent, cut = find_place(file_source, path)
        if isinstance(audio, Audio):
            audio = fit_length(audio, extent.info.duration_s)
        try:
            shown_s = _write(file_source, extent, cut, audio, temporary, path, codec, dict(metadata or {}), progress)
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); choose another name or format") from error
        if find_format(path).hides_frames and shown_s > extent.info.duration_s + 1e-3:
            end_first_track(temporary, extent.info.duration_s)
    return path


def _write(
    source: VideoSource,
    extent: Extent,
    cut: Cut,
    audio: Audio | AudioStream,
    temporary: Path,
    path: Path,
    codec: str,
    metadata: dict,
    progress: Progress | None,
) -> float:
    """Copy and encode; returns when the last frame stops being shown, in seconds."""
    shown_s, total = 0.0, math.ceil(extent.info.duration_s * 10)
    # PyAV never closes a file of its own whose header it could not write.
    with _Whole(temporary, "wb") as file, copied(source, extent) as (container, picture, packets):
        tags = {**_tags(container.metadata), **{key: tag_text(value) for key, value in metadata.items()}}
        chapters = _chapters(container, extent)
        out, streams, sounds = _start(container, picture, file, path, codec, audio, tags, chapters, extent.slow)
        with out:
            heard = next(sounds, None)
            for packet in picture_packets(packets, picture, cut):
                is_picture = packet.stream_index == picture.index
                if packet.stream_index not in streams or not (is_picture or side_packet(packet, extent)):
                    continue
                now_s = float(packet.dts * packet.time_base)
                while heard is not None and heard.dts * heard.time_base <= now_s:
                    out.mux(heard)
                    heard = next(sounds, None)
                if is_picture:
                    shown_s = max(shown_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
                if progress and is_picture:
                    progress("write video", min(max(0, int(now_s * 10)), total), total)
            for packet in itertools.chain([heard] if heard is not None else [], sounds):
                out.mux(packet)
    if progress:
        progress("write video", total, total)
    return shown_s


def _start(
    container: av.container.InputContainer,
    picture: av.VideoStream,
    file: "_Whole",
    path: Path,
    codec: str,
    audio: Audio | AudioStream,
    tags: dict[str, str],
    chapters: list,
    slow: Fraction,
) -> tuple[av.container.OutputContainer, dict[int, av.stream.Stream], Iterator[av.Packet]]:
    """The new file with its header written, its streams by the index of their source, and the encoded sound."""
    form = find_format(path)
    options = {"movflags": "use_metadata_tags+faststart"} if form.hides_frames else {}
    # A container may say it takes a stream and still refuse it in the header: then only picture and sound go in.
    for everything in (True, False):
        file.seek(0)
        file.truncate()
        out = av.open(file, "w", format=form.muxer, container_options=options)
        try:
            wanted = [picture, *(s for s in container.streams if everything and _is_kept(s, picture, out))]
            streams = {stream.index: _add_copy(out, stream, slow) for stream in wanted}
            sound, audio = add_sound(out, codec, audio)
            out.metadata.update(tags)
            if chapters:
                out.set_chapters(chapters)
            out.start_encoding()
            return out, streams, sound_packets(sound, audio)
        except BaseException as error:
            out.close()
            if not everything or not isinstance(error, (av.FFmpegError, ValueError)) or isinstance(error, InputError):
                raise


def _is_kept(stream: av.stream.Stream, picture: av.VideoStream, out: av.container.OutputContainer) -> bool:
    # A timecode counts frames of the whole file at its own rate, and its track can't be copied.
    if stream.index == picture.index or stream.type == "audio" or "timecode" in stream.metadata:
        return False
    if stream.codec_context is None:
        return out.format.name == "matroska" if stream.type == "attachment" else stream.type == "data"
    return stream.codec_context.codec.canonical_name in held_codecs(out.format.name)


def _add_copy(out: av.container.OutputContainer, stream: av.stream.Stream, slow: Fraction) -> av.stream.Stream:
    copy = out.add_stream_from_template(stream, opaque=True)
    tick_s = stream.time_base * slow
    if slow != 1 and tick_s.denominator <= MAX_TIMESCALE:
        copy.time_base = Fraction(1, tick_s.denominator)  # so that times stay exact
    if slow != 1 and stream.type == "video":
        copy.codec_context.framerate = (stored_rate(stream) / slow).limit_denominator(MAX_TIMESCALE)
    copy.metadata.update({k: v for k, v in stream.metadata.items() if k in ("language", "title", "handler_name")})
    copy.disposition = stream.disposition.value
    # hev1 or hvc1, the flavour of ProRes: between mp4 and mov the tag carries over.
    if stream.codec_context is not None and "mp4" in stream.container.format.name and out.format.name in ("mp4", "mov"):
        copy.codec_context.codec_tag = stream.codec_context.codec_tag
    return copy


def _tags(old: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in old.items() if key.lower() not in _OWN_TAGS | {"comment"}}
    comment = next((value for key, value in old.items() if key.lower() == "comment"), "")
    return {**kept, "comment": comment if NOTE in comment else "; ".join(filter(None, [NOTE, comment]))}


def tag_text(value: object) -> str:
    """A value as metadata hold it."""
    # Containers store UTF-8 that ends at the first zero byte.
    return str(value).replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _chapters(container: av.container.InputContainer, extent: Extent) -> list[dict]:
    kept = []
    for chapter in getattr(container, "chapters", list)():  # PyAV 14 knows no chapters
        tick_s = (chapter["time_base"] * extent.slow).limit_denominator(MAX_INT)
        begin, end = (round(at_s / tick_s) for at_s in (extent.begin_s, extent.end_s))
        start, stop = max(chapter["start"], begin), min(chapter["end"], end)
        if start < stop:
            kept.append({**chapter, "start": start - begin, "end": stop - begin, "time_base": tick_s})
    return kept


class _Whole(io.FileIO):
    """A file that holds at once all that was written: FFmpeg reads it while it is open, and doesn't write a rest."""

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[super().write(rest) :]
        return len(data)


@contextmanager
def _as_file(source: VideoSource, temporary: Path, progress: Progress | None) -> Iterator[VideoSource]:
    """The source itself, or, for a batch of frames, a file they are encoded to for as long as it is needed."""
    if not isinstance(source.origin, torch.Tensor):
        yield source
        return
    duration_s = measure(source).info.duration_s
    frames = temporary.with_name(temporary.stem + ".frames.mp4")
    try:
        late_s = encode_frames(source, frames, progress)
        yield VideoSource(frames, source.name, late_s, duration_s)
    finally:
        frames.unlink(missing_ok=True)
