"""Bad input: a message that names it and says what to do, and no file left behind."""

import shutil
import time

import pytest
import torch
from safetensors.torch import save_file

from .conftest import CLIP, SHIPPED
from .graphs import full, node, one_node, save_video
from .server import Refused


@pytest.fixture
def fails(server):
    """Run a prompt that must fail; returns the message. Nothing may be left in the output and temporary folders."""

    def run(graph):
        before = server.left_over()
        try:
            error = server.run(graph).error
        except Refused as refused:
            error = str(refused)
        assert error is not None, "it ran"
        assert server.left_over() == before
        return error

    return run


@pytest.fixture(scope="module")
def bad_videos(server):
    folder = server.base / "input"
    whole = (folder / CLIP).read_bytes()
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    (folder / "words.mp4").write_text("this is not a video, " * 100)
    (folder / "folder.mp4").mkdir()
    (server.base / "outside.mp4").write_bytes(whole)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("missing.mp4", "missing.mp4"),
        ("../outside.mp4", "outside"),
        ("/etc/hostname", "outside"),
        ("sub/../../outside.mp4", "outside"),
        ("../outside.mp4 [output]", "outside"),
        ("folder.mp4", "folder.mp4"),
        ("empty.mp4", "empty.mp4"),
        ("cut.mp4", "cut.mp4"),
        ("words.mp4", "words.mp4"),
    ],
)
def test_a_video_that_is_none(file, said, fails, bad_videos, model):
    assert said in fails(one_node(file, model))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"start": 5.0}, "start"),
        ({"start": -1.0}, "start"),
        ({"start": float("nan")}, "start"),
        ({"duration": float("nan")}, "duration"),
        ({"duration": -2.0}, "duration"),
        ({"duration": 5.0}, "ask for at most 2.000 s"),
    ],
)
def test_a_trim_that_is_none(inputs, said, fails, model):
    graph = one_node(CLIP, model)
    graph["load"]["inputs"].update(inputs)
    assert said in fails(graph)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"prompt": "rain " * 20_000}, "characters"),
        ({"negative_prompt": "rain " * 20_000}, "negative prompt"),
        ({"cfg": float("nan")}, "cfg"),
        ({"cfg": -0.5}, "cfg"),
        ({"video_cfg": float("inf")}, "video_cfg"),
        ({"video_cfg": float("nan")}, "video_cfg"),
        ({"video_cfg": -0.5}, "video cfg"),
        ({"steps": -1}, "steps"),
        ({"seed": -1}, "seed"),
        ({"solver": "magic"}, "solver"),
        ({"model": "../mini"}, "model"),
        ({"precision": "int3"}, "precision"),
        ({"mode": "whisper"}, "mode"),
        ({"codec": "mp2"}, "codec"),
    ],
)
def test_a_setting_that_is_none(inputs, said, fails, model):
    assert said in fails(one_node(CLIP, model, **inputs))


@pytest.fixture(scope="module")
def bad_models(server, model):
    folder = server.base / "models/v2a"
    good = SHIPPED if model == "mini" else folder / model
    (folder / "cut.safetensors").write_bytes(good.read_bytes()[:100_000])
    (folder / "words.safetensors").write_text("not a model")
    save_file({"weight": torch.zeros(2)}, folder / "other.safetensors")
    save_file({"weight": torch.zeros(2)}, folder / "foreign.safetensors", {"family": "mega"})
    save_file({"weight": torch.zeros(2)}, folder / "hollow.safetensors", {"family": "mini"})
    yield
    for name in ("cut", "words", "other", "foreign", "hollow"):
        (folder / f"{name}.safetensors").unlink()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cut", "truncated"),
        ("words", "not a safetensors file"),
        ("other", "does not say which model"),
        ("foreign", "no model called 'mega'"),
        ("hollow", "not a file of the model 'mini'"),
    ],
)
def test_a_model_file_that_is_none(name, said, server, fails, bad_models, model):
    error = fails(one_node(CLIP, f"{name}.safetensors"))
    assert said in error, error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"encode": {"images": ["frames", 0]}}, "one of the two"),
        ({"encode": {"video": None}}, "one of the two"),
        ({"encode": {"video": None, "images": ["picture", 0]}}, "give it a video"),
        ({"encode": {"video": None, "images": ["frames", 0], "fps": 0.0}}, "fps"),
        ({"encode": {"video": None, "images": ["frames", 0], "fps": float("nan")}}, "fps"),
        ({"condition": {"features": None}}, "seconds"),
        ({"condition": {"seconds": 4000.0}}, "4000"),
        ({"condition": {"seconds": float("nan")}}, "seconds"),
        ({"sampler": {"positive": ["prompt", 0]}}, "V2A Condition"),
        ({"sampler": {"latent": ["image_latent", 0]}}, "V2A Condition"),
        ({"sampler": {"latent": ["other", 2]}}, "connect the latent"),
        ({"decode": {"latent": ["image_latent", 0]}}, "V2A Condition"),
        ({"decode": {"vae": ["pixels", 0]}}, "V2A Load Model"),
    ],
)
def test_connections_that_do_not_fit(change, said, fails, model):
    graph = full(CLIP, model, **change)
    for step in graph.values():
        step["inputs"] = {name: value for name, value in step["inputs"].items() if value is not None}
    graph["frames"] = node("EmptyImage", width=64, height=64, batch_size=2, color=0)
    graph["picture"] = node("EmptyImage", width=64, height=64, batch_size=1, color=0)
    graph["image_latent"] = node("EmptyLatentImage", width=64, height=64, batch_size=1)
    graph["other"] = node("V2ACondition", positive=["prompt", 0], negative=["prompt", 1], seconds=1.0)
    graph["pixels"] = node("VAELoader", vae_name="pixel_space")
    graph["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    error = fails(graph)
    assert said in error, error


def test_no_sound_at_all_to_mux(fails, model):
    graph = {
        "load": node("V2ALoadVideo", file=CLIP, start=0.0, duration=0.0),
        "empty": node("EmptyAudio", duration=0.0, sample_rate=44100, channels=2),
        "mux": node("V2AMuxVideo", video=["load", 0], audio=["empty", 0], mode="replace", codec="auto"),
        "save": save_video("mux"),
    }
    assert "no sound" in fails(graph)


def test_a_sample_rate_that_is_none(fails):
    graph = {
        "lines": node("V2ATranscript", text="ANNA [20000-20001]: Hello."),
        "sound": node("EmptyAudio", duration=1e-6, sample_rate=2_000_000_000, channels=1),
        "it": node("V2APlaceSpeech", transcript=["lines", 0], audio=["sound", 0], stretch=1.25),
        "shown": node("PreviewAny", source=["it", 0]),
    }
    assert "sample rate of 2000000000 Hz" in fails(graph)


def test_a_codec_that_the_container_lacks_leaves_nothing(server, fails, model):
    import av
    import numpy as np

    path = server.base / "input/clip.webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    error = fails(one_node("clip.webm", model, codec="aac"))
    assert "webm" in error.lower() and "opus" in error.lower()


def test_cancel_in_the_middle(server, model):
    before, cancelled = server.left_over(), []

    def cancel(name, data):
        if name == "progress" and data["max"] == 1000 and not cancelled:
            cancelled.append(time.monotonic())
            server.post("/interrupt", {})

    done = server.run(one_node(CLIP, model, steps=1000, seed=123), on_message=cancel)
    assert done.error == "interrupted"
    assert time.monotonic() - cancelled[0] < 5
    assert server.left_over() == before
    assert server.run(one_node(CLIP, model, seed=124)).error is None


def test_a_file_that_changes_is_read_again(server, model):
    from .conftest import packets, write_clip

    path = server.base / "input/changing.mp4"
    write_clip(path, seconds=1.0)
    first = server.output(server.run(one_node(path.name, model)), "save")
    shutil.copy(server.base / "input" / CLIP, path)
    second = server.output(server.run(one_node(path.name, model)), "save")
    assert len(packets(first)) == 25 and len(packets(second)) == 50
