"""The last touch on Mini's sound: nearer to the latent, and nothing where there is nothing to do."""

import pytest
import torch

from v2a_core.models.mini.mel import log_mel
from v2a_core.models.mini.refine import match_mel


@pytest.fixture
def strike():
    """A struck tone that rings out after a tenth of a second of digital silence, [1, 24000]."""
    time = torch.arange(24_000) / 24_000
    return (torch.sin(time * 2 * torch.pi * 880) * torch.exp(-8 * (time - 0.1)) * (time >= 0.1))[None] * 0.5


def distance(wave, latent):
    return (log_mel(wave) - latent).abs().mean().item()


def test_its_mel_comes_nearer_to_the_latent(strike):
    latent = log_mel(strike)
    blurred = strike + 0.02 * torch.randn(strike.shape, generator=torch.Generator().manual_seed(0))
    before, once, after = (distance(match_mel(blurred, latent, n), latent) for n in (0, 1, 10))
    assert after < once < before
    assert after < 0.2 * before


def test_a_sound_that_fits_is_left_alone(strike):
    matched = match_mel(strike, log_mel(strike))
    assert (matched - strike).abs().max() < 0.02 * strike.abs().max()


def test_silence_stays_silent(strike):
    silence = torch.zeros_like(strike)
    assert not match_mel(silence, log_mel(silence)).any()
    assert match_mel(strike, log_mel(silence)).abs().max() < 1e-3
