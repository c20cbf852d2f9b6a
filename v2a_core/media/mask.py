"""Keeping a part of the picture out of an encoder's sight."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from os import PathLike

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ..errors import InputError
from .resize import centre, cover
from .source import MAX_SIDE, FrameChunk, FrameRate, VideoInfo, VideoSource
from .video import probe, read_frames

GREY = 127.0
# What is kept of a mask's file: finer than encoders see.
FILE_SIDE, FILE_HZ = 192, 25.0


def read_mask(path: str | PathLike, start_s: float, duration_s: float, fps: Fraction | None = None) -> Tensor:
    """The mask in a picture or a video, float32 [N, H, W]: 0 where it is black, 1 where it is white.

    A video is timed and trimmed like the one it is for: duration_s from start_s on, at fps if that isn't None. Raises
    InputError for a file that is neither, and for a video that is too short.
    """
    try:
        with Image.open(path) as picture:
            if max(picture.size) > MAX_SIDE:
                raise InputError(f"The mask {path} is {picture.width} x {picture.height}: at most {MAX_SIDE} a side.")
            small = picture.convert("L").resize([min(side, FILE_SIDE) for side in picture.size], Image.Resampling.BOX)
            return torch.from_numpy(np.array(small))[None].float() / 255
    except UnidentifiedImageError:
        pass  # then it is a video
    except (OSError, Image.DecompressionBombError) as error:
        raise InputError(f"The mask {path} can't be read: {error}") from error
    source = VideoSource.from_path(path, start_s, duration_s, fps)
    info = probe(source)
    rate = FrameRate(min(FILE_HZ, float(info.fps)), min(info.width, FILE_SIDE), min(info.height, FILE_SIDE))
    chunks = read_frames(source, {"mask": rate})
    return torch.cat([chunk.frames.float().mean(-1) / 255 for _, chunk in chunks])


def masked(
    chunks: Iterable[tuple[str, FrameChunk]],
    rates: Mapping[str, FrameRate],
    mask: Tensor,
    info: VideoInfo,
    span_s: tuple[float, float] | None = None,
) -> Iterator[tuple[str, FrameChunk]]:
    """The same chunks, grey where the mask is 0 and untouched where it is 1.

    mask: float [N, H, W] or [H, W], stretched over the whole picture; several masks are spread evenly over the video's
    duration, so that as many as it has frames are one for each, or from one time in seconds to another if span_s says
    so, for a part of a longer video that the masks are for. Raises InputError for other shapes and for values
    outside 0..1.
    """
    if mask.ndim == 2:
        mask = mask[None]
    if mask.ndim != 3 or 0 in mask.shape:
        raise InputError(f"The mask's shape is {list(mask.shape)}: it must be [masks, height, width].")
    if not (mask.isfinite().all() and mask.min() >= 0 and mask.max() <= 1):
        raise InputError("The mask holds values outside 0..1: connect a mask, not a picture.")
    first_s, last_s = span_s or (0.0, info.duration_s)
    for name, chunk in chunks:
        # The middle of the frame that is shown: at its start it would be chance which of two masks is taken.
        times_s = torch.from_numpy(chunk.times_s) + 0.5 / float(info.fps)
        which = ((times_s - first_s) / (last_s - first_s) * len(mask)).long().clamp(0, len(mask) - 1)
        used, turn = which.unique(return_inverse=True)
        sized = torch.stack([_fitted(mask[one], rates[name], info) for one in used.tolist()])[turn]
        seen = GREY + (chunk.frames.float() - GREY) * sized[..., None]
        yield name, replace(chunk, frames=seen.round().to(torch.uint8))


def _fitted(mask: Tensor, rate: FrameRate, info: VideoInfo) -> Tensor:
    """One mask [H, W] as the rate fits the picture, float [height, width]."""
    target = (rate.width, rate.height)
    size = cover((info.width, info.height), target) if rate.fit == "bicubic_crop" else target
    return F.interpolate(mask[None, None].float().cpu(), size[::-1], mode="area")[0, 0][centre(size, target)]
