"""MODEL is ComfyUI's own: core samplers, guiders, schedulers and LoRAs work on it and agree with V2ASampler."""

import pytest
import torch
from safetensors.torch import save_file

from .conftest import CLIP, audio_of
from .graphs import distance, full, node, random_lora, save_latent, with_custom_sampler, with_ksampler

STEPS, CFG, SEED = 10, 2.5, 7
SETTINGS = {"steps": STEPS, "cfg": CFG, "seed": SEED}


@pytest.fixture(scope="module")
def ours(latent_of, model):
    """The latent of V2ASampler, with changes to its inputs, through the model of another node where one is given."""

    def run(graph=None, network=None, **changes):
        graph = graph or full(CLIP, model)
        graph["sampler"]["inputs"].update({**SETTINGS, **changes})
        if network:
            graph["sampler"]["inputs"]["model"] = [network, 0]
        return latent_of({**graph, "save": save_latent("sampler")})

    return run


@pytest.fixture(scope="module")
def cores(latent_of, model):
    """The latent of core's KSampler at the same settings, through the model of another node where one is given."""

    def run(network="model", **more):
        graph = with_ksampler(full(CLIP, model, sampler=SETTINGS), network)
        return latent_of({**graph, **more, "save": save_latent("k")})

    return run


def test_ksampler_gives_the_same_latent(ours, cores):
    mine = ours()
    assert mine.shape == (1, 80, 200)
    assert mine.std() > 0.1
    assert distance(mine, cores()) < 1e-4


def test_sampler_custom_advanced_gives_the_same_latent(ours, latent_of, model):
    graph = with_custom_sampler(full(CLIP, model, sampler=SETTINGS))
    assert distance(ours(), latent_of({**graph, "save": save_latent("k")})) < 1e-4


def test_second_order_solvers_are_nearer_to_the_end_than_euler(ours):
    fine = ours(steps=300, solver="midpoint", cfg=1.0)
    coarse = distance(ours(steps=50, cfg=1.0), fine)
    # The last step, in which a sound's grain comes out, is first order for ab2.
    for solver, share in (("heun", 0.6), ("midpoint", 0.6), ("ab2", 0.8)):
        assert distance(ours(solver=solver, steps=50, cfg=1.0), fine) < share * coarse, solver


def test_model_sampling_sd3_shifts_both_alike(ours, cores, model):
    shift = node("ModelSamplingSD3", model=["model", 0], shift=6.0)
    core = cores("shift", shift=shift)
    mine = ours({**full(CLIP, model), "shift": shift}, network="shift")
    assert distance(mine, core) < 1e-4
    assert distance(mine, ours()) > 1e-3


def test_text_and_video_are_steered_apart(ours):
    same, apart = ours(), ours(video_cfg=4.0)
    assert distance(same, ours(video_cfg=CFG)) == 0
    assert distance(same, apart) > 1e-3


def test_equal_scales_are_the_limit_of_scales_apart(ours):
    assert distance(ours(), ours(video_cfg=CFG + 1e-5)) < 1e-3


def test_the_same_seed_is_the_same_latent_to_the_bit(server, ours):
    first = ours()
    server.post("/free", {"unload_models": True, "free_memory": True})
    assert torch.equal(first, ours())
    assert not torch.equal(first, ours(seed=SEED + 1))


def test_a_batch_begins_with_the_single_sound(latent_of, model):
    graph = full(CLIP, model)
    graph["batch"] = node("RepeatLatentBatch", samples=["condition", 2], amount=3)
    graph["sampler"]["inputs"]["latent"] = ["batch", 0]
    latents = latent_of({**graph, "save": save_latent("sampler")})
    alone = latent_of({**full(CLIP, model), "save": save_latent("sampler")})
    assert latents.shape == (3, 80, 200)
    assert distance(latents[:1], alone) < 1e-4
    assert distance(latents[1:2], alone) > 1e-2


def test_newer_cores_decode_at_the_model_s_rate(server, model):
    graph = full(CLIP, model, sampler={"steps": 1})
    graph["decode"] = node("TestNewerDecode", vae=["model", 2], samples=["sampler", 0])
    graph["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/newer")
    done = server.run(graph)
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save", "audio"))
    assert (rate, samples.shape[1]) == (24000, 2 * 24000)


@pytest.fixture(scope="module")
def network_shapes(model, server):
    from v2a_core.models import load_family

    file = None if model == "mini" else server.base / "models/v2a" / model
    state = load_family("mini", weights=file).network.state_dict()
    return {key: value.shape for key, value in state.items() if key.endswith("mlp.out.weight")}


@pytest.mark.parametrize("form", ["kohya", "diffusers"])
def test_a_lora_takes_hold_and_at_strength_0_does_not(form, server, ours, cores, network_shapes, model):
    save_file(random_lora(network_shapes, form), server.base / f"models/loras/{form}.safetensors")

    def lora(strength):
        loader = node(
            "LoraLoaderModelOnly", model=["model", 0], lora_name=f"{form}.safetensors", strength_model=strength
        )
        return {"lora": loader}

    plain = ours()
    assert distance(ours({**full(CLIP, model), **lora(0.0)}, network="lora"), plain) == 0
    bent = ours({**full(CLIP, model), **lora(1.0)}, network="lora")
    assert distance(bent, plain) > 1e-2
    assert distance(bent, cores("lora", **lora(1.0))) < 1e-4
    assert distance(ours(), plain) == 0


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_close(precision, ours, model):
    graph = full(CLIP, model, model={"precision": precision})
    assert 0 < distance(ours(graph, cfg=1.0), ours(cfg=1.0)) < 1.0
