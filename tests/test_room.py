"""A device that runs out of memory: what was too much is done in halves and said, or told where it can't be less."""

import logging

import pytest
import torch

from v2a_core import cli
from v2a_core.clip import Job, Run, clip_sounds
from v2a_core.job import Script
from v2a_core.media.audio import Audio
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.encoders.batches import Batches
from v2a_core.prompts.cues import cue_sheet
from v2a_core.room import Room
from v2a_core.sampling.guidance import InBatches
from v2a_core.settings import Settings
from v2a_core.stages import decode, encode_audio

SPENT = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def limited(run, most, size=len):
    """A function that runs out of memory where its first argument's size is more than most; .sizes are those it saw."""

    def limited(*arguments, **named):
        limited.sizes.append(size(arguments[0]))
        if limited.sizes[-1] > most:
            raise SPENT
        return run(*arguments, **named)

    limited.sizes = []
    return limited


@pytest.fixture
def mini():
    """Mini of this test's own, whose parts it may limit."""
    return load_family("mini", weights="random")


def frames(latent):
    return latent.shape[-1]


def test_batches_are_halved_from_then_on_and_it_is_said(caplog):
    encode, items = limited(lambda batch: 2 * batch, most=2), [torch.tensor([float(n)]) for n in range(12)]
    batches = Batches(encode, 6)
    for item in items:
        batches.add(item)
    assert torch.equal(batches.results(), 2 * torch.stack(items))
    assert encode.sizes == [6, 3, 2, 1, 2, 1, 2, 1, 2, 1]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "out of memory" in caplog.text and "encode a batch of 6 at once, so halves" in caplog.text


def test_a_network_is_asked_in_smaller_batches(mini, caplog):
    def network(x, sigma, text):
        return x * sigma[:, None, None] + text

    asked = limited(network, most=1)
    x, sigma, text = (torch.rand(5, *shape) for shape in ((2, 3), (), (1, 3)))
    torch.testing.assert_close(InBatches(asked)(x, sigma, text=text), network(x, sigma, text), rtol=0, atol=0)
    assert asked.sizes[0] == 5 and asked.sizes.count(1) == 5


def test_a_latent_is_decoded_in_halves(mini, caplog):
    latent = torch.randn(1, 80, 1000, generator=torch.Generator().manual_seed(0))

    def smooth(latent):
        wave = latent.mean(1, keepdim=True).repeat_interleave(240, -1)
        return torch.nn.functional.avg_pool1d(wave, 481, 1, 240)

    mini.decoder.decode = smooth
    whole = decode(mini, latent, 10.0).samples
    mini.decoder.decode = limited(smooth, most=450, size=frames)
    halves = decode(mini, latent, 10.0).samples
    assert mini.decoder.decode.sizes == [1000, 600, 400, 400, 400, 400] and len(caplog.records) == 2
    torch.testing.assert_close(halves[:, :-120], whole[:, :-120])


def test_a_sound_is_encoded_in_halves(mini):
    sound = Audio(torch.randn(1, 240_000, generator=torch.Generator().manual_seed(0)) * 0.1, 24000)
    whole, encode = encode_audio(mini, sound, 10.0), mini.encoder.encode
    mini.encoder.encode = limited(encode, most=450 * 240, size=frames)
    torch.testing.assert_close(encode_audio(mini, sound, 10.0), whole)
    assert max(mini.encoder.encode.sizes[1:]) == 600 * 240


def test_a_job_is_done_with_little_memory(mini, clip, caplog):
    def sound():
        job = Job(VideoSource.from_path(clip), 2.0, (Script(cue_sheet("rain", "wind")),), settings, (0, 1))
        return clip_sounds(job, Run(mini, "cpu", None, owned=False))[0]

    settings = Settings.for_family(mini.spec, 0, steps=2, cfg=3.0, video_cfg=2.0)
    takes = sound()
    mini.network.forward = limited(mini.network.forward, most=1)
    for alone, together in zip(sound(), takes, strict=True):
        torch.testing.assert_close(alone.samples, together.samples, rtol=0, atol=1e-3)
    assert "refine a batch of 6 at once" in caplog.text


@pytest.mark.parametrize("words", ["MPS backend out of memory", "DefaultCPUAllocator: can't allocate memory"])
def test_too_little_for_the_least_is_told(mini, clip, capsys, monkeypatch, tmp_path, words):
    monkeypatch.setattr("v2a_core.pipeline.load_family", lambda *_, **__: mini)

    def network(*_, **__):
        raise RuntimeError(words)

    mini.network.forward = network
    assert cli.main(["generate", str(clip), "-o", str(tmp_path / "out.mp4"), "--steps", "1"]) == cli.FAILED
    told = capsys.readouterr().err
    assert "can't refine a batch of 1, which is the least" in told and "choose a smaller one" in told
    assert list(tmp_path.iterdir()) == []


def test_other_errors_are_left_alone():
    def wrong():
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        Room("do {}").do(8, wrong, wrong)
