"""What a video is before anything is decoded: where it comes from, and which part of it is meant."""

import io
import math
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from ..errors import InputError

MAX_SIDE = 16384
# What a film may be shown at, frames per second.
MIN_FPS, MAX_FPS = 1, 120


@dataclass(frozen=True)
class FrameRate:
    """What an encoder asks for: pictures at `rate_hz`, each `width` x `height` pixels.

    pick: which frame tick k shows. "nearest": the one nearest in time, a held picture until just before the next;
    "next": the first at or after k / rate_hz, and the last of all where none comes any more.
    fit: "stretch": area-averaged to the size asked for; "bicubic": the same size by the antialiased bicubic filter that
    pictures get before a CLIP encoder; "bilinear": by the bilinear one that they get before SigLIP; "bicubic_crop": the
    bicubic one at the source's own proportions until the picture is covered, and its centre.
    """

    rate_hz: float
    width: int
    height: int
    pick: Literal["nearest", "next"] = "nearest"
    fit: Literal["stretch", "bicubic", "bilinear", "bicubic_crop"] = "stretch"


@dataclass(frozen=True)
class FrameChunk:
    """Consecutive pictures of one rate: `frames` is what is seen at the ticks first, first + 1, ... of that rate.

    frames: uint8 [n, H, W, 3], RGB. times_s: float64 [n], when the source shows these, from the trim start.
    """

    frames: torch.Tensor
    times_s: np.ndarray
    first: int


@dataclass(frozen=True)
class VideoInfo:
    """What is known of the trimmed part; width and height are as displayed, `rotation` degrees clockwise included."""

    width: int
    height: int
    fps: Fraction
    duration_s: float
    frame_count_estimate: int
    rotation: int
    codec: str | None
    container: str
    has_audio: bool


@dataclass(frozen=True, eq=False)
class VideoSource:
    """A path, bytes or a batch of frames, and the trim; holding one opens nothing.

    fps: of a batch its frame rate. Of a file the rate to show it at, None for its own: all that is stored lasts longer
    or shorter than its timestamps say, by the file's average rate / fps, and the trim counts on that clock.
    """

    origin: Path | bytes | torch.Tensor
    name: str
    start_s: float = 0.0
    duration_s: float | None = None
    fps: Fraction | None = None

    def __post_init__(self):
        if not (math.isfinite(self.start_s) and self.start_s >= 0):
            raise InputError(f"{self.name}: start is {self.start_s} s; give 0 or a positive number of seconds")
        if self.duration_s is not None and not (math.isfinite(self.duration_s) and self.duration_s > 0):
            raise InputError(
                f"{self.name}: duration is {self.duration_s} s; give a positive number of seconds, or none for the rest"
            )

    @classmethod
    def from_path(
        cls,
        path: str | PathLike,
        start_s: float = 0.0,
        duration_s: float | None = None,
        fps: float | Fraction | None = None,
    ) -> "VideoSource":
        """A video file, shown at `fps` where that is given and not 0: often 16 to 20 for a silent film."""
        return cls(Path(path).expanduser().absolute(), str(path), start_s, duration_s, _film_rate(fps, str(path)))

    @classmethod
    def from_bytes(
        cls,
        data: bytes | io.BytesIO,
        name: str = "<bytes>",
        start_s: float = 0.0,
        duration_s: float | None = None,
        fps: float | Fraction | None = None,
    ) -> "VideoSource":
        """A video file already in memory; `name` stands for it in messages, and `fps` is as for `from_path`."""
        data = data.getvalue() if isinstance(data, io.BytesIO) else bytes(data)
        return cls(data, name, start_s, duration_s, _film_rate(fps, name))

    @classmethod
    def from_frames(
        cls,
        frames: torch.Tensor,
        fps: float | Fraction,
        name: str = "<frames>",
        start_s: float = 0.0,
        duration_s: float | None = None,
    ) -> "VideoSource":
        """A batch of frames, uint8 or float 0..1 [N, H, W, 3 or 4] (a fourth channel, alpha, is dropped).

        fps: 23.976, 29.97 and the like stand for 24000/1001, 30000/1001 and so on.
        """
        if frames.ndim != 4 or frames.shape[-1] not in (3, 4) or 0 in frames.shape:
            raise InputError(f"{name}: frames have shape {list(frames.shape)}; expected [frames, height, width, 3]")
        if max(frames.shape[1:3]) > MAX_SIDE:
            raise InputError(
                f"{name}: frames are {frames.shape[2]}x{frames.shape[1]}; at most {MAX_SIDE} pixels a side"
            )
        if frames.is_floating_point() and not all(math.isfinite(v) for v in torch.aminmax(frames)):
            bad = next(i for i, frame in enumerate(frames) if not torch.isfinite(frame).all())
            raise InputError(f"{name}: frame {bad} has NaN or infinite pixels; fix the node or file it came from")
        return cls(frames[..., :3], name, start_s, duration_s, exact_rate(fps, name))


def _film_rate(fps: float | Fraction | None, name: str) -> Fraction | None:
    """The rate to show a file at, None for its own."""
    if not fps:
        return None
    if not MIN_FPS <= fps <= MAX_FPS:
        raise InputError(
            f"{name}: fps is {float(fps):g}; give {MIN_FPS} to {MAX_FPS} frames per second, or 0 for its own rate"
        )
    return exact_rate(fps, name)


def exact_rate(fps: float | Fraction, name: str) -> Fraction:
    """The frame rate as a fraction; NTSC rates given as decimals become n * 1000/1001."""
    if not (math.isfinite(fps) and 0 < fps <= 1000):
        raise InputError(f"{name}: fps is {fps}; give the frame rate of the frames, for example 24")
    if isinstance(fps, Fraction):
        return fps
    ntsc = Fraction(math.ceil(fps) * 1000, 1001)
    is_ntsc = fps != round(fps) and abs(fps - ntsc) < 0.005
    return ntsc if is_ntsc else Fraction(fps).limit_denominator(1001)
