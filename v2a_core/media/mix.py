"""Two sounds into one."""

import torch

from .audio import Audio, match_channels, resample


def mix_tracks(original: Audio, added: Audio) -> Audio:
    """The sum of both, at the higher rate and the larger number of channels, turned down as a whole if it would clip.

    Both begin together; the shorter one ends in silence.
    """
    rate_hz = max(original.rate_hz, added.rate_hz)
    channels = max(original.samples.shape[0], added.samples.shape[0])
    tracks = [match_channels(resample(track, rate_hz).samples, channels) for track in (original, added)]
    total = torch.zeros(channels, max(track.shape[-1] for track in tracks))
    for track in tracks:
        total[:, : track.shape[-1]] += track
    return Audio(total / total.abs().max().clamp(min=1.0), rate_hz)
