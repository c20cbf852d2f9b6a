"""Videos as newer hosts edit them: what was trimmed or cropped away is neither seen nor given sound."""

import av
import pytest

from .conftest import CLIP
from .graphs import node, one_node


def newer(**edit):
    return node("TestNewerVideo", file=CLIP, **{"start": 0.0, "duration": 0.0, "crop": 0, **edit})


def made_for(load, server, model):
    """(width, height, frames, seconds of sound) of the finished video."""
    graph = one_node(CLIP, model, codec="flac") | {"load": load}
    done = server.run(graph)
    assert done.error is None, done.error
    with av.open(str(server.output(done, "save"))) as container:
        frames = sum(1 for _ in container.decode(video=0))
        sound = container.streams.audio[0]
        picture = container.streams.video[0]
        return picture.width, picture.height, frames, float(sound.duration * sound.time_base)


def test_a_trim_window_is_kept_to(server, model):
    trim = {"start": 0.4, "duration": 1.0}
    found = made_for(newer(**trim), server, model)
    assert found == made_for(node("V2ALoadVideo", file=CLIP, **trim), server, model)
    assert found[3] == pytest.approx(1.0, abs=1 / 24000)


def test_a_trim_window_that_reaches_beyond_the_end_stops_there(server, model):
    found = made_for(newer(start=1.2, duration=5.0), server, model)
    assert found == made_for(node("V2ALoadVideo", file=CLIP, start=1.2, duration=0.0), server, model)
    assert found[3] == pytest.approx(0.8, abs=1 / 24000)


def test_a_crop_is_seen(server, model):
    width, height, frames, seconds = made_for(newer(crop=48), server, model)
    assert (width, height, frames) == (48, 48, 50)
    assert seconds == pytest.approx(2.0, abs=1 / 24000)
