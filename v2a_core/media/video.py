"""Pictures of a video at the rates that encoders ask for, in one streaming decode."""

from collections.abc import Callable, Iterator, Mapping

from v2a_core.media.source import FrameChunk, FrameRate, VideoInfo, VideoSource

__all__ = ["FrameChunk", "FrameRate", "VideoInfo", "VideoSource", "encode_frames", "probe", "read_frames"]

Progress = Callable[[str, int, int], None]


def probe(source: VideoSource) -> VideoInfo:
    """Size, rate and duration of the trimmed part."""
    raise NotImplementedError


def read_frames(
    source: VideoSource,
    rates: Mapping[str, FrameRate],
    *,
    chunk_frames: int = 64,
    progress: Progress | None = None,
) -> Iterator[tuple[str, FrameChunk]]:
    """Decode once and give every rate its pictures, in chunks of at most `chunk_frames`."""
    raise NotImplementedError


def encode_frames(source: VideoSource, path) -> None:
    """Encode a batch of frames to a video file."""
    raise NotImplementedError
