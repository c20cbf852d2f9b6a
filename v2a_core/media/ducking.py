"""Turning sounds down while another, such as speech, is heard."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from .audio import Audio

STEP_S = 0.01


@dataclass(frozen=True)
class Ducking:
    """How sounds make room: by depth_db while the key's level (RMS over STEP_S) is above threshold_dbfs.

    The gain falls in a straight line in decibels and is down by when the key starts: it begins attack_s earlier. It
    rises over release_s when the key has ended.
    """

    depth_db: float = 12.0
    threshold_dbfs: float = -40.0
    attack_s: float = 0.05
    release_s: float = 0.4

    def __post_init__(self):
        if not 0 <= self.depth_db <= 100:
            raise InputError(f"The ducking's depth is {self.depth_db!r} dB: give a number from 0 to 100.")
        for name, value in (("attack", self.attack_s), ("release", self.release_s)):
            if not 0 <= value <= 60:
                raise InputError(f"The ducking's {name} is {value!r} s: give a number from 0 to 60.")


def levels_dbfs(audio: Audio) -> Tensor:
    """Root mean square of every STEP_S over all channels, in dB of full scale: [C, N] -> [steps]."""
    step = round(STEP_S * audio.rate_hz)
    power = F.pad(audio.samples.square().mean(0), (0, -audio.samples.shape[-1] % step)).view(-1, step).mean(1)
    return 10 * torch.log10(power.clamp(min=1e-20))


def duck_gain(key: Audio, ducking: Ducking) -> Tensor:
    """The gain, 0..1, of what makes room for `key`, at each of its samples: [N]."""
    attack = max(1, round(ducking.attack_s / STEP_S))
    heard = (levels_dbfs(key) > ducking.threshold_dbfs).float()
    # At each border between two steps: from attack_s before the key starts until it ends.
    wanted = F.max_pool1d(F.pad(heard, (1, attack))[None], attack + 1, stride=1)[0].tolist()
    fall, rise = ducking.depth_db / attack, ducking.depth_db / max(1, round(ducking.release_s / STEP_S))
    gains_db, now_db = [], -ducking.depth_db if wanted[0] else 0.0
    for is_down in wanted:
        now_db = max(now_db - fall, -ducking.depth_db) if is_down else min(now_db + rise, 0.0)
        gains_db.append(now_db)
    count = round(STEP_S * key.rate_hz) * len(heard) + 1
    smooth_db = F.interpolate(torch.tensor(gains_db)[None, None], count, mode="linear", align_corners=True)[0, 0]
    return 10 ** (smooth_db[: key.samples.shape[-1]] / 20)
