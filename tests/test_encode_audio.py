"""Sounds as latents: every family's own, over exact durations, and encoders that stay in their files till then."""

import math
from types import SimpleNamespace

import foley_files
import mmaudio_files
import pytest
import torch
from safetensors.torch import load_file, save_file

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, resample
from v2a_core.models import load_family
from v2a_core.models.mini.mel import log_mel
from v2a_core.models.mmaudio.mel import MELS
from v2a_core.models.mmaudio.mel import log_mel as mmaudio_mel
from v2a_core.stages import decode, encode_audio

FAMILIES = ["mini", "mmaudio_small_16k", "hunyuan_foley_xl"]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    if request.param.startswith("hunyuan"):
        pytest.importorskip("transformers")
    return load_family(request.param, weights="random")


def tone(seconds=1.0, rate_hz=48000, channels=1):
    wave = 0.3 * torch.sin(torch.arange(round(seconds * rate_hz)) * (2 * math.pi * 440 / rate_hz))
    return Audio(wave.expand(channels, -1).contiguous(), rate_hz)


@pytest.mark.parametrize("duration_s", [0.02, 1.23])
def test_a_sound_becomes_a_latent_of_its_duration(family, duration_s):
    spec = family.spec
    latent = encode_audio(family, tone(), duration_s)
    assert latent.shape == (1, spec.latent_channels, spec.latent_length(duration_s))
    assert latent.dtype == torch.float32 and latent.isfinite().all() and latent.std() > 0
    assert decode(family, latent, duration_s).samples.shape[1] == round(duration_s * spec.sample_rate_hz)


def test_silence_follows_and_what_is_longer_is_cut(family):
    short, rate_hz = tone(0.5), 48000
    padded = Audio(torch.nn.functional.pad(short.samples, (0, rate_hz)), rate_hz)
    torch.testing.assert_close(encode_audio(family, short, 1.0), encode_audio(family, padded, 1.0))
    assert encode_audio(family, tone(3.0), 1.0).shape == encode_audio(family, tone(1.0), 1.0).shape


def test_channels_are_mixed_and_any_rate_is_taken(family):
    mono = encode_audio(family, tone(2.0), 1.0)
    six, slow = tone(2.0, channels=6), resample(tone(2.0), family.spec.sample_rate_hz)
    torch.testing.assert_close(encode_audio(family, six, 1.0), mono, atol=1e-2, rtol=1e-2)
    torch.testing.assert_close(encode_audio(family, slow, 1.0), mono, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_sound_that_is_not_finite(family, bad):
    with pytest.raises(InputError, match="not finite"):
        encode_audio(family, Audio(torch.full((1, 48000), bad), 48000), 1.0)


@pytest.mark.parametrize("duration_s", [0.0, math.nan, 1e9])
def test_durations_that_are_none(family, duration_s):
    with pytest.raises(InputError, match="The sound lasts"):
        encode_audio(family, tone(), duration_s)


def test_a_model_without_an_encoder_says_so(mini):
    with pytest.raises(InputError, match="'mini' can't begin with a sound"):
        encode_audio(SimpleNamespace(spec=mini.spec), tone(), 1.0)


def test_mini_hears_its_own_sound_again():
    mini, sound = load_family("mini"), tone(rate_hz=24000)
    latent = encode_audio(mini, sound, 1.0)
    assert torch.equal(latent, log_mel(sound.samples))
    again = encode_audio(mini, decode(mini, latent, 1.0), 1.0)
    assert torch.corrcoef(torch.stack([again.flatten(), latent.flatten()]))[0, 1] > 0.9


@pytest.mark.parametrize("name", ["mmaudio_small_16k", "mmaudio_small_44k"])
def test_mmaudio_s_decoder_undoes_the_normalisation(name):
    family = load_family(name, weights="random")
    sound = tone(2.0, family.spec.sample_rate_hz)
    duration_s = 32 / family.spec.latent_rate_hz
    samples = sound.samples[:, : round(duration_s * sound.rate_hz)]
    mean, _ = family.encoder.vae(mmaudio_mel(samples, MELS["16k" if name.endswith("16k") else "44k"]))
    latent = encode_audio(family, sound, duration_s)
    torch.testing.assert_close(family.decoder.unnormalized(latent), mean, atol=1e-5, rtol=1e-4)


@pytest.fixture(params=["mmaudio_small_16k", "hunyuan_foley_xl"])
def files(request, tmp_path):
    if request.param == "mmaudio_small_16k":
        return request.param, mmaudio_files.write_files(tmp_path)
    pytest.importorskip("transformers")
    return request.param, foley_files.write_files(load_family(request.param, weights="random"), tmp_path)


def test_an_encoder_stays_in_its_file_till_it_is_asked_for(files):
    name, paths = files
    family = load_family(name, weights=paths)
    latent = encode_audio(family, tone(), 1.0)
    only = {key: value for key, value in load_file(paths["vae"]).items() if not key.startswith(("encoder.", "quant_"))}
    save_file(only, paths["vae"])
    lacking = load_family(name, weights=paths)
    torch.testing.assert_close(decode(lacking, latent, 1.0).samples, decode(family, latent, 1.0).samples)
    assert "encoder" not in vars(lacking)
    with pytest.raises(InputError, match=r"vae.*\.safetensors does not hold .*[Ee]ncoder"):
        encode_audio(lacking, tone(), 1.0)
