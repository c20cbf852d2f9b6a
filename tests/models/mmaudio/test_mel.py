"""MMAudio's mel front ends against upstream's own output, and where silence lies."""

import pytest
import torch
from golden_cases import distance, draw, outputs

from v2a_core.models.mmaudio.mel import MELS, log_mel

EXACT = 1e-4


@pytest.mark.parametrize("rate", MELS)
def test_mel_is_upstreams(rate):
    case, mel = f"mmaudio_mel_{rate}", MELS[rate]
    wave = 0.1 * draw(f"{case}.wave", (1, mel.sample_rate_hz))
    assert distance(log_mel(wave, mel), outputs(case)["mel"]) < EXACT


@pytest.mark.parametrize(("rate", "silence"), [("16k", -5.0), ("44k", -11.5129)])
def test_silence_has_one_value(rate, silence):
    mel = MELS[rate]
    out = log_mel(torch.zeros(2, 690 * mel.hop), mel)
    assert out.shape == (2, mel.bands, 690)
    assert out.unique().tolist() == pytest.approx([silence], abs=1e-4)


def test_what_exceeds_full_scale_is_clipped():
    square = torch.ones(1, 8192).mul(torch.arange(8192).div(50).floor().mul(torch.pi).cos())
    assert torch.equal(log_mel(3 * square, MELS["44k"]), log_mel(square, MELS["44k"]))
