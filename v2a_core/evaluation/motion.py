"""How much the picture changes, frame by frame: what the preview draws and what a sound is compared with."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..media.video import FrameChunk, FrameRate, VideoInfo, VideoSource, probe, read_frames

MOST_HZ = 25.0
WIDTH, HEIGHT = 96, 54
# A peak of motion rises this much over what is this near on either side; no two are closer than the gap.
LEAST, AROUND_S, GAP_S = 0.2, 0.16, 0.12
REPEATED = 0.2  # of the change before and the one after: what lies below is a picture shown twice


def motion_rate(info: VideoInfo) -> FrameRate:
    """The pictures that changes are measured on."""
    # Asked for more often than it has frames, a video would stand still between them.
    return FrameRate(min(MOST_HZ, float(info.fps)), WIDTH, HEIGHT)


class MotionMeter:
    """Takes the chunks of `motion_rate` in order; `change` is then float32 [T] in grey levels, 0 for the first."""

    def __init__(self, info: VideoInfo):
        self._fps = float(info.fps)
        self._changes: list[np.ndarray] = []
        self._before: Tensor | None = None
        self._seen_s = 0.0

    def see(self, chunk: FrameChunk) -> None:
        """Take the next pictures."""
        grey = chunk.frames.float().mean(-1)
        first = self._before is None
        grey = torch.cat((grey[:1] if first else self._before, grey))
        times_s = np.append(chunk.times_s[0] if first else self._seen_s, chunk.times_s)
        # Per frame of the source: where every sixth is left out, every fifth change would look twice as large.
        frames = np.maximum(np.diff(times_s) * self._fps, 1).astype(np.float32)
        self._changes.append(grey.diff(dim=0).abs().mean((1, 2)).numpy() / frames)
        self._before, self._seen_s = grey[-1:], times_s[-1]

    @property
    def change(self) -> np.ndarray:
        """How much each picture differs from the one before it, in grey levels a frame of the source."""
        return np.concatenate(self._changes)


def watch_motion(source: VideoSource, progress: Callable[[str, int, int], None] | None = None):
    """A video's changes, float32 [T], and their rate in Hz; read once, in bounded memory."""
    info = probe(source)
    rate, meter = motion_rate(info), MotionMeter(info)
    for _, chunk in read_frames(source, {"motion": rate}, progress=progress):
        meter.see(chunk)
    return meter.change, rate.rate_hz


def without_repeats(change: np.ndarray) -> np.ndarray:
    """Changes [T] with those of pictures that are shown twice filled in: where 24 a second were made 25, one a second.

    Motion that really stops does so for longer than a picture.
    """
    around = np.minimum(change[:-2], change[2:])
    filled = change.copy()
    filled[1:-1] = np.where(change[1:-1] < REPEATED * around, around, change[1:-1])
    return filled


def standing_out(change: np.ndarray) -> np.ndarray:
    """Changes [T] to 0..1: how far each rises over what never stops, such as grain or a moving camera."""
    # One cut must not flatten the rest, nor must the noise of a still picture fill the range: half a grey level, or a
    # quarter of what is always there, stays small.
    always, most = np.percentile(change[1:] if len(change) > 1 else change, (10, 99))
    return np.clip((change - always) / max(most - always, 0.5, 0.25 * most), 0, 1)


def motion_peaks(change: np.ndarray, rate_hz: float) -> np.ndarray:
    """Times in seconds at which a video's motion is at its height, float64 [n], ascending: where things hit and stop.

    On clips of the training split, whose hits, strikes and steps are known, 0.45 of them are within 50 ms of one, and
    0.71 of those are found.
    """
    level = standing_out(without_repeats(change))
    reach = round(AROUND_S * rate_hz)
    padded = np.pad(level, reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, reach + 1).min(1)
    # How far it falls on that side of a picture where it falls less.
    height = level - np.maximum(lowest[: len(level)], lowest[reach:])
    left, right = np.pad(level, (1, 0))[:-1], np.pad(level, (0, 1))[1:]
    tops = np.flatnonzero((height > LEAST) & (level > left) & (level >= right))
    kept = np.zeros(len(level), bool)
    gap = int(GAP_S * rate_hz)
    for top in tops[np.argsort(-height[tops], kind="stable")]:
        kept[top] = not kept[max(0, top - gap) : top + gap + 1].any()
    return np.flatnonzero(kept) / rate_hz
