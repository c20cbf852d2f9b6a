"""Keeping a part of the picture out of an encoder's sight."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from .video import FrameChunk, FrameRate

GREY = 127.0


def masked(
    chunks: Iterable[tuple[str, FrameChunk]], rates: Mapping[str, FrameRate], mask: Tensor, duration_s: float
) -> Iterator[tuple[str, FrameChunk]]:
    """The same chunks, grey where the mask is 0 and untouched where it is 1.

    mask: float [N, H, W] or [H, W]; several masks are spread evenly over duration_s. Raises InputError for other shapes
    and for values outside 0..1.
    """
    if mask.ndim == 2:
        mask = mask[None]
    if mask.ndim != 3 or 0 in mask.shape:
        raise InputError(f"The mask's shape is {list(mask.shape)}: it must be [masks, height, width].")
    if not (mask.isfinite().all() and mask.min() >= 0 and mask.max() <= 1):
        raise InputError("The mask holds values outside 0..1: connect a mask, not a picture.")
    # One after another, so that many large masks are not converted at once.
    sized = {
        name: torch.cat(
            [F.interpolate(one[None, None].float().cpu(), (rate.height, rate.width), mode="area")[0] for one in mask]
        )
        for name, rate in rates.items()
    }
    for name, chunk in chunks:
        times_s = (chunk.first + torch.arange(len(chunk.frames))) / rates[name].rate_hz
        which = (times_s / duration_s * len(mask)).long().clamp(0, len(mask) - 1)
        seen = GREY + (chunk.frames.float() - GREY) * sized[name][which][..., None]
        yield name, replace(chunk, frames=seen.round().to(torch.uint8))
