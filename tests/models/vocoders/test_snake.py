"""The activation against its definition, written out: stuff with zeros, filter, snake, filter, drop every other."""

import pytest
import torch
import torch.nn.functional as F
from golden_cases import draw

from v2a_core.models.vocoders import snake
from v2a_core.models.vocoders.snake import Snake, snake_kernels

CHANNELS = 3


def logs():
    return draw("alpha", (CHANNELS,)), draw("beta", (CHANNELS,))


def taps():
    """Two filters without symmetry, so that no two taps can be mistaken for each other."""
    return draw("up", (1, 1, 12)), draw("down", (1, 1, 12))


def by_definition(x):
    """x [B, C, T] through the activation as published."""
    (alpha, beta), (up, down) = logs(), taps()
    stuffed = 2 * F.conv_transpose1d(
        F.pad(x, (5, 5), mode="replicate"), up.repeat(CHANNELS, 1, 1), stride=2, groups=CHANNELS
    )
    doubled = stuffed[..., 15:-15]
    wave = torch.sin(doubled * alpha.exp()[:, None]) ** 2
    snaked = doubled + wave / (beta.exp()[:, None] + 1e-9)
    padded = F.pad(snaked, (5, 6), mode="replicate")
    return F.conv1d(padded, down.repeat(CHANNELS, 1, 1), stride=2, groups=CHANNELS)


def module(scale=1.0):
    out = Snake(CHANNELS).requires_grad_(False)
    for parameter, kernel in zip((out.up, out.down), snake_kernels(*logs(), *taps(), scale), strict=True):
        parameter.copy_(kernel)
    return out


@pytest.mark.parametrize("length", [1, 2, 5, 6, 7, 40])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_snake_is_what_its_definition_says(length, layout):
    x = draw("x", (2, CHANNELS, length))
    out = module()(x[:, :, None].contiguous(memory_format=layout))
    torch.testing.assert_close(out[:, :, 0], by_definition(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tile", [6, 7, 9, 13])
def test_tiles_change_nothing(tile, monkeypatch):
    monkeypatch.setattr(snake, "_TILE", tile * CHANNELS)
    for length in range(1, 3 * tile):
        x = draw("x", (1, CHANNELS, length))
        torch.testing.assert_close(module()(x[:, :, None])[:, :, 0], by_definition(x), rtol=1e-4, atol=1e-5)


def test_scale_is_of_what_comes_in():
    x = draw("x", (1, CHANNELS, 20))
    torch.testing.assert_close(module(1 / 3)(3 * x[:, :, None])[:, :, 0], by_definition(x), rtol=1e-4, atol=1e-5)
