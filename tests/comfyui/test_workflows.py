"""The shipped workflows in the real frontend and through the real API, and the graphs around them."""

import json
import re

import av
import numpy as np
import pytest

from v2a_core.weights.catalog import catalog

from .conftest import CLIP, CLIPS, audio_of, packets
from .graphs import full, node, one_node, save_video
from .make_workflows import model_files, readme
from .server import ROOT

WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
PAID = {"after_veo3"}  # needs an API key to run, not to open
MMAUDIO = "mmaudio_large_44k_v2"  # what workflows name, for which tests have narrow files of another


@pytest.fixture(scope="module")
def opened(in_browser, server):
    """What the frontend made of each workflow, by name, and which of the files that it lists were not there then."""
    absent = {
        path.stem: [
            file
            for file in json.loads(path.read_text()).get("models", [])
            if not (server.base / "models" / file["directory"] / file["name"]).exists()
        ]
        for path in WORKFLOWS
    }
    out = in_browser("open_workflows.mjs", *map(str, WORKFLOWS))
    return {path.stem: json.loads((out / path.name).read_text()) | {"absent": absent[path.stem]} for path in WORKFLOWS}


@pytest.mark.parametrize("name", [path.stem for path in WORKFLOWS])
def test_a_workflow_opens_whole_in_the_browser(name, opened):
    found, shipped = opened[name], json.loads((ROOT / f"workflows/{name}.json").read_text())
    assert (found["missing"], found["lost"]) == ([], 0)
    # Where files of its model are missing, the frontend offers those.
    assert len(found["dialogs"]) == bool(found["absent"])
    for file in shipped.get("models", []):
        offered = any(f"{file['directory']} / {file['name']}" in text for text in found["dialogs"])
        assert offered == (file in found["absent"]), file["name"]
    assert not any(
        word in text for text in found["dialogs"] for word in ("Invalid directory", "not allowed", "Only allowed")
    )
    notes = [step for step in shipped["nodes"] if step["type"] == "MarkdownNote"]
    assert len(found["prompt"]) == len(shipped["nodes"]) - len(notes)


def test_each_says_in_a_line_what_it_shows():
    assert (ROOT / "workflows/README.md").read_text() == readme(), "run python -m tests.comfyui.make_workflows"
    for path in WORKFLOWS:
        (said,) = re.findall(rf"^\| \[{path.stem}\].* \| (.*) \|$", readme(), re.MULTILINE)
        assert 30 < len(said) < 260, path.stem


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_view_of_its_own(path):
    """So that the frontend fits it to the window that it is opened in."""
    assert "ds" not in json.loads(path.read_text())["extra"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_lists_the_files_of_the_catalogue(path, server):
    workflow = json.loads(path.read_text())
    values = [value for step in workflow["nodes"] for value in step.get("widgets_values", [])]
    named = [name for name in catalog() if name in values]
    assert workflow.get("models", []) == [file for name in named for file in model_files(name)]
    for file in workflow.get("models", []):  # what the frontend would refuse to offer
        assert file["url"].startswith("https://huggingface.co/") and file["name"].endswith(".safetensors")
        assert file["directory"] in {folder["name"] for folder in server.get("/api/experiment/models")}
    assert ("models" in workflow) == any(file.repo for name in named for file in catalog()[name].parts[0].files)


@pytest.mark.parametrize("name", [path.stem for path in WORKFLOWS if path.stem not in PAID])
def test_a_workflow_runs(name, opened, server, model, mmaudio, foley):
    prompt = opened[name]["prompt"]
    for step in prompt.values():
        step["inputs"] |= {"model": model} if step["inputs"].get("model") in ("mini", "mini_fast") else {}
        step["inputs"] |= {"model": "mmaudio_small_16k"} if step["inputs"].get("model") == MMAUDIO else {}
        step["inputs"] |= {"steps": 4} if "steps" in step["inputs"] else {}
        step["inputs"] |= {"folder": CLIPS} if step["class_type"] == "V2ATrainDataset" else {}
    done = server.run(prompt)
    assert done.error is None, done.error
    (saver,) = (key for key, step in prompt.items() if step["class_type"].startswith("Save"))
    if prompt[saver]["class_type"] == "SaveAudio":
        sounds = [audio_of(path) for path in server.saved(done, saver, "audio")]
        assert [samples.shape[1] / rate for samples, rate in sounds] == [8.0, 8.0]
        assert not np.array_equal(sounds[0][0], sounds[1][0])
        return
    with av.open(str(server.output(done, saver))) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert float(sound.duration * sound.time_base) == pytest.approx(
            float(picture.duration * picture.time_base), abs=1024 / 16000
        )
        assert container.metadata["comment"] == "AI-generated audio"
    for shower in (key for key, step in prompt.items() if step["class_type"] == "PreviewImage"):
        assert server.output(done, shower).stat().st_size > 10_000


def test_the_picture_is_untouched(server, model):
    done = server.run(one_node(CLIP, model))
    assert done.error is None, done.error
    assert packets(server.output(done, "save")) == packets(server.base / "input" / CLIP)


def test_a_video_in_memory_is_as_good_as_a_file(server, model):
    graph = one_node(CLIP, model, codec="flac")
    from_file = server.run(graph)
    graph["load"] = node("TestVideoInMemory", file=CLIP)
    # Two in a row: the result of one is the input of the next.
    graph["again"] = node("V2AVideoToAudio", **{**graph["make"]["inputs"], "video": ["make", 0]})
    graph["save again"] = save_video("again")
    in_memory = server.run(graph)
    assert from_file.error is None and in_memory.error is None, (from_file.error, in_memory.error)
    expected = audio_of(server.output(from_file, "save"))[0]
    for saver in ("save", "save again"):
        path = server.output(in_memory, saver)
        assert packets(path) == packets(server.base / "input" / CLIP)
        assert np.array_equal(audio_of(path)[0], expected)


def test_one_node_is_the_same_as_the_graph(server, model):
    graph = full(CLIP, model, prompt={"prompt": "rain", "negative_prompt": ""})
    graph["mux"] = node("V2AMuxVideo", video=["load", 0], audio=["decode", 0], mode="replace", codec="flac")
    graph["save"] = save_video("mux")
    whole, one = server.run(graph), server.run(one_node(CLIP, model, codec="flac"))
    assert whole.error is None and one.error is None, (whole.error, one.error)
    (a, rate), (b, _) = (audio_of(server.output(done, "save")) for done in (whole, one))
    assert rate == 24000
    assert np.array_equal(a, b)


def test_a_new_seed_neither_loads_nor_watches_again(server, model):
    server.run(one_node(CLIP, model, seed=1))
    again = server.run(one_node(CLIP, model, seed=2))
    assert again.error is None, again.error
    expanded = {data["node"] for data in again.named("executing") if data["node"]}
    assert len([name for name in expanded if name.startswith("make.")]) == 3  # sampler, decoder, mux


@pytest.mark.parametrize(("start", "duration", "expected"), [(0.5, 0.0, 1.5), (0.0, 0.8, 0.8), (0.52, 1.04, 1.04)])
def test_a_trim_holds_to_the_end(start, duration, expected, server, model):
    graph = full(CLIP, model, load={"start": start, "duration": duration})
    graph["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    done = server.run(graph)
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save", "audio"))
    assert rate == 24000
    assert samples.shape[1] == round(expected * rate)


def test_a_trimmed_video_can_be_saved_and_split(server):
    graph = {
        "load": node("V2ALoadVideo", file=CLIP, start=0.4, duration=1.0),
        "save": save_video("load"),
        "parts": node("GetVideoComponents", video=["load", 0]),
        "sound": node("SaveAudio", audio=["parts", 1], filename_prefix="audio/part"),
    }
    done = server.run(graph)
    assert done.error is None, done.error
    with av.open(str(server.output(done, "save"))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 25
    samples, rate = audio_of(server.output(done, "sound", "audio"))
    assert samples.shape[1] == rate


def test_mix_keeps_the_sound_that_was_there(server, model):
    kept, replaced = (server.run(one_node(CLIP, model, mode=mode, codec="flac")) for mode in ("mix", "replace"))
    assert kept.error is None and replaced.error is None, (kept.error, replaced.error)
    tone = 0.05 * 48000 / (2 * np.pi)  # Hz, of the clip

    def level(done):
        samples, rate = audio_of(server.output(done, "save"))
        spectrum = np.abs(np.fft.rfft(samples[0].astype(float) / np.iinfo(samples.dtype).max))
        return spectrum[round(tone * samples.shape[1] / rate)] / samples.shape[1]

    assert level(kept) > 0.05 > 10 * level(replaced)


@pytest.mark.parametrize("size", [(64, 48), (63, 47)], ids=["even", "odd"])
def test_images_at_their_fps(size, server, model):
    graph = full(CLIP, model)
    graph["frames"] = node("EmptyImage", width=size[0], height=size[1], batch_size=30, color=255)
    graph["encode"]["inputs"] |= {"images": ["frames", 0], "fps": 12.0}
    del graph["encode"]["inputs"]["video"]
    graph["video"] = node("CreateVideo", images=["frames", 0], fps=12.0)
    graph["mux"] = node("V2AMuxVideo", video=["video", 0], audio=["decode", 0], mode="mix", codec="auto")
    graph["save"] = save_video("mux")
    done = server.run(graph)
    assert done.error is None, done.error
    with av.open(str(server.output(done, "save"))) as container:
        assert container.streams.video[0].frames == 30
        assert float(container.streams.audio[0].duration * container.streams.audio[0].time_base) == pytest.approx(
            2.5, abs=0.05
        )


def test_a_mask_changes_what_is_seen(server, model, latent_of):
    from .graphs import save_latent

    def run(value=None):
        graph = full(CLIP, model)
        if value is not None:
            graph["mask"] = node("SolidMask", value=value, width=32, height=32)
            graph["encode"]["inputs"]["mask"] = ["mask", 0]
        return latent_of({**graph, "save": save_latent("sampler")})

    whole, all_white, all_black = run(), run(1.0), run(0.0)
    assert (whole - all_white).abs().max() == 0
    assert (whole - all_black).abs().max() > 0


def test_no_video_only_seconds(server, model):
    graph = full(CLIP, model, condition={"seconds": 1.23})
    del graph["condition"]["inputs"]["features"]
    graph["save"] = node("SaveAudio", audio=["decode", 0], filename_prefix="audio/made")
    done = server.run(graph)
    assert done.error is None, done.error
    assert audio_of(server.output(done, "save", "audio"))[0].shape[1] == round(1.23 * 24000)


def test_progress_is_told(server, model):
    done = server.run(one_node(CLIP, model, seed=99, steps=6))
    steps = {data["value"] for data in done.named("progress") if data["max"] == 6}
    assert steps == set(range(1, 7))
