"""A batch of frames to a video file, once, so that everything after it sees a file like any other."""

import math
from collections.abc import Callable
from os import PathLike

import av
import numpy as np
import torch
from av.video.reformatter import ColorRange, Colorspace

from .source import VideoSource

Progress = Callable[[str, int, int], None]
FRAMES_CODEC = "h264"
OPTIONS = {"preset": "fast", "crf": "16"}


def encode_frames(source: VideoSource, path: str | PathLike, progress: Progress | None = None) -> float:
    """Encode the trimmed part of a source made by `VideoSource.from_frames` as H.264 (yuv420p, BT.709).

    The first frame written is the one on show at the trim start; returns how long before that it began, in seconds.
    A frame's odd last row or column is doubled. Timestamps are exact multiples of 1 / fps.
    """
    first = int(source.start_s * source.fps)
    end = len(source.origin)
    if source.duration_s is not None:
        end = min(end, math.ceil((source.start_s + source.duration_s) * source.fps - 1e-6))
    height, width = source.origin.shape[1:3]
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=source.fps, options=OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        stream.codec_context.time_base = 1 / source.fps
        stream.codec_context.color_range = ColorRange.MPEG
        stream.codec_context.colorspace = 1
        stream.codec_context.color_primaries = 1
        stream.codec_context.color_trc = 1
        for index in range(first, end):
            pixels = np.pad(to_pixels(source.origin[index]), ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame = frame.reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, src_color_range="JPEG", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = index - first, 1 / source.fps
            out.mux(stream.encode(frame))
            if progress:
                progress("encode video", index + 1 - first, end - first)
        out.mux(stream.encode())
    return source.start_s - float(first / source.fps)


def to_pixels(frame: torch.Tensor) -> np.ndarray:
    """One frame, uint8 or float 0..1 [H, W, 3], as uint8."""
    if frame.is_floating_point():
        frame = frame.float().mul(255).round().clamp(0, 255)
    return frame.to("cpu", torch.uint8).contiguous().numpy()


def to_frame(frame: torch.Tensor | av.VideoFrame) -> av.VideoFrame:
    """A frame of a batch as PyAV's, for the scaler; a decoded one as it is."""
    return av.VideoFrame.from_ndarray(to_pixels(frame), format="rgb24") if isinstance(frame, torch.Tensor) else frame
