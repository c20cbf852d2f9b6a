"""A silent film in ComfyUI: its speed set once, its title cards as lines that other nodes take."""

import av
import numpy as np
import pytest
import torch

from v2a_core.media.video import VideoSource, probe

from .conftest import CLIP, audio_of, packets
from .graphs import full, node, one_node, save_latent, save_video
from .server import Refused

CARDS = "[00:00:01.5-00:00:03.0]", "[00:00:03.0-00:00:04.5]"


@pytest.fixture(scope="module")
def film(server):
    """6 s at 24 fps: a picture, two cards of lines of letters, and a picture."""
    rng, pictures = np.random.default_rng(0), np.full((3, 144, 192), 12, np.uint8)
    for number in (1, 2):
        for y in range(40, 100, 20):
            for x in range(20, 170, 8):
                pictures[number, y + rng.integers(5) : y + 8, x : x + 2] = 210
                pictures[number, y + rng.integers(8) :, x : x + 5][:2] = 210
    with av.open(str(server.base / "input/film.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 192, 144, "yuv420p"
        for shown in (0, 1, 2, 0):
            pixels = np.repeat(pictures[shown][..., None], 3, -1)
            for _ in range(36):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())
    return "film.mp4"


def load(file, **inputs):
    return node("V2ALoadVideo", file=file, **{"start": 0.0, "duration": 0.0, **inputs})


def shown(server, graph):
    """What the node `titles` shows, and what it gives."""
    graph["any"] = node("PreviewAny", source=["titles", 0])
    done = server.run(graph)
    assert done.error is None, done.error
    return done.outputs["titles"]["text"][0], done.outputs["any"]["text"][0]


def test_cards_are_lines_with_times(server, film):
    titles = node("V2AFindIntertitles", video=["load", 0])
    said, given = shown(server, {"load": load(film), "titles": titles})
    assert said == given == "\n".join(f"{times} ..." for times in CARDS)
    titles = node("V2AFindIntertitles", video=["load", 0], words="piano")
    assert shown(server, {"load": load(film, fps=18.0, start=1.0), "titles": titles})[1] == (
        "[00:00:01.0-00:00:03.0] piano\n[00:00:03.0-00:00:05.0] piano"
    )


def test_a_film_without_cards(server):
    said, given = shown(server, {"load": load(CLIP), "titles": node("V2AFindIntertitles", video=["load", 0])})
    assert (said, given) == ("No title card was found.", "")


def test_the_lines_are_a_transcript_and_cues(server, film, model, latent_of):
    def sampled(words, **prompt):
        graph = full(film, model, prompt=prompt)
        graph["titles"] = node("V2AFindIntertitles", video=["load", 0], words=words)
        return graph

    cued = latent_of({**sampled("rain", prompt=["titles", 0]), "save": save_latent("sampler")})
    typed = latent_of(
        {**full(film, model, prompt={"prompt": "\n".join(f"{t} rain" for t in CARDS)})}
        | {"save": save_latent("sampler")}
    )
    assert torch.equal(cued, typed)
    graph = sampled("Meanwhile")
    graph["told"] = node("V2ATranscript", text=["titles", 0], seconds=["load", 1])
    graph["condition"]["inputs"]["transcript"] = ["told", 0]
    assert latent_of({**graph, "save": save_latent("sampler")}).isfinite().all()


def test_a_film_at_its_speed_to_the_end(server, film, model):
    graph = one_node(film, model, codec="flac")
    graph["load"]["inputs"]["fps"] = 18.0
    done = server.run(graph)
    assert done.error is None, done.error
    path = server.output(done, "save")
    assert packets(path) == packets(server.base / "input" / film)
    info = probe(VideoSource.from_path(path))
    assert (info.fps, info.duration_s) == (18, pytest.approx(8.0, abs=1e-3))
    samples, rate = audio_of(path)
    assert samples.shape[1] == round(8.0 * rate)


def test_core_nodes_see_the_speed(server):
    graph = {"load": load(CLIP, fps=20.0, start=0.5, duration=1.0), "save": save_video("load")}
    graph["parts"] = node("GetVideoComponents", video=["load", 0])
    graph["fps"] = node("PreviewAny", source=["parts", 2])
    done = server.run(graph)
    assert done.error is None, done.error
    assert done.outputs["fps"]["text"][0] == "20.0"
    with av.open(str(server.output(done, "save"))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20 and not container.streams.audio


@pytest.mark.parametrize("fps", [0.3, 200.0, -2.0, float("nan")])
def test_a_speed_that_is_none(fps, server):
    try:
        error = server.run({"load": load(CLIP, fps=fps), "titles": node("V2AFindIntertitles", video=["load", 0])}).error
    except Refused as refused:
        error = str(refused)
    assert "fps" in error


def test_its_own_sound_can_t_be_mixed_in_at_another_speed(server, model):
    graph = one_node(CLIP, model, mode="mix")
    graph["load"]["inputs"]["fps"] = 20.0
    assert "its own sound goes with 25 fps and can't be kept at 20 fps" in server.run(graph).error
