"""What FFmpeg converts: sound between rates that share no divisor, and to stereo from channels that no file takes."""

import av
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

# What files are written with, by the number of channels.
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
# The resampler looks this far ahead, and more.
_TAIL_S = 0.02
_BLOCK = 1 << 16


def resampled(samples: Tensor, rate_hz: int, to_hz: int) -> Tensor:
    """float32 [C, N] at another rate, ceil(N * to_hz / rate_hz) samples, whatever the rates in bounded memory."""
    length = -(-samples.shape[-1] * to_hz // rate_hz)
    padded = pad(samples, (0, round(_TAIL_S * rate_hz)))
    return torch.stack([_channel(channel, rate_hz, to_hz)[:length] for channel in padded])


def downmix(layout: av.AudioLayout) -> Tensor:
    """The gains float32 [2, C] that make a layout's channels stereo, all alike where FFmpeg knows no place for them."""
    channels = layout.nb_channels
    alike = torch.full((2, channels), 1 / channels)
    if any(channel.name == "NONE" for channel in layout.channels):
        return alike
    # A sample that is heard in each of the channels, one after the other.
    frame = av.AudioFrame.from_ndarray(np.eye(channels, dtype=np.float32).reshape(1, -1), "flt", layout.name)
    frame.sample_rate = 48000
    try:
        (mixed,) = av.AudioResampler("fltp", "stereo", 48000).resample(frame)
    except av.FFmpegError:
        return alike
    return torch.from_numpy(mixed.to_ndarray())


def _channel(samples: Tensor, rate_hz: int, to_hz: int) -> Tensor:
    resampler, parts = av.AudioResampler("fltp", "mono", to_hz), []
    for block in (*samples.split(_BLOCK), None):
        frame = block
        if block is not None:
            frame = av.AudioFrame.from_ndarray(block[None].contiguous().numpy(), "fltp", "mono")
            frame.sample_rate = rate_hz
        parts += [torch.from_numpy(made.to_ndarray()[0]) for made in resampler.resample(frame)]
    return torch.cat(parts)
