"""Mini's mel and vocoder agree on where in time things are."""

import pytest
import torch

from v2a_core.models.mini.mel import SILENCE, log_mel
from v2a_core.models.mini.vocoder import MiniVocoder, VocoderConfig


def test_mel_frame_is_centred_on_its_sample():
    wave = torch.zeros(1, 24_000)
    wave[0, 12_000] = 1.0
    mel = log_mel(wave)
    assert mel.shape == (1, 80, 100)
    assert mel.mean(1)[0].argmax() == 50
    assert mel[..., :40].max() == pytest.approx(SILENCE, abs=1e-4)


@torch.inference_mode()
def test_vocoder_gives_every_sample_of_every_frame():
    torch.manual_seed(0)
    vocoder = MiniVocoder(VocoderConfig(width=32, inner=32, depth=2)).eval()
    latent = torch.randn(2, 80, 33)
    wave = vocoder.decode(latent)
    assert wave.shape == (2, 1, 33 * 240)
    assert wave.isfinite().all()
    assert torch.equal(vocoder.decode(latent), wave)  # the noise in it is the same every time


@torch.inference_mode()
def test_a_frame_sounds_at_its_place():
    torch.manual_seed(0)
    vocoder = MiniVocoder(VocoderConfig(width=32, inner=32, depth=2)).eval()
    latent, noise = torch.randn(2, 80, 33), torch.randn(2, 33 * 240)
    changed = latent.clone()
    changed[..., 20] += 3
    where = (vocoder(changed, noise) - vocoder(latent, noise)).abs().sum(0).nonzero()[:, 0]
    # Three convolutions of seven frames and half a window to either side of frame 20.
    assert where.min() >= (20 - 9) * 240 - 512
    assert where.max() <= (20 + 9) * 240 + 512
