"""Films longer than a model makes in one go: watched, sampled by our node and core's, cancelled, decoded."""

import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from v2a_core.settings import Settings

from .conftest import audio_of, write_clip
from .graphs import distance, full, node, one_node, random_lora, save_latent, with_ksampler
from .library import film_conditions, library_film
from .server import RIG, ROOT

FILM, SECONDS = "film.mp4", 61.0  # Mini makes a minute in one go, and longer in windows of 20 s
SETTINGS = {"steps": 2, "cfg": 2.5, "seed": 7}
CUES = "[0-30] rain on wood\n[25-61] footsteps"
PROMPTS = (CUES, "footsteps")


@pytest.fixture(scope="module", autouse=True)
def movie(server):
    return write_clip(server.base / "input" / FILM, seconds=SECONDS)


@pytest.fixture(scope="module")
def family(server, model):
    from v2a_core.models import load_family

    return load_family("mini", weights=None if model == "mini" else server.base / "models/v2a" / model)


@pytest.fixture(scope="module")
def watched(family, movie):
    from v2a_core.media.video import VideoSource
    from v2a_core.watch import encode_film

    return encode_film(family, VideoSource.from_path(movie))


def unfinished(server):
    return sorted((server.base / "output/v2a_unfinished").rglob("*.safetensors"))


def settings_of(family):
    return Settings.for_family(family.spec, SETTINGS["seed"], steps=SETTINGS["steps"], cfg=SETTINGS["cfg"])


def test_a_film_is_the_command_line_s(server, family, watched, model, latent_of, tmp_path):
    conditions = film_conditions(family, watched.film, PROMPTS, watched.seen)
    expected = library_film(family, watched.film, conditions, settings_of(family), tmp_path / "parts")
    graph = full(FILM, model, sampler=SETTINGS, prompt={"prompt": CUES})
    assert len(watched.film.windows) > 3
    assert distance(latent_of({**graph, "save": save_latent("sampler")}), expected) < 1e-3
    assert unfinished(server) == []


@pytest.mark.parametrize(
    ("name", "files", "seconds"), [("mmaudio_small_16k", "mmaudio", 33.0), ("hunyuan_foley_xl", "foley", 16.0)]
)
def test_cues_change_within_a_window_of_every_family(name, files, seconds, request, latent_of, tmp_path):
    from v2a_core.film import divide
    from v2a_core.models import load_family

    family = load_family(name, weights=request.getfixturevalue(files), dtype=torch.float32)
    film, cues = divide(family.spec, seconds), "[0-5] rain on wood\n[3-12.5] footsteps"
    expected = library_film(
        family, film, film_conditions(family, film, (cues, "footsteps")), settings_of(family), tmp_path / "parts"
    )
    graph = full(FILM, name, sampler=SETTINGS, prompt={"prompt": cues}, condition={"seconds": seconds})
    del graph["condition"]["inputs"]["features"]
    graph["model"]["inputs"]["precision"] = "float32"
    assert distance(latent_of({**graph, "save": save_latent("sampler")}), expected) < 1e-3
    graph = with_ksampler(graph, steps=1)
    assert latent_of({**graph, "save": save_latent("k")}).shape == expected.shape


def test_a_film_is_decoded_to_its_length(server, model):
    graph = full(FILM, model, sampler=SETTINGS, prompt={"prompt": CUES})
    graph["core"] = node("VAEDecodeAudio", vae=["model", 2], samples=["sampler", 0])
    for name in ("decode", "core"):
        graph[f"save {name}"] = node("SaveAudio", audio=[name, 0], filename_prefix="audio/film")
    done = server.run(graph)
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save decode", "audio"))
    assert rate == 24000 and samples.shape[1] == round(SECONDS * rate) and samples.std() > 0
    assert audio_of(server.output(done, "save core", "audio"))[0].shape[1] >= samples.shape[1]


def test_ksampler_has_all_windows_side_by_side(family, watched, latent_of, model):
    from v2a_core.film import FilmConditions, film_velocities
    from v2a_core.sampling.flow import shifted_sigmas
    from v2a_core.sampling.rescale import rescaled_velocity
    from v2a_core.sampling.solvers import euler
    from v2a_core.stages import draw_latent

    at = film_conditions(family, watched.film, PROMPTS, watched.seen)
    sides = [FilmConditions(watched.film, lambda number, side=side: at(number)[side]) for side in range(2)]

    @torch.inference_mode()
    def velocity(x, sigma):
        toward, away = film_velocities(family.network, torch.cat([x, x]), sigma, sides).chunk(2)
        guided = away + SETTINGS["cfg"] * (toward - away)
        return rescaled_velocity(x, sigma, guided, toward, family.spec.rescale)

    noise = draw_latent(family.spec, SECONDS, SETTINGS["seed"])
    expected = euler(velocity, noise, shifted_sigmas(SETTINGS["steps"], family.spec.shift))
    graph = with_ksampler(full(FILM, model, sampler=SETTINGS, prompt={"prompt": CUES}))
    assert distance(latent_of({**graph, "save": save_latent("k")}), expected) < 1e-3


def test_core_s_custom_sampler_takes_our_guider_and_a_batch(latent_of, model):
    graph = full(FILM, model)
    conditions = {"positive": ["condition", 0], "negative": ["condition", 1]}
    graph["guider"] = node("V2AGuider", model=["model", 0], **conditions, cfg=2.0, video_cfg=4.0)
    graph["noise"] = node("RandomNoise", noise_seed=7)
    graph["sigmas"] = node("BasicScheduler", model=["model", 0], scheduler="simple", steps=1, denoise=1.0)
    graph["euler"] = node("KSamplerSelect", sampler_name="euler")
    graph["batch"] = node("RepeatLatentBatch", samples=["condition", 2], amount=2)
    custom = {"noise": ["noise", 0], "guider": ["guider", 0], "sampler": ["euler", 0], "sigmas": ["sigmas", 0]}
    latents = []
    for latent in (["condition", 2], ["batch", 0]):
        graph["k"] = node("SamplerCustomAdvanced", **custom, latent_image=latent)
        latents.append(latent_of({**graph, "save": save_latent("k")}))
    assert latents[1].shape == (2, 80, 6100)
    assert distance(latents[0], latents[1][:1]) < 1e-4


@pytest.mark.parametrize("seed", [8, 10], ids=["cancelled", "killed"])
def test_a_run_that_broke_off_goes_on_from_its_finished_windows(seed, server, model, latent_of):
    graph = full(FILM, model, sampler={**SETTINGS, "seed": seed})
    graph["save"] = save_latent("sampler")

    def cancel(name, data):
        if name == "progress" and data["max"] == 8 and data["value"] >= 5:
            if seed == 8:
                server.post("/interrupt", {})
            else:
                server.process.kill()

    if seed == 8:
        assert server.run(graph, on_message=cancel).error == "interrupted"
    else:
        with pytest.raises(OSError):  # nobody answers
            server.run(graph, on_message=cancel)
        server.process.wait()
        server.start()
    stamps = {path: path.stat().st_mtime_ns for path in unfinished(server)}
    assert len(stamps) >= 2
    kept = []

    def watch(name, data):
        if name == "progress" and data["max"] == 8 and data["value"] == 7:
            kept.append(all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()))

    resumed = server.run(graph, on_message=watch)
    assert resumed.error is None and all(kept)
    assert unfinished(server) == []
    latent = load_file(server.output(resumed, "save", "latents"))["latent_tensor"]
    server.post("/free", {"unload_models": True, "free_memory": True})
    assert torch.equal(latent, latent_of(graph))


def test_what_another_model_has_left_is_made_again(server, family, model, latent_of):
    state = family.network.state_dict()
    shapes = {key: value.shape for key, value in state.items() if key.endswith("mlp.out.weight")}
    save_file(random_lora(shapes, "kohya"), server.base / "models/loras/film.safetensors")

    def graph(strength):
        made = full(FILM, model, sampler={**SETTINGS, "seed": 9})
        lora = {"lora_name": "film.safetensors", "strength_model": strength}
        made["patched"] = node("LoraLoaderModelOnly", model=["model", 0], **lora)
        made["sampler"]["inputs"]["model"] = ["patched", 0]
        return {**made, "save": save_latent("sampler")}

    def cancel(name, data):
        if name == "progress" and data["max"] == 8 and data["value"] >= 5:
            server.post("/interrupt", {})

    assert server.run(graph(1.0), on_message=cancel).error == "interrupted"
    after = latent_of(graph(0.1))
    server.post("/free", {"unload_models": True, "free_memory": True})
    assert torch.equal(after, latent_of(graph(0.1)))


def test_a_prompt_alone_makes_any_length(latent_of, model):
    graph = full(FILM, model, condition={"seconds": 75.5})
    del graph["condition"]["inputs"]["features"]
    graph = with_ksampler(graph, steps=1)
    assert latent_of({**graph, "save": save_latent("k")}).shape == (1, 80, 7552)


def test_some_seconds_of_a_film_are_made_anew(latent_of, model):
    graph = full(FILM, model, sampler={**SETTINGS, "steps": 1})
    graph["sound"] = node("GetVideoComponents", video=["load", 0])
    graph["known"] = node("V2AEncodeAudio", vae=["model", 2], audio=["sound", 1], seconds=["load", 1])
    graph["keep"] = node("V2AKeepSpan", latent=["known", 0], start=30.0, end=40.0)
    graph = with_ksampler(graph, steps=1)
    graph["sampler"]["inputs"]["latent"] = graph["k"]["inputs"]["latent_image"] = ["keep", 0]
    known, *made = (latent_of({**graph, "save": save_latent(name)}) for name in ("known", "sampler", "k"))
    for latent in made:
        torch.testing.assert_close(latent[..., :3000], known[..., :3000], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(latent[..., 4000:], known[..., 4000:], atol=1e-4, rtol=1e-4)
        assert distance(latent[..., 3100:3900], known[..., 3100:3900]) > 0.1


def test_one_node_makes_a_film(server, model):
    done = server.run(one_node(FILM, model, steps=1))
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save"))
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize(
    ("video", "seconds", "said"),
    [(FILM, 62.0, "61.00 s"), ("clip.mp4", 70.0, "2.00 s"), ("clip.mp4", 80000.0, "hours")],
)
def test_a_sound_longer_than_what_was_watched(server, model, video, seconds, said):
    graph = full(video, model, condition={"seconds": seconds})
    error = server.run({**graph, "save": save_latent("condition", 2)}).error
    assert error is not None and said in error, error


def test_a_latent_of_another_length(server, model):
    graph = full(FILM, model, sampler=SETTINGS)
    conditions = {"positive": ["prompt", 0], "negative": ["prompt", 1]}
    graph["other"] = node("V2ACondition", **conditions, seconds=70.0)
    graph["sampler"]["inputs"]["latent"] = ["other", 2]
    error = server.run({**graph, "save": save_latent("sampler")}).error
    assert "7000 frames" in error and "6100 (61 s)" in error
    assert unfinished(server) == []


MEMORY = """
import sys
sys.path[:0] = [{root!r}, {tests!r}, "."]
from comfy.cli_args import args
args.cpu = True
from partial_load import imported
model = imported("nodes.native_model").load("mini", "float32", "random")[0].model
print(*[model.memory_required([2, 80, frames]) for frames in (2000, 6000, 6100, 720_000)])
"""


def test_memory_is_that_of_a_window():
    script = MEMORY.format(root=str(ROOT), tests=str(ROOT / "tests/comfyui"))
    done = subprocess.run([sys.executable, "-c", script], cwd=RIG / "ComfyUI", capture_output=True, text=True)
    window, longest, film, hours = map(float, done.stdout.split()[-4:])
    assert window == film == hours < longest
