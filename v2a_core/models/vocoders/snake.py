"""BigVGAN's activation: a periodic function, taken at twice the rate so that nothing it makes folds back as aliasing.

snake(x) = x + sin²(a x) / b per channel, between a filter that doubles the rate and one that halves it again, twelve
taps each (Lee et al. 2023, after Karras et al. 2021). Both filters are kept as their even and odd halves, so nothing
is stuffed with zeros or thrown away. One convolution makes four rows out of one: even and odd samples of x, and of
a x for the sine; one convolution makes one row out of the four. 1 / b is in its kernel.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACH = 6  # samples to either side that one output depends on
_HALF = REACH // 2  # of it, each of the two filters
_TILE = 1 << 17  # values: with four rows in between, what a core's second-level cache holds


class Snake(nn.Module):
    """The activation of one place; rows are time, [B, C, 1, T]."""

    def __init__(self, channels: int):
        super().__init__()
        self.up = nn.Parameter(torch.zeros(channels, 1, 4, 2 * _HALF + 1))
        self.down = nn.Parameter(torch.zeros(channels, 1, 4, 2 * _HALF + 1))

    def forward(self, x: Tensor) -> Tensor:
        channels, length = x.shape[1], x.shape[3]
        if x.device.type != "cpu":
            return self._part(x, 0, length)
        # Four rows at a time that stay in the cache; whole ones would go to memory and back six times.
        tile = max(REACH, _TILE // channels)
        out = torch.empty_like(x)
        for start in range(0, length, tile):
            end = min(start + tile, length)
            out[..., start:end] = self._part(x, start, end)
        return out

    def _part(self, x: Tensor, start: int, end: int) -> Tensor:
        channels, length = x.shape[1], x.shape[3]
        before, after = max(0, REACH - start), max(0, end + REACH - length)
        part = x[..., max(0, start - REACH) : end + REACH]
        if before or after:
            part = F.pad(part, (before, after, 0, 0), mode="replicate")
        rows = F.conv2d(part, self.up, padding=(3, 0), groups=channels)
        rows[:, :, 2:].sin_().square_()
        # Beyond its ends the doubled signal repeats its first and last sample, which are an even and an odd one.
        before, after = max(0, before - _HALF), max(0, after - _HALF)
        if before:
            rows[..., :before] = rows[:, :, ::2, before : before + 1].repeat_interleave(2, dim=2)
        if after:
            last = rows.shape[3] - after
            rows[..., last:] = rows[:, :, 1::2, last - 1 : last].repeat_interleave(2, dim=2)
        return F.conv2d(rows, self.down, groups=channels)


def snake_kernels(alpha: Tensor, beta: Tensor, up: Tensor, down: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """The two kernels of a Snake [C, 1, 4, 7], from the logarithms of a and b [C] and the taps of the two filters.

    The snake is of scale * x. Tap h[k] of the filter that doubles the rate brings x[t + s] to the even sample 2 t
    where k = 5 - 2 s and to the odd sample 2 t + 1 where k = 6 - 2 s, with gain 2; tap k of the other brings the even
    sample 2 (t + s) to t where k = 5 + 2 s and the odd one where k = 6 + 2 s.
    """
    a, b = alpha.float().exp().view(-1, 1, 1), beta.float().exp().view(-1, 1, 1) + 1e-9
    up, down = 2 * scale * up.float().flatten(), down.float().flatten()
    doubled = torch.stack([F.pad(up[1::2].flip(0), (0, 1)), F.pad(up[0::2].flip(0), (1, 0))])
    halved = torch.stack([F.pad(down[1::2], (1, 0)), F.pad(down[0::2], (0, 1))])
    # A row of the output sees the one row of the input through the kernel's rows from the last to the first.
    rows_up = torch.cat([doubled.expand(len(a), -1, -1), a * doubled], dim=1).flip(1)
    rows_down = torch.cat([halved.expand(len(a), -1, -1), halved / b], dim=1)
    return rows_up[:, None].contiguous(), rows_down[:, None].contiguous()
