"""Frames as poor footage has them: grey, grainy, blurred, squeezed by JPEG, few a second, small."""

import io

import numpy as np
from numpy.random import Generator
from PIL import Image

from .lens import GREY, blurred

KINDS = ("grey", "grain", "blur", "jpeg", "12 fps", "160x120")
_JPEG_QUALITY = 30


def degraded(frames: np.ndarray, kind: str, rng: Generator, rate_hz: float = 25) -> np.ndarray:
    """Frames uint8 [T, H, W, 3] at rate_hz after one of KINDS; raises KeyError for any other kind."""
    return _WAYS[kind](frames, rng, rate_hz)


def halved(frames: np.ndarray) -> np.ndarray:
    """Frames of half the height and width, each pixel the mean of four."""
    count, height, width, _ = frames.shape
    return frames.reshape(count, height // 2, 2, width // 2, 2, 3).mean((2, 4)).round().astype(np.uint8)


def _grey(frames, rng, rate_hz):
    return np.repeat((frames.astype(np.float32) @ GREY).round().astype(np.uint8)[..., None], 3, -1)


def _grain(frames, rng, rate_hz):
    noise = rng.standard_normal((*frames.shape[:3], 1), np.float32) * np.float32(rng.uniform(10, 25))
    return np.clip(frames + noise, 0, 255).round().astype(np.uint8)


def _blur(frames, rng, rate_hz):
    return blurred(frames.astype(np.float32), rng.uniform(0.01, 0.02) * frames.shape[1]).round().astype(np.uint8)


def _jpeg(frames, rng, rate_hz):
    def squeezed(frame):
        file = io.BytesIO()
        Image.fromarray(frame).save(file, "JPEG", quality=_JPEG_QUALITY)
        return np.asarray(Image.open(file))

    return np.stack([squeezed(frame) for frame in frames])


def _slow(frames, rng, rate_hz):
    ticks = np.arange(len(frames)) / rate_hz
    shown = np.floor(ticks * 12 + 1e-6) / 12
    return frames[np.round(shown * rate_hz).astype(int)]


def _small(frames, rng, rate_hz):
    _, height, width, _ = frames.shape
    shrink = [Image.fromarray(frame).resize((160, 120), Image.Resampling.BOX) for frame in frames]
    return np.stack([np.asarray(frame.resize((width, height), Image.Resampling.BILINEAR)) for frame in shrink])


_WAYS = dict(zip(KINDS, (_grey, _grain, _blur, _jpeg, _slow, _small), strict=True))
