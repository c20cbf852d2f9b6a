"""Objectives: small where the answer is right, and fair to what is hard to hear."""

import pytest
import torch

from v2a_core.training.objective import flow_pair, mel_loss, onset_loss, spectral_loss


def test_flow_pair_lies_on_the_line_from_data_to_noise():
    data = torch.randn(64, 2, 5)
    x, sigma, velocity = flow_pair(data, torch.Generator().manual_seed(0))
    assert sigma.min() > 0
    assert sigma.max() < 1
    torch.testing.assert_close(x - sigma[:, None, None] * velocity, data, atol=1e-5, rtol=0)
    torch.testing.assert_close(x + (1 - sigma[:, None, None]) * velocity, data + velocity, atol=1e-5, rtol=0)


def onsets(*at):
    track = torch.zeros(1, 200)
    track[0, list(at)] = 0.7
    return track


def test_onset_loss_prefers_the_right_time_and_then_its_neighbours():
    guess = torch.full((1, 200), -4.0)
    guess[0, 100] = 4.0
    right, near, wrong = (onset_loss(guess, onsets(at)).item() for at in (100, 101, 110))
    assert right < 0.5 * near
    assert near < wrong


@pytest.mark.parametrize("shift", [1, 5])
def test_spectral_loss_hears_a_shift_in_its_complex_term_and_a_gain_in_the_others(shift):
    wave = torch.randn(2, 9600, generator=torch.Generator().manual_seed(1)) * 0.1
    same = spectral_loss(wave, wave)
    assert all(value < 1e-6 for value in same.values())
    shifted, louder = spectral_loss(wave.roll(shift, 1), wave), spectral_loss(wave * 1.5, wave)
    assert shifted["complex"] > 0.03
    assert louder["magnitude"] == pytest.approx(0.5, rel=0.01)
    assert louder["log"] > 0.3


def test_what_cannot_be_heard_does_not_count():
    silence, hiss = torch.zeros(1, 9600), torch.randn(1, 9600, generator=torch.Generator().manual_seed(1)) * 2e-6
    assert spectral_loss(hiss, silence)["log"] < 0.02
    assert mel_loss(hiss, silence) < 0.01
