"""Objectives: small where the answer is right, and fair to what is hard to hear."""

import torch

from v2a_core.training.objective import flow_pair, mel_loss, onset_loss, spectra, spectral_distance


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


def noise(seed):
    return torch.randn(2, 9600, generator=torch.Generator().manual_seed(seed)) * 0.1


def test_spectral_distance_is_nothing_between_the_same_and_grows_with_the_gain():
    same, louder, much_louder = (
        spectral_distance(spectra(noise(1) * gain), spectra(noise(1))).item() for gain in (1, 1.5, 3)
    )
    assert same < 0.02
    assert same < 0.2 * louder < 0.2 * much_louder


def test_energy_distance_prefers_other_noise_to_the_mean_of_all_noises():
    def energy(made, other):
        a, b, true = spectra(made), spectra(other), spectra(noise(1))
        return (spectral_distance(a, true) + spectral_distance(b, true) - spectral_distance(a, b)).item()

    # A train of clicks at the hop has the spectrum of noise without its chance: the buzz that must not win.
    clicks = torch.zeros(2, 9600)
    clicks[:, ::60] = 0.1 * 60**0.5
    assert energy(noise(2), noise(3)) < 0.8 * energy(clicks, clicks.clone())


def test_what_cannot_be_heard_is_silence_to_the_latent():
    silence, hiss = torch.zeros(1, 9600), torch.randn(1, 9600, generator=torch.Generator().manual_seed(1))
    assert mel_loss(hiss * 2e-6, silence) < 0.01
    assert mel_loss(hiss * 2e-2, silence) > 0.5
