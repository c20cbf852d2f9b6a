"""Scenes as video files."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from .scene import Scene


def render_video(scene: Scene, path: str | Path, width: int = 480, height: int = 270, *, crf: int = 18) -> Path:
    """Write a scene as H.264 of constant frame rate, without sound; width and height must be even."""
    rate = Fraction(scene.fps).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = 1 / rate
        step = 16
        for first in range(0, scene.frame_count, step):
            numbers = np.arange(first, min(first + step, scene.frame_count))
            for number, picture in zip(numbers, scene.draw_frames(numbers / scene.fps, height, width), strict=True):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = int(number)
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return Path(path)
