"""How much of a sound is silence."""

import torch
import torch.nn.functional as F

from ..media.audio import Audio

BLOCK_S = 0.1
FLOOR_DBFS = -60.0


def silent_share(audio: Audio) -> float:
    """Share of the time below -60 dBFS (RMS of blocks of 0.1 s over all channels), 0..1; 1 where nothing is heard.

    Neither end is the better one: footsteps have silence between them, rain has none.
    """
    samples = audio.samples.double()
    size = max(1, min(round(BLOCK_S * audio.rate_hz), samples.shape[-1]))
    power = F.avg_pool1d(samples.square().mean(0)[None], size, ceil_mode=True)[0]
    return float((power < 10 ** (FLOOR_DBFS / 10)).to(torch.float64).mean())
