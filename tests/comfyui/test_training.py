"""A LoRA trained by the nodes: nearer to its clips, loaded by core's loader, as strong as it is told to be."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from v2a_core.media.audio import read_audio
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.stages import encode_audio

from .conftest import write_clip
from .graphs import distance, full, node, save_latent
from .server import Refused

FOLDER, CAPTION, CLIPS = "tones", "a steady tone", 3
STEPS = 40


@pytest.fixture(scope="module")
def tones(server):
    """Clips of a second with a tone and a caption, and one without a caption."""
    folder = server.base / "input" / FOLDER
    folder.mkdir()
    for number in range(CLIPS):
        path = write_clip(folder / f"clip{number}.mp4", seconds=1.0, size=(64 + 16 * number, 48))
        path.with_suffix(".txt").write_text(CAPTION)
    write_clip(folder / "unsaid.mp4", seconds=1.0)
    yield folder
    shutil.rmtree(folder)


def training(family, **inputs):
    chosen = {"name": "tone", "steps": STEPS, "rank": 8, "rate": 3e-3, "batch": 2, "seed": 0, **inputs}
    parts = {"model": ["model", 0], "encoders": ["model", 1], "vae": ["model", 2]}
    return {
        "model": node("V2ALoadModel", model=family, precision="auto"),
        "clips": node("V2ATrainDataset", folder=FOLDER),
        "train": node("V2ATrainLoRA", dataset=["clips", 0], **{**parts, **chosen}),
        "name": node("PreviewAny", source=["train", 1]),
    }


@pytest.fixture(scope="module")
def trained(server, tones, model):
    done = server.run(training(model))
    assert done.error is None, done.error
    return done


@pytest.fixture(scope="module")
def made(latent_of, model):
    """The latent for one of the clips, through core's LoRA loader where a strength is given."""

    def run(strength=None, model=model):
        graph = full(f"{FOLDER}/clip0.mp4", model, prompt={"prompt": CAPTION, "negative_prompt": ""})
        if strength is not None:
            loader = {"lora_name": "tone.safetensors", "strength_model": strength}
            graph["lora"] = node("LoraLoaderModelOnly", model=["model", 0], **loader)
            graph["sampler"]["inputs"]["model"] = ["lora", 0]
        return latent_of({**graph, "save": save_latent("sampler")})

    return run


def test_the_report_and_the_loss_are_shown_and_the_file_is_there(trained, server):
    assert "unsaid.mp4" in trained.outputs["clips"]["text"][0]
    assert f"{CLIPS} of {CLIPS + 1} can be trained on" in trained.outputs["clips"]["text"][0]
    assert trained.outputs["name"]["text"] == ["tone.safetensors"]
    assert server.output(trained, "train").stat().st_size > 3000
    assert (server.base / "models/loras/tone.safetensors").is_file()
    log = (server.base / "output/v2a_training/tone/log.jsonl").read_text().splitlines()
    losses = [json.loads(row)["flow"] for row in log]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_it_makes_what_its_clips_hold_and_strength_scales_it(trained, made, server, tones):
    source = VideoSource.from_path(tones / "clip0.mp4")
    true = encode_audio(load_family("mini"), read_audio(source), 1.0)

    def away(latent):
        return (latent - true).abs().mean().item()

    plain, none, half, whole = made(), made(0.0), made(0.5), made(1.0)
    assert torch.equal(plain, none)
    assert away(whole) < 0.7 * away(plain)
    assert 0 < distance(half, plain) < distance(whole, plain)
    assert "not loaded" not in server.log.read_text()
    assert torch.equal(made(), plain)


def test_a_lora_of_mini_works_on_the_fast_one(trained, made, tones):
    true = encode_audio(load_family("mini"), read_audio(VideoSource.from_path(tones / "clip0.mp4")), 1.0)
    plain, whole = ((made(strength, "mini_fast") - true).abs().mean().item() for strength in (0.0, 1.0))
    assert whole < 0.7 * plain


def test_the_fast_one_is_not_trained(server):
    assert "'mini_fast' is distilled and can't be trained" in server.run(training("mini_fast", name="fast")).error


def test_a_cancelled_run_keeps_its_checkpoint_and_goes_on(server, tones, model):
    run = server.base / "output/v2a_training/broken"

    def cancel(name, data):
        if name == "progress" and data["node"] == "train" and data["max"] == 30 and data["value"] >= 5:
            server.post("/interrupt", {})

    cut = server.run(training(model, name="broken", steps=30, batch=1), cancel)
    assert cut.error == "interrupted"
    assert (run / "checkpoint.safetensors").is_file()
    assert not (server.base / "models/loras/broken.safetensors").exists()
    before = len((run / "log.jsonl").read_text().splitlines())
    again = server.run(training(model, name="broken", steps=30, batch=1))
    assert again.error is None, again.error
    steps = [json.loads(row)["step"] for row in (run / "log.jsonl").read_text().splitlines()]
    assert steps[-1] == 30 and len(steps) < 30 + before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rank": 4}, "a run with other rank"),
        ({"name": "taken"}, "choose another name"),
        ({"model": ["lora", 0]}, "a LoRA or another patch on it"),
        ({"vae": ["other", 2]}, "of different loaders"),
    ],
)
def test_what_does_not_belong_together_is_named(changes, said, trained, server, model):
    loras = server.base / "models/loras"
    shutil.copy(loras / "tone.safetensors", loras / "taken.safetensors")
    graph = training(model, **changes)
    graph["other"] = node("V2ALoadModel", model=model, precision="float32")
    loader = {"lora_name": "tone.safetensors", "strength_model": 1.0}
    graph["lora"] = node("LoraLoaderModelOnly", model=["model", 0], **loader)
    assert said in server.run(graph).error


@pytest.mark.parametrize("name", ["nul", "CON.backup", "Lpt1", "com9 .2"])
def test_a_name_that_windows_keeps_for_a_device(name, server, tones, model):
    with pytest.raises(Refused, match="which is a device's on Windows"):
        server.run(training(model, name=name))


@pytest.mark.parametrize("name", ["console", "com10", "a.nul"])
def test_a_name_that_only_begins_like_a_device(name, server, tones, model):
    graph = training(model, name=name, vae=["other", 2])
    graph["other"] = node("V2ALoadModel", model=model, precision="float32")
    assert "of different loaders" in server.run(graph).error


def test_mmaudios_network_learns_too(server, tones, mmaudio):
    done = server.run(training("mmaudio_small_16k", name="narrow", steps=2, rank=2, batch=1))
    assert done.error is None, done.error
    keys = load_file(server.base / "models/loras/narrow.safetensors")
    assert "diffusion_model.joint_blocks.0.latent_block.attn.qkv.lora_up.weight" in keys


def test_a_draft_is_saved_beside_its_clip_and_an_edited_one_stays(server, tones):
    def saved(text, again=False):
        graph = {"save": node("V2ASaveCaption", clip=f"{FOLDER}/unsaid.mp4", caption=text, again=again)}
        graph["show"] = node("PreviewAny", source=["save", 0])
        done = server.run(graph)
        assert done.error is None, done.error
        return done.outputs["show"]["text"][0]

    assert saved("a hum") == "a hum"
    assert saved("a buzz") == "a hum"
    assert saved("a buzz", again=True) == "a buzz"
    (tones / "unsaid.txt").write_text("a drone")
    assert saved("a hiss", again=True) == "a drone"
    (tones / "unsaid.txt").unlink()
