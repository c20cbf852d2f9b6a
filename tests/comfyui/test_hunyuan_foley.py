"""HunyuanVideo-Foley with narrow random weights in a real ComfyUI: the library's latents, float8 files, small cards."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from v2a_core.settings import Settings

from .conftest import CLIP, audio_of
from .graphs import (
    distance,
    full,
    node,
    one_node,
    random_lora,
    save_latent,
    with_custom_sampler,
    with_ksampler,
)
from .library import library_latent
from .server import RIG, ROOT

NAME = "hunyuan_foley_xl"
STEPS, CFG, SEED = 4, 4.5, 7
PROMPTS = ("rain on wood", "footsteps")
SETTINGS = {"steps": STEPS, "cfg": CFG, "seed": SEED}


def graph(**changes):
    changes = {"model": {"precision": "float32"}, **changes, "sampler": {**SETTINGS, **changes.get("sampler", {})}}
    return full(CLIP, NAME, **changes)


@pytest.fixture(scope="module")
def made(foley, latent_of):
    """The latent of V2ASampler in a graph, or of another sampler in it."""
    return lambda graph, sampler="sampler": latent_of({**graph, "save": save_latent(sampler)})


@pytest.fixture(scope="module")
def plain(made):
    return made(graph())


@pytest.fixture(scope="module")
def family(foley):
    from v2a_core.models import load_family

    return load_family(NAME, weights=foley, dtype=torch.float32)


@pytest.fixture(scope="module")
def seen(server, family):
    from v2a_core.media.video import VideoSource
    from v2a_core.stages import encode_video

    return encode_video(family, VideoSource.from_path(server.base / "input" / CLIP))


def expected(family, features, duration_s=2.0, video_cfg=CFG):
    """The latent that the library makes without ComfyUI."""
    chosen = Settings(SEED, STEPS, CFG, video_cfg, "euler", family.spec.shift)
    return library_latent(family, PROMPTS, features, duration_s, chosen)


@pytest.fixture(scope="module")
def small(server, foley):
    """Names of two files: the matrices of the blocks in float8, and the same numbers in bfloat16."""
    state = load_file(foley["network"])
    small = {
        key: value.to(torch.float8_e4m3fn) if value.ndim > 1 and "_blocks." in key else value
        for key, value in state.items()
    }
    folder = server.base / "models/foley"
    save_file(small, folder / "narrow_fp8.safetensors")
    save_file({key: value.bfloat16() for key, value in small.items()}, folder / "narrow_wide.safetensors")
    return "narrow_fp8.safetensors", "narrow_wide.safetensors"


def test_a_missing_file_is_named_with_its_folder_and_the_command(server, foley):
    error = server.run(one_node(CLIP, "hunyuan_foley_xxl")).error
    for said in (
        "hunyuanvideo_foley_bf16.safetensors (network)",
        f"not in {server.base}/models/foley:",
        "-m v2a_core download hunyuan_foley_xxl`",
    ):
        assert said in error, error


def test_the_latent_is_that_of_the_library(plain, family, seen):
    assert plain.shape == (1, 128, 100)
    assert plain.std() > 0.1
    assert distance(plain, expected(family, seen)) < 1e-4


def test_core_samplers_give_the_same_latent(plain, made):
    assert distance(plain, made(with_custom_sampler(graph()), "k")) < 1e-4
    assert distance(plain, made(with_ksampler(graph()), "k")) < 1e-4


def test_text_and_video_are_steered_apart(plain, made, family, seen):
    apart = made(graph(sampler={"video_cfg": 2.0}))
    assert distance(apart, expected(family, seen, video_cfg=2.0)) < 1e-4
    assert distance(apart, plain) > 1e-3


def test_a_prompt_alone(made, family, server):
    alone = graph(condition={"seconds": 1.5})
    del alone["condition"]["inputs"]["features"]
    assert distance(made(alone), expected(family, None, 1.5)) < 1e-4
    alone["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    samples, rate = audio_of(server.output(server.run(alone), "save", "audio"))
    assert (rate, samples.shape[1]) == (48000, 72000)


def test_the_sound_is_as_long_as_its_video(server, foley):
    done = server.run(one_node(CLIP, NAME, codec="flac"))
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save"))
    assert (rate, samples.shape[1]) == (48000, 96000)
    assert samples.std() > 0


def test_a_sound_is_encoded_and_decoded(server, foley, latent_of):
    coded = graph()
    coded["sound"] = node("GetVideoComponents", video=["load", 0])
    coded["encode audio"] = node("V2AEncodeAudio", vae=["model", 2], audio=["sound", 1], seconds=1.5)
    latent = latent_of({**coded, "save": save_latent("encode audio")})
    assert latent.shape == (1, 128, 76) and latent.std() > 0
    coded["decode"]["inputs"]["latent"] = ["encode audio", 0]
    coded["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    assert audio_of(server.output(server.run(coded), "save", "audio"))[0].shape[1] == 72000


@pytest.mark.parametrize("form", ["kohya", "diffusers"])
def test_a_lora_by_published_names(form, server, foley, made, plain, small):
    shapes = {
        key: weight.shape
        for key, weight in load_file(foley["network"]).items()
        if weight.ndim > 1 and "_blocks." in key
    }
    save_file(random_lora(shapes, form), server.base / f"models/loras/foley_{form}.safetensors")

    def bent(strength, **network):
        loader = {"lora_name": f"foley_{form}.safetensors", "strength_model": strength}
        lora = node("LoraLoaderModelOnly", model=["model", 0], **loader)
        changed = graph(sampler={"model": ["lora", 0]}, model={"precision": "float32", **network})
        return made({**changed, "lora": lora})

    assert distance(bent(0.0), plain) == 0
    assert distance(bent(1.0), plain) > 1e-2
    assert "not loaded" not in server.log.read_text()
    assert distance(bent(1.0, model=small[0]), made(graph(model={"precision": "float32", "model": small[0]}))) > 1e-2


def test_as_published_it_computes_in_bfloat16(made, plain):
    auto, half = (made(graph(model={"precision": chosen})) for chosen in ("auto", "bfloat16"))
    assert distance(auto, half) == 0
    assert 0 < distance(auto, plain) < 1.0


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_float8_weights_compute_as_the_same_numbers_in_a_wider_type(precision, made, plain, small):
    fp8, wide = (made(graph(model={"model": name, "precision": precision})) for name in small)
    assert distance(fp8, wide) == 0
    assert distance(fp8, plain) > 1e-3


@pytest.mark.parametrize("kind", ["float32", "float8_e4m3fn"])
def test_comfyui_s_memory_manager_streams_it(kind, foley, server, small):
    network = foley["network"] if kind == "float32" else server.base / "models/foley" / small[0]
    files = [f"{role}={path}" for role, path in {**foley, "network": network}.items()]
    script = str(ROOT / "tests/comfyui/partial_load.py")
    told = subprocess.run(
        [sys.executable, "-P", script, NAME, *files], cwd=RIG / "ComfyUI", capture_output=True, text=True, timeout=200
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    # Nothing is made wider or narrower than its file unless asked.
    assert found.pop("types") == sorted({"torch.float32", f"torch.{kind}"})
    assert found.pop("bytes") < (15e6 if kind == "float32" else 5e6)
    assert found == {
        "stuck": [],
        "partial": [True, True],
        "same": True,
        "nothing loaded": True,
        "on a small card": "meta",
    }
