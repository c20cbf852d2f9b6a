"""V2A Mux Video: what it keeps of the file that it writes anew, its labels and its own sound."""

import av
import numpy as np
import pytest

from .conftest import CLIP, audio_of, write_clip
from .graphs import node, save_video

LONG, SECONDS = "long.mp4", 450.0


def muxed(file, mode, seconds=2.0, **changes):
    return {
        "load": node("V2ALoadVideo", file=file, start=0.0, duration=0.0),
        "sound": node("TestNoise", seconds=seconds, batch=1),
        "mux": node("V2AMuxVideo", video=["load", 0], audio=["sound", 0], mode=mode, **{"codec": "flac", **changes}),
        "save": save_video("mux"),
    }


def test_the_file_keeps_its_own_comment_beside_the_label(server):
    folder = server.base / "input"
    with av.open(str(folder / CLIP)) as source, av.open(str(folder / "ann.mp4"), "w") as out:
        out.metadata["comment"] = "shot by Ann"
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    done = server.run(muxed("ann.mp4", "replace"))
    assert done.error is None, done.error
    with av.open(str(server.output(done, "save"))) as container:
        assert container.metadata["comment"] == "AI-generated audio; shot by Ann"


def test_a_mix_is_the_sum_of_both(server):
    """Of a tone and of silence on two channels, at another rate: the tone on both."""
    graph = muxed(CLIP, "mix")
    graph["sound"] = node("EmptyAudio", duration=2.0, sample_rate=24000, channels=2)
    (kept, rate), (old, _) = (
        audio_of(server.output(server.run(made), "save")) for made in (graph, {**graph, "save": save_video("load")})
    )
    kept = kept.reshape(-1, 2).T / 2**15
    assert rate == 48000 and kept.shape == (2, 96000)
    length = min(kept.shape[1], old.shape[1])
    np.testing.assert_allclose(kept[:, :length], np.repeat(old[:1, :length], 2, 0), atol=1e-3)


def test_a_mix_that_would_clip_is_turned_down_as_a_whole(server):
    graph = muxed(CLIP, "mix")
    graph["sound"] = node("GetVideoComponents", video=["load", 0])
    graph["loud"] = node("V2AMixAudio", audio_1=["sound", 1], loudness="as it is", true_peak=0.0, gain_1=11.9)
    graph["mux"]["inputs"]["audio"] = ["loud", 0]
    done = server.run(graph)
    assert done.error is None, done.error
    samples, _ = audio_of(server.output(done, "save"))
    wave = samples.reshape(-1) / 2**15
    # A clipped tone stays at the top; this one is there for a moment at a time.
    assert 0.97 < np.abs(wave).max() <= 1 and (np.abs(wave) > 0.995).mean() < 0.1


@pytest.fixture(scope="module")
def film(server):
    return write_clip(server.base / "input" / LONG, seconds=SECONDS, fps=2, size=(64, 48)).name


def test_a_film_s_own_sound_is_not_held(server, film):
    assert server.run(muxed(CLIP, "mix")).error is None  # what a first run imports

    def most_mb(mode):
        held = []

        def watch(name, data):
            if name == "progress" and data["node"] == "mux":
                held.append(server.resident_mb())

        done = server.run(muxed(film, mode, SECONDS, codec="aac"), watch)
        assert done.error is None, done.error
        return max(held)

    replaced = most_mb("replace")
    # Its 21.6 million samples are 86 MB, and were held several times.
    assert most_mb("mix") < replaced + 80


def test_a_mix_tells_its_progress_and_can_be_cancelled(server, film):
    before = server.left_over()

    def cancel(name, data):
        # The first thing that is told is the mix, which counts samples.
        if name == "progress" and data["node"] == "mux":
            assert data["max"] == SECONDS * 48000
            server.post("/interrupt", {})

    assert server.run(muxed(film, "mix", SECONDS), cancel).error == "interrupted"
    assert server.left_over() == before
