"""The convolution with fewer multiplications against the plain one."""

import pytest
import torch
import torch.nn.functional as F
from golden_cases import distance, draw

from v2a_core.models.vocoders import time_conv
from v2a_core.models.vocoders.time_conv import TimeConv, fast_conv


@pytest.mark.parametrize("kernel", [1, 3, 5, 7, 9, 11])
@pytest.mark.parametrize("dilation", [1, 3, 5])
@pytest.mark.parametrize("length", [1, 4, 30, 33])
def test_it_is_the_plain_convolution(kernel, dilation, length, monkeypatch):
    monkeypatch.setattr(time_conv, "_BLOCK", 5 * 7 * 9)  # five tiles at a time
    x, weight, bias = draw("x", (2, 6, 1, length)), draw("weight", (9, 6, 1, kernel)), draw("bias", (9,))
    exact = F.conv1d(
        x[:, :, 0].double(),
        weight[:, :, 0].double(),
        bias.double(),
        padding=kernel // 2 * dilation,
        dilation=dilation,
    )
    out = fast_conv(x, weight, bias, dilation)
    assert out.shape == (2, 9, 1, length)
    assert out.is_contiguous(memory_format=torch.channels_last)
    assert distance(out[:, :, 0].double(), exact) < 3e-6


def test_wide_layers_take_it(monkeypatch):
    taken = []
    monkeypatch.setattr(time_conv, "fast_conv", lambda *arguments: taken.append(fast_conv(*arguments)) or taken[-1])
    width = -(-time_conv.WEIGHTS // 7)
    layer = TimeConv(width, width, 7, dilation=3).requires_grad_(False)
    layer.weight.copy_(draw("weight", layer.weight.shape) / 40)
    x = draw("x", (1, width, 1, time_conv.FRAMES)).contiguous(memory_format=torch.channels_last)
    out = layer(x)
    assert len(taken) == 1
    assert distance(out, F.conv2d(x, layer.weight, layer.bias, padding=(0, 9), dilation=(1, 3))) < 3e-6
    layer(x[..., 1:])
    assert len(taken) == 1
    TimeConv(width - 1, width - 1, 7)(x[:, 1:])
    assert len(taken) == 1
