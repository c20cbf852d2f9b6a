"""Pictures of a sound while it is refined: the spectrogram of what a run would end in, as far as it is known."""

import math
import time
from collections.abc import Callable

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from ..room import out_of_memory
from .colours import RANGE_DB, heat

WIDTH, HEIGHT = 512, 160
EVERY_S = 1.0  # a picture at most this often ...
SHARE = 0.02  # ... and all of them in at most this share of a run
PROBE = 8  # what a picture costs is measured on this part of one before the first is drawn
SILENCE_DB = -200.0


class LivePicture:
    """Draws latents on their way, as often as a small share of the time that passes is enough for.

    spectrogram turns a latent [1, C, T] into decibels [1, bands, frames], the lowest band first. No more than
    most_frames of a latent are drawn. ready() is asked before anything is computed, and may have no room for it.
    """

    def __init__(
        self,
        spectrogram: Callable[[Tensor], Tensor],
        most_frames: int,
        ready: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.perf_counter,
    ):
        self.spectrogram, self.most_frames, self.ready, self.clock = spectrogram, most_frames, ready, clock
        # What a latent's frame costs, where that is known, and what any picture costs.
        self._frame_s: float | None = None
        self._paint_s = 0.0
        self._looked = -math.inf
        self.begin()

    def begin(self) -> None:
        """A run begins, which counts by itself."""
        self._began, self._spent_s = self.clock(), 0.0

    def draw(self, latent: Tensor) -> np.ndarray | None:
        """The first latent of [B, C, T] as uint8 [160, 512, 3]; None where it is too early for another picture."""
        latent = latent[:1, :, : self.most_frames]
        if self.clock() - self._looked < EVERY_S or not self._affords(latent):
            return None
        self._looked = self.clock()
        try:
            if not self.ready():
                return None
            latent[0, 0, 0].item()  # what a device has still to do for the run is none of the picture's cost
            if self._frame_s is None:
                probe = latent[..., : -(-latent.shape[-1] // PROBE)]
                self._timed(probe)  # the first of anything is slow
                self._timed(probe)
            return self._timed(latent) if self._affords(latent) else None
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            self._frame_s = math.inf
            return None

    def _affords(self, latent: Tensor) -> bool:
        cost_s = self._paint_s + (self._frame_s or 0.0) * latent.shape[-1]
        return self._spent_s + cost_s <= SHARE * (self.clock() - self._began)

    def _timed(self, latent: Tensor) -> np.ndarray:
        times_s = [self.clock()]
        level = self.spectrogram(latent)[0].float().cpu()
        times_s.append(self.clock())
        picture = _painted(level)
        times_s.append(self.clock())
        self._spent_s += times_s[2] - times_s[0]
        self._frame_s, self._paint_s = (times_s[1] - times_s[0]) / latent.shape[-1], times_s[2] - times_s[1]
        return picture


def _painted(level_db: Tensor) -> np.ndarray:
    """Decibels [bands, frames] as a picture, the lowest band at its foot."""
    level = level_db.nan_to_num(SILENCE_DB, 0.0, SILENCE_DB).flip(0)
    level = F.interpolate(level[None, None], (HEIGHT, WIDTH), mode="bilinear", antialias=True)[0, 0].numpy()
    return heat(level, max(level.max(), SILENCE_DB + RANGE_DB))  # silence is the ground, not its own lightest
