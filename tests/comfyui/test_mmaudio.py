"""MMAudio with narrow random weights in a real ComfyUI: every way to use it, the same latents as without ComfyUI."""

import shutil
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from v2a_core.sampling.guidance import When
from v2a_core.settings import Settings

from .conftest import CLIP, audio_of
from .graphs import (
    LATENT,
    distance,
    full,
    node,
    one_node,
    random_lora,
    save_latent,
    save_video,
    with_custom_sampler,
    with_ksampler,
)
from .library import film_conditions, library_film, library_latent

NAME = "mmaudio_small_16k"
STEPS, CFG, SEED = 5, 4.5, 7
PROMPTS = {"prompt": "rain on wood", "negative_prompt": "footsteps"}
EARLY = When((0.4, 1.0))
SETTINGS = {"steps": STEPS, "cfg": CFG, "seed": SEED}


def graph(**changes):
    return full(CLIP, NAME, **{**changes, "sampler": {**SETTINGS, **changes.get("sampler", {})}})


@pytest.fixture(scope="module")
def made(mmaudio, latent_of):
    """The latent of V2ASampler in a graph, or of another sampler in it."""
    return lambda graph, sampler="sampler": latent_of({**graph, "save": save_latent(sampler)})


@pytest.fixture(scope="module")
def plain(made):
    return made(graph())


@pytest.fixture(scope="module")
def family(mmaudio):
    from v2a_core.models import load_family

    return load_family(NAME, weights=mmaudio)


@pytest.fixture(scope="module")
def seen(server, family):
    from v2a_core.media.video import VideoSource
    from v2a_core.stages import encode_video

    return encode_video(family, VideoSource.from_path(server.base / "input" / CLIP))


def expected(family, features, duration_s=2.0, video_cfg=CFG, **settings):
    """The latent that the library makes without ComfyUI."""
    chosen = Settings(SEED, STEPS, CFG, video_cfg, "euler", family.spec.shift, **settings)
    return library_latent(family, PROMPTS.values(), features, duration_s, chosen)


def test_a_missing_file_is_named_with_its_folder_and_the_command(server, mmaudio):
    error = server.run(one_node(CLIP, "mmaudio_large_44k_v2")).error
    for said in (
        "mmaudio_large_44k_v2_fp16.safetensors (network)",
        f"not in {server.base}/models/mmaudio:",
        f'run `cd "{server.base}/custom_nodes/comfyui-v2a" && "{sys.executable}" -m v2a_core download ',
        "download mmaudio_large_44k_v2`",
        "Kijai/MMAudio_safetensors",
    ):
        assert said in error, error


def test_the_latent_is_that_of_the_library(plain, family, seen):
    assert plain.shape == (1, 20, 63)
    assert plain.std() > 0.1
    assert distance(plain, expected(family, seen)) < 1e-4


def test_core_samplers_give_the_same_latent(plain, made):
    assert distance(plain, made(with_custom_sampler(graph()), "k")) < 1e-4
    assert distance(plain, made(with_ksampler(graph()), "k")) < 1e-4


def test_text_and_video_are_steered_apart(plain, made, family, seen):
    apart = made(graph(sampler={"video_cfg": 2.0}))
    assert distance(apart, expected(family, seen, video_cfg=2.0)) < 1e-4
    assert distance(apart, plain) > 1e-3


def test_a_cue_governs_its_span_by_masks_that_core_samplers_take_too(plain, made, family, seen):
    sheet = "[0-0.8] rain -footsteps\n[0.8-2] wood"
    cued = graph(prompt={"prompt": sheet, "negative_prompt": ""})
    ours = made(cued)
    settings = Settings(SEED, STEPS, CFG, CFG, "euler", family.spec.shift)
    assert distance(ours, library_latent(family, (sheet, ""), seen, 2.0, settings)) < 1e-4
    assert distance(ours, made(with_ksampler(cued), "k")) < 1e-4
    assert distance(ours, plain) > 1e-3
    apart = made({**cued, "sampler": node("V2ASampler", **{**cued["sampler"]["inputs"], "video_cfg": 2.0})})
    assert distance(apart, library_latent(family, (sheet, ""), seen, 2.0, replace(settings, video_scale=2.0))) < 1e-4


def test_guidance_acts_in_its_interval(plain, made, family, seen):
    early = made(graph(sampler={"cfg_start": 0.0, "cfg_end": 0.6}))
    assert distance(early, expected(family, seen, text_when=EARLY, video_when=EARLY)) < 1e-4
    assert distance(early, plain) > 1e-3
    both = made(graph(sampler={"cfg_end": 0.6, "video_cfg": 2.0}))
    assert distance(both, expected(family, seen, video_cfg=2.0, text_when=EARLY, video_when=EARLY)) < 1e-4


@pytest.mark.parametrize("inputs", [{"cfg_start": 0.7, "cfg_end": 0.3}, {"cfg_end": float("nan")}])
def test_an_interval_that_is_none(inputs, server, mmaudio):
    error = server.run({**graph(sampler=inputs), "save": save_latent("sampler")}).error
    assert "cfg_end" in error


def test_a_prompt_alone(made, family, server):
    alone = graph(condition={"seconds": 1.5})
    del alone["condition"]["inputs"]["features"]
    assert distance(made(alone), expected(family, None, 1.5)) < 1e-4
    alone["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    samples, rate = audio_of(server.output(server.run(alone), "save", "audio"))
    assert (rate, samples.shape[1]) == (16000, 24000)


def test_timing_without_content(plain, made, family, seen):
    timing = made(graph(condition={"timing_only": True}))
    assert distance(timing, expected(family, seen.timing_only())) < 1e-4
    assert distance(timing, plain) > 1e-3


def with_picture(**condition):
    still = graph(condition=condition)
    still["picture"] = node("EmptyImage", width=64, height=48, batch_size=1, color=0x4080C0)
    still["encode"]["inputs"]["images"] = ["picture", 0]
    del still["encode"]["inputs"]["video"]
    return still


def test_one_picture_instead_of_a_video(made, family):
    from v2a_core.stages import encode_image

    features = encode_image(family, torch.tensor([0x40, 0x80, 0xC0], dtype=torch.uint8).expand(48, 64, 3))
    assert distance(made(with_picture(seconds=1.0)), expected(family, features, 1.0)) < 1e-4


def test_one_picture_lasts_as_long_as_a_film(family, made, tmp_path):
    from v2a_core.film import divide
    from v2a_core.stages import encode_image

    film = divide(family.spec, 33.0)
    features = encode_image(family, torch.tensor([0x40, 0x80, 0xC0], dtype=torch.uint8).expand(48, 64, 3))
    conditions = film_conditions(family, film, tuple(PROMPTS.values()), [features] * len(film.windows))
    settings = Settings.for_family(family.spec, SEED, steps=STEPS, cfg=CFG)
    expected = library_film(family, film, conditions, settings, tmp_path / "parts")
    assert distance(made(with_picture(seconds=33.0)), expected) < 1e-3


def test_a_mask_hides_the_picture(made):
    hidden, grey = with_picture(seconds=1.0), with_picture(seconds=1.0)
    hidden["mask"] = node("SolidMask", value=0.0, width=8, height=8)
    hidden["encode"]["inputs"]["mask"] = ["mask", 0]
    grey["picture"]["inputs"]["color"] = 0x7F7F7F
    assert distance(made(hidden), made(grey)) < 1e-4
    assert distance(made(hidden), made(with_picture(seconds=1.0))) > 1e-3


@pytest.mark.parametrize(
    ("inputs", "said"), [({}, "set seconds"), ({"seconds": 1.0, "timing_only": True}, "timing_only")]
)
def test_one_picture_lacks_length_and_timing(inputs, said, server, mmaudio):
    assert said in server.run({**with_picture(**inputs), "save": save_latent("sampler")}).error


def test_a_batch_begins_with_the_single_sound(plain, made):
    several = graph(sampler={"latent": ["batch", 0]})
    several["batch"] = node("RepeatLatentBatch", samples=LATENT, amount=3)
    latents = made(several)
    assert latents.shape == (3, 20, 63)
    assert distance(latents[:1], plain) < 1e-4
    assert distance(latents[1:2], plain) > 1e-2


def test_the_sound_is_as_long_as_its_video_and_a_new_seed_does_not_watch_again(server, mmaudio):
    done = server.run(one_node(CLIP, NAME, seed=1, codec="flac"))
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save"))
    assert (rate, samples.shape[1]) == (16000, 32000)
    assert samples.std() > 0
    again = server.run(one_node(CLIP, NAME, seed=2, codec="flac"))
    expanded = {data["node"] for data in again.named("executing") if data["node"]}
    assert len([name for name in expanded if name.startswith("make.")]) == 3  # sampler, decoder, mux


@pytest.mark.parametrize("form", ["kohya", "diffusers"])
def test_a_lora_by_published_names(form, server, mmaudio, made, plain):
    shapes = {
        key: weight.shape
        for key, weight in load_file(mmaudio["network"]).items()
        if weight.ndim > 1 and key.startswith(("joint_blocks.", "fused_blocks.", "clip_input_proj."))
    }
    save_file(random_lora(shapes, form), server.base / f"models/loras/mmaudio_{form}.safetensors")

    def bent(strength):
        loader = {"lora_name": f"mmaudio_{form}.safetensors", "strength_model": strength}
        lora = node("LoraLoaderModelOnly", model=["model", 0], **loader)
        return made({**graph(sampler={"model": ["lora", 0]}), "lora": lora})

    assert distance(bent(0.0), plain) == 0
    assert distance(bent(1.0), plain) > 1e-2
    assert "not loaded" not in server.log.read_text()
    assert distance(made(graph(sampler={"steps": STEPS})), plain) == 0


def test_half_precision_is_close(made, plain):
    half = made(graph(model={"precision": "bfloat16"}, sampler={"cfg": 1.0}))
    assert 0 < distance(half, made(graph(sampler={"cfg": 1.0}))) < 0.5


@pytest.fixture
def finetune(server, mmaudio):
    """A network under a name of its own beside the others, with what containers put before names."""
    path = server.base / "models/mmaudio/my_finetune.safetensors"
    save_file({f"model.diffusion_model.{key}": value for key, value in load_file(mmaudio["network"]).items()}, path)
    yield path.name
    path.unlink()


def test_a_network_placed_by_hand_is_offered_and_finds_its_other_parts(finetune, server, mmaudio, made, plain):
    offered = server.get("/object_info/V2ALoadModel")["V2ALoadModel"]["input"]["required"]["model"][1]["options"]
    assert finetune in offered
    assert not {mmaudio[role].name for role in ("vae", "vocoder", "clip", "synchformer")} & set(offered)
    # Its header is longer, so weights lie at other addresses, and some processors round otherwise there.
    assert distance(made(graph(model={"model": finetune})), plain) < 1e-4


def test_a_part_that_is_no_network_is_named(server, mmaudio):
    path = server.base / "models/v2a/vae.safetensors"
    shutil.copy(mmaudio["vae"], path)
    error = server.run(one_node(CLIP, path.name)).error
    path.unlink()
    assert "looks like an MMAudio VAE of 16 kHz" in error, error


def test_a_part_that_is_gone_is_named(server, mmaudio):
    away = mmaudio["vocoder"].with_suffix(".away")
    mmaudio["vocoder"].rename(away)
    error = server.run({**one_node(CLIP, NAME, seed=3), "again": save_video("make")}).error
    away.rename(mmaudio["vocoder"])
    assert "needs the file bigvgan_16k.safetensors (vocoder)" in error, error
