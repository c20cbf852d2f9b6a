"""Resizing on bytes, pixel for pixel what torchvision's Resize does to uint8 pictures on the CPU."""

import numpy as np
import torch
import torch.nn.functional as F


def filtered(picture: np.ndarray, width: int, height: int, mode: str = "bicubic") -> np.ndarray:
    """A picture uint8 [H, W, 3] stretched to width x height: antialiased, rounded to bytes, overshoot clipped.

    mode is "bicubic" or "bilinear".
    """
    planes = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]
    resized = F.interpolate(planes, (height, width), mode=mode, antialias=True)
    return resized[0].permute(1, 2, 0).numpy()


def cover(source: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    """The smallest (width, height) in the source's proportions that covers the target, the longer side rounded down."""
    (width, height), (to_width, to_height) = source, target
    if width * to_height >= height * to_width:
        return int(to_height * width / height), to_height
    return to_width, int(to_width * height / width)


def centre(size: tuple[int, int], target: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the middle target = (width, height) of a picture of this size."""
    left, top = (round((has - wants) / 2) for has, wants in zip(size, target, strict=True))
    return slice(top, top + target[1]), slice(left, left + target[0])
