"""A device that is out of memory, in ComfyUI: less at once and a word of it in the log, or one clear message."""

import time

import pytest

from .conftest import CLIP
from .graphs import distance, full, node, save_latent, with_ksampler


def short(model, rows, frames):
    graph = full(CLIP, model, sampler={"model": ["short", 0], "video_cfg": 4.0}, decode={"vae": ["short", 1]})
    graph["short"] = node("TestShortOfMemory", model=["model", 0], vae=["model", 2], rows=rows, frames=frames)
    return {**graph, "sound": node("PreviewAudio", audio=["decode", 0])}


def forget(server):
    """Let no model that is short of memory stay for the next run."""
    server.post("/free", {"unload_models": True, "free_memory": True})
    time.sleep(1)


@pytest.fixture(autouse=True)
def fresh(server):
    yield
    forget(server)


@pytest.mark.parametrize("sampler", ["sampler", "k"])
def test_less_is_done_at_once(server, model, latent_of, sampler):
    plain = full(CLIP, model, sampler={"video_cfg": 4.0})
    limited = {name: each for name, each in short(model, 1, 10**6).items() if name not in ("decode", "sound")}
    made, logged = [], len(server.log.read_text())
    for graph, network in ((plain, "model"), (limited, "short")):
        graph = with_ksampler(graph, network) if sampler == "k" else graph
        made.append(latent_of({**graph, "save": save_latent(sampler)}))
    assert distance(*made) < 1e-3
    assert "out of memory: it can't refine a batch of" in server.log.read_text()[logged:]


def test_what_can_not_be_less_is_told_and_the_next_run_works(server, model):
    for rows, frames, told in ((0, 10**6, "refine a batch of 1"), (8, 10, "decode 200 latent frames")):
        error = server.run(short(model, rows, frames)).error
        assert "OutOfMemoryError" in error and f"can't {told}" in error and "choose a smaller one" in error
        forget(server)
    assert server.run({**full(CLIP, model), "sound": node("PreviewAudio", audio=["decode", 0])}).error is None
