"""Mini's eyes: a small network that watches for the moments at which something sounds."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...media.timeline import tick_count
from ...media.video import FrameChunk
from ..base import VisualFeatures

RATE_HZ = 25.0
SIZE = 64


@dataclass(frozen=True)
class VisualConfig:
    channels: tuple[int, ...] = (32, 64, 96)
    width: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4)


# A frame's vector depends on so many frames to either side: one by the motion channels, one by each layer over time.
_REACH = 3


class MiniVisual(nn.Module):
    """Frames at 25 Hz to one vector a frame: convolutions over places and moments, then dilated ones over time."""

    def __init__(self, config: VisualConfig = VisualConfig()):
        super().__init__()
        self.config = config
        first, *rest = config.channels
        # The first layer goes down to 16 x 16 at once: at full size memory traffic would cost more than all else.
        self.first = nn.Conv2d(5, first, 7, stride=4, padding=3)
        # What falls and what rises again at the same place is seen before places are pooled.
        self.frame = nn.ModuleList(
            nn.Conv3d(i, o, 3, stride=(1, 2, 2), padding=1) for i, o in pairwise(config.channels)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(8, channels) for channels in config.channels)
        side = SIZE // 4 >> len(rest)
        self.pool = nn.Linear(config.channels[-1] * side * side, config.width)
        self.time = nn.ModuleList(Dilated(config.width, dilation) for dilation in config.dilations)
        self.norm = nn.LayerNorm(config.width)
        self.mouth = nn.Linear(config.width, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames uint8 [B, T, 64, 64, 3] to features float [B, T, width]."""
        return self.over_time(self.each_frame(motion_channels(frames)))

    def each_frame(self, channels: Tensor) -> Tensor:
        """Motion channels [B, T, 5, H, W] to one vector a frame [B, T, width]."""
        batch, ticks = channels.shape[:2]
        h = self.first(channels.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        h = F.relu(self.norms[0](h), inplace=True)
        for conv, norm in zip(self.frame, list(self.norms)[1:], strict=True):
            h = conv(h.unflatten(0, (batch, ticks)).transpose(1, 2))
            # Each frame is normalised by itself, so that a video may be cut anywhere.
            h = F.relu(norm(h.transpose(1, 2).flatten(0, 1)), inplace=True)
        return self.pool(h.flatten(1)).unflatten(0, (batch, ticks))

    def over_time(self, h: Tensor) -> Tensor:
        """Mix [B, T, width] over time."""
        for block in self.time:
            h = block(h)
        return self.norm(h)

    def encode(self, chunks: Iterable[tuple[str, FrameChunk]], duration_s: float) -> VisualFeatures:
        """Encode a video as it streams by, frames of one chunk at a time; only the vectors are kept.

        Beside them is how open the mouth is that is seen, 0..1, where there is one.
        """
        device = self.pool.weight.device
        vectors, held, done = [], torch.empty(1, 0, SIZE, SIZE, 3, dtype=torch.uint8, device=device), 0
        for name, chunk in chunks:
            if name != "sync":
                continue
            held = torch.cat([held, chunk.frames[None].to(device)], 1)
            # A frame is done once those that it depends on have come.
            if held.shape[1] > done + _REACH:
                vectors.append(self.each_frame(motion_channels(held))[:, done:-_REACH])
                held = held[:, -2 * _REACH :]
                done = held.shape[1] - _REACH
        vectors.append(self.each_frame(motion_channels(held))[:, done:])
        features = self.over_time(torch.cat(vectors, 1))[0]
        features = features[: tick_count(duration_s, RATE_HZ)]
        seen = {"sync": features, "mouth": self.mouth(features).clamp(0, 1)}
        return VisualFeatures("mini", seen, dict.fromkeys(seen, RATE_HZ), duration_s)


class Dilated(nn.Module):
    """Residual dilated convolution over time with gated activation (WaveNet, van den Oord et al. 2016)."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.wide = nn.Conv1d(width, 2 * width, 3, padding=dilation, dilation=dilation)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.wide(self.norm(x).transpose(1, 2)).transpose(1, 2).chunk(2, -1)
        return x + self.out(gate.sigmoid() * value.tanh())


def motion_channels(frames: Tensor) -> Tensor:
    """Frames uint8 [B, T, H, W, 3] to grey, change since the last, change to the next, and two colour channels.

    Returns float32 [B, T, 5, H, W]; at the ends the change is zero.
    """
    # Planes first: arithmetic on interleaved colours is several times slower.
    red, green, blue = (frames.movedim(-1, 0).contiguous().float() / 255 - 0.5).unbind()
    grey = (red + green + blue) / 3
    change = F.pad((grey[:, 1:] - grey[:, :-1]) * 4, (0, 0, 0, 0, 1, 1))
    return torch.stack([grey, change[:, :-1], change[:, 1:], red - grey, blue - grey], 2)
