"""Sounds to latents in ComfyUI: the library's, of exact lengths, in batches, and errors that name the input."""

import pytest
import torch

from .conftest import CLIP
from .graphs import full, node, save_latent
from .server import Refused

MODELS = ["model", "mmaudio"]


def encoded(name, **inputs):
    return {
        "load": node("V2ALoadVideo", file=CLIP, start=0.0, duration=0.0),
        "sound": node("GetVideoComponents", video=["load", 0]),
        "model": node("V2ALoadModel", model=name, precision="auto"),
        "encode": node("V2AEncodeAudio", vae=["model", 2], audio=["sound", 1], **inputs),
        "save": save_latent("encode"),
    }


@pytest.fixture(params=MODELS)
def named(request):
    """(name in the node, weights in the library) of a model."""
    value = request.getfixturevalue(request.param)
    return (value, None) if request.param == "model" else ("mmaudio_small_16k", value)


def test_the_latent_is_that_of_the_library(named, server, latent_of):
    from v2a_core.media.audio import read_audio
    from v2a_core.media.video import VideoSource
    from v2a_core.models import load_family
    from v2a_core.stages import encode_audio

    name, weights = named
    if name.endswith(".safetensors"):
        name, weights = "mini", server.base / "models/v2a" / name
    family = load_family(name, weights=weights)
    sound = read_audio(VideoSource.from_path(server.base / "input" / CLIP))
    latent = latent_of(encoded(named[0], seconds=1.5))
    assert latent.shape == (1, family.spec.latent_channels, family.spec.latent_length(1.5))
    torch.testing.assert_close(latent, encode_audio(family, sound, 1.5), atol=1e-2, rtol=1e-2)


def test_a_latent_goes_the_way_back_and_is_as_long_as_its_sound(server, model):
    graph = encoded(model)
    del graph["save"]
    graph["decode"] = node("V2ADecodeAudio", vae=["model", 2], latent=["encode", 0])
    graph["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    assert server.run(graph).error is None


def test_a_latent_of_the_video_s_length_is_sampled_like_an_empty_one(latent_of, model):
    graph = full(CLIP, model)
    graph |= encoded(model, seconds=["load", 1])
    graph["encode_video"] = node("V2AEncodeVideo", encoders=["model", 1], video=["load", 0])
    graph["condition"]["inputs"]["features"] = ["encode_video", 0]
    graph["sampler"]["inputs"]["latent"] = ["encode", 0]
    graph["save"] = save_latent("sampler")
    sampled = latent_of(graph)
    # From the highest noise on nothing of the sound is left.
    torch.testing.assert_close(sampled, latent_of({**full(CLIP, model), "save": save_latent("sampler")}))


@pytest.mark.parametrize("seconds", [1e5, float("nan"), -1.0])
def test_lengths_that_are_none(seconds, server, model):
    try:
        error = server.run(encoded(model, seconds=seconds)).error
    except Refused as refused:
        error = str(refused)
    assert "seconds" in error or "lasts" in error


def test_another_vae_and_core_s_own_node_are_told_apart(server, model):
    graph = encoded(model)
    graph["encode"] = node("VAEEncodeAudio", audio=["sound", 1], vae=["model", 2])
    assert "V2A Encode Audio" in server.run(graph).error
