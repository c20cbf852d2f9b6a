"""Scenes as poor footage has them: grey, grainy, blurred, squeezed by JPEG, few frames a second, small."""

import io
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from PIL import Image

from .lens import GREY, blurred
from .scene import Scene, encoder_frames

KINDS = ("grey", "grain", "blur", "jpeg", "12 fps", "160x120")
_JPEG_QUALITY = 30


def poor_frames(scene: Scene, kind: str, rng: Generator) -> np.ndarray:
    """What an encoder sees of a scene in footage of one of KINDS: uint8 [T, 64, 64, 3] at 25 Hz.

    Raises KeyError for any other kind.
    """
    if kind == "12 fps":
        # Filmed so, and not each picture held over its successors: those would be shown late, 40 ms in the mean.
        scene = replace(scene, fps=12.0)
    # At twice the size, so that what is done to it is neither lost nor all there is.
    frames = _WAYS[kind](encoder_frames(scene, size=128), rng)
    count, height, width, _ = frames.shape
    return frames.reshape(count, height // 2, 2, width // 2, 2, 3).mean((2, 4)).round().astype(np.uint8)


def _grey(frames, rng):
    return np.repeat((frames.astype(np.float32) @ GREY).round().astype(np.uint8)[..., None], 3, -1)


def _grain(frames, rng):
    noise = rng.standard_normal((*frames.shape[:3], 1), np.float32) * np.float32(rng.uniform(10, 25))
    return np.clip(frames + noise, 0, 255).round().astype(np.uint8)


def _blur(frames, rng):
    return blurred(frames.astype(np.float32), rng.uniform(0.01, 0.02) * frames.shape[1]).round().astype(np.uint8)


def _jpeg(frames, rng):
    def squeezed(frame):
        file = io.BytesIO()
        Image.fromarray(frame).save(file, "JPEG", quality=_JPEG_QUALITY)
        return np.asarray(Image.open(file))

    return np.stack([squeezed(frame) for frame in frames])


def _as_it_is(frames, rng):
    return frames


def _small(frames, rng):
    _, height, width, _ = frames.shape
    shrink = [Image.fromarray(frame).resize((160, 120), Image.Resampling.BOX) for frame in frames]
    return np.stack([np.asarray(frame.resize((width, height), Image.Resampling.BILINEAR)) for frame in shrink])


_WAYS = dict(zip(KINDS, (_grey, _grain, _blur, _jpeg, _as_it_is, _small), strict=True))
