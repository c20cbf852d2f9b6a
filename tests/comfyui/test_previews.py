"""Pictures of sound in ComfyUI: the sync preview's words, and what is seen while a sampler is at work."""

import io

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from .conftest import CLIP
from .graphs import distance, full, node, save_latent, with_ksampler

SHEET = "rain on wood\n[0.2-1.0] footsteps, -music"


def drawn(server, graph, **inputs) -> np.ndarray:
    graph = {
        **graph,
        "draw": node("V2ASyncPreview", **{"video": ["load", 0], "audio": ["decode", 0], "width": 640, **inputs}),
        "save": node("SaveImage", images=["draw", 0], filename_prefix="drawn"),
    }
    done = server.run(graph)
    assert done.error is None, done.error
    return np.array(Image.open(server.output(done, "save")))


def test_cues_come_from_a_prompt_or_a_text_and_lines_from_a_transcript(server, model):
    graph = full(CLIP, model, prompt={"prompt": SHEET, "negative_prompt": ""})
    graph["said"] = node("V2ATranscript", text="ANNA [0.5-1.5]: Hello.", file="none", seconds=0.0)
    bare = drawn(server, graph)
    by_prompt, by_text = drawn(server, graph, cues=["prompt", 0]), drawn(server, graph, cues=SHEET)
    assert bare.shape[1] == by_prompt.shape[1] == 640
    assert by_prompt.shape[0] > bare.shape[0] + 2 * 12
    assert np.array_equal(by_prompt, by_text)
    assert np.array_equal(by_prompt, drawn(server, graph, cues=["condition", 0]))
    assert drawn(server, graph, cues=["prompt", 0], transcript=["said", 0]).shape[0] > by_prompt.shape[0] + 12


def test_a_temporary_file_is_not_named(server, model):
    graph = full(CLIP, model)
    for codec in ("aac", "flac"):  # each in a file of its own name
        graph[codec] = node("V2AMuxVideo", video=["load", 0], audio=["decode", 0], mode="replace", codec=codec)
    ours, other = (drawn(server, graph, video=[codec, 0]) for codec in ("aac", "flac"))
    assert np.array_equal(ours, other)
    assert not np.array_equal(ours, drawn(server, graph))


@pytest.mark.parametrize("cues", [[[0, {}]], [[0, {"v2a_cues": 1}]]])
def test_cues_of_another_prompt_say_what_to_connect(server, model, cues):
    graph = full(CLIP, model)
    graph["draw"] = node("V2ASyncPreview", video=["load", 0], audio=["decode", 0], width=640)
    graph["draw"]["inputs"]["cues"] = {"__value__": cues}
    graph["save"] = node("PreviewImage", images=["draw", 0])
    assert "'cues' was not made by V2A Prompt" in server.run(graph).error
    graph["draw"]["inputs"]["cues"] = 5
    assert "connect CONDITIONING or STRING" in server.run(graph).error


def sampled(server, graph, method: str):
    """A run with a preview method: the latent, and the pictures that were shown."""
    graph["method"] = node("TestPreviewMethod", model=["model", 0], method=method)
    name = "k" if "k" in graph else "sampler"
    graph[name]["inputs"]["model"] = ["method", 0]
    done = server.run({**graph, "save": save_latent(name)})
    assert done.error is None, done.error
    latent = load_file(server.output(done, "save", "latents"))["latent_tensor"]
    return latent, [Image.open(io.BytesIO(one)) for one in done.previews]


def test_ours_shows_a_spectrogram_where_the_user_wants_previews(server, model):
    graph = full(CLIP, model, sampler={"steps": 150})
    latent, pictures = sampled(server, graph, "auto")
    assert 0 < len(pictures) < 150
    assert all(picture.size == (512, 160) for picture in pictures)
    assert np.array(pictures[-1]).std() > 5
    same, none = sampled(server, graph, "none")
    assert none == []
    assert distance(latent, same) == 0


def test_core_shows_it_too(server, model):
    graph = with_ksampler(full(CLIP, model), steps=150)
    graph["k"]["inputs"]["seed"] = 11
    latent, pictures = sampled(server, graph, "latent2rgb")
    assert len(pictures) == 150
    assert np.array(pictures[0]).std() < 5  # till there is one
    assert np.array(pictures[-1]).std() > 5
    same, none = sampled(server, graph, "none")
    assert none == []
    assert distance(latent, same) == 0


def test_mmaudio_is_seen_through_its_autoencoder(server, mmaudio):
    for seed in range(3):  # on a busy machine the first picture may cost more than a short run has for it
        graph = full(CLIP, "mmaudio_small_16k", sampler={"steps": 150, "seed": seed})
        latent, pictures = sampled(server, graph, "auto")
        if pictures:
            break
    assert pictures and all(picture.size == (512, 160) for picture in pictures)
    same, _ = sampled(server, graph, "none")
    assert distance(latent, same) == 0


@pytest.mark.parametrize("sampler", ["ours", "core"])
def test_hunyuan_foley_is_not_seen(server, foley, sampler):
    graph = full(CLIP, "hunyuan_foley_xl", sampler={"steps": 3})
    _, pictures = sampled(server, graph if sampler == "ours" else with_ksampler(graph), "auto")
    assert pictures == []
    sampled(server, full(CLIP, "hunyuan_foley_xl", sampler={"steps": 2}), "none")
