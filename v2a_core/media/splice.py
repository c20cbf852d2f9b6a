"""A new piece in an old sound."""

import torch

from .audio import Audio, match_channels, resample

FADE_S = 0.02


def splice(old: Audio, new: Audio, start_s: float, end_s: float) -> Audio:
    """The old sound with what the new one has from start_s to end_s, at the old one's rate and channels.

    The two cross over within FADE_S outside the span; further out every sample is the old one's. The result is as long
    as the new sound; what the old one lacks is silence.
    """
    rate_hz = old.rate_hz
    fresh = match_channels(resample(new, rate_hz).samples, old.samples.shape[0])
    length = fresh.shape[-1]
    kept = torch.nn.functional.pad(old.samples[:, :length], (0, max(0, length - old.samples.shape[-1])))
    times_s = torch.arange(length, dtype=torch.float64) / rate_hz
    share = torch.minimum((times_s - start_s) / FADE_S + 1, (end_s - times_s) / FADE_S + 1).clamp(0, 1).float()
    return Audio(torch.lerp(kept, fresh, share), rate_hz)
