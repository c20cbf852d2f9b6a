"""Keeping a part of the picture out of an encoder's sight."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from .resize import centre, cover
from .source import FrameChunk, FrameRate, VideoInfo

GREY = 127.0


def masked(
    chunks: Iterable[tuple[str, FrameChunk]], rates: Mapping[str, FrameRate], mask: Tensor, info: VideoInfo
) -> Iterator[tuple[str, FrameChunk]]:
    """The same chunks, grey where the mask is 0 and untouched where it is 1.

    mask: float [N, H, W] or [H, W], stretched over the whole picture; several masks are spread evenly over the video's
    duration, so that as many as it has frames are one for each. Raises InputError for other shapes and for values
    outside 0..1.
    """
    if mask.ndim == 2:
        mask = mask[None]
    if mask.ndim != 3 or 0 in mask.shape:
        raise InputError(f"The mask's shape is {list(mask.shape)}: it must be [masks, height, width].")
    if not (mask.isfinite().all() and mask.min() >= 0 and mask.max() <= 1):
        raise InputError("The mask holds values outside 0..1: connect a mask, not a picture.")
    for name, chunk in chunks:
        # The middle of the frame that is shown: at its start it would be chance which of two masks is taken.
        times_s = torch.from_numpy(chunk.times_s) + 0.5 / float(info.fps)
        which = (times_s / info.duration_s * len(mask)).long().clamp(0, len(mask) - 1)
        used, turn = which.unique(return_inverse=True)
        sized = torch.stack([_fitted(mask[one], rates[name], info) for one in used.tolist()])[turn]
        seen = GREY + (chunk.frames.float() - GREY) * sized[..., None]
        yield name, replace(chunk, frames=seen.round().to(torch.uint8))


def _fitted(mask: Tensor, rate: FrameRate, info: VideoInfo) -> Tensor:
    """One mask [H, W] as the rate fits the picture, float [height, width]."""
    target = (rate.width, rate.height)
    size = cover((info.width, info.height), target) if rate.fit == "bicubic_crop" else target
    return F.interpolate(mask[None, None].float().cpu(), size[::-1], mode="area")[0, 0][centre(size, target)]
