"""Parts of videos as other nodes see them: their frames, counted and given, and saved by core."""

import av
import numpy as np
import pytest

from .conftest import CLIP, write_clip
from .graphs import node, save_video

SLIDES = "slides.mp4"  # one frame a second: black, grey, white


@pytest.fixture(scope="module", autouse=True)
def slides(server):
    with av.open(str(server.base / "input" / SLIDES), "w") as out:
        stream = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in (0, 128, 255):
            pixels = np.full((48, 64, 3), level, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())


def loaded(file, **inputs):
    return {"load": node("V2ALoadVideo", file=file, **{"start": 0.0, "duration": 0.0, **inputs})}


def facts(server, graph):
    """Frames counted, frames given and their brightness."""
    graph |= {"facts": node("TestVideoFacts", video=["load", 0]), "any": node("PreviewAny", source=["facts", 0])}
    done = server.run(graph)
    assert done.error is None, done.error
    counted, given, levels = done.outputs["any"]["text"][0].split(" ", 2)
    return int(counted), int(given), levels


@pytest.mark.parametrize(
    ("trim", "levels"),
    [
        ({"start": 1.4, "duration": 0.3}, "[0.5]"),
        ({"start": 0.4, "duration": 1.0}, "[0.0, 0.5]"),
        ({"start": 1.0, "duration": 1.0}, "[0.5]"),
        ({"start": 2.9}, "[1.0]"),
        ({"duration": 1.2, "fps": 2.0}, "[0.0, 0.5, 1.0]"),
        ({"start": 0.75, "fps": 2.0}, "[0.5, 1.0]"),
    ],
)
def test_the_frame_on_show_at_the_start_is_the_first(server, trim, levels):
    counted, given, found = facts(server, loaded(SLIDES, **trim))
    assert (found, counted) == (levels, given)


@pytest.mark.parametrize("start", [0.4, 0.41, 0.439999])
def test_as_many_frames_as_are_counted(server, start):
    counted, given, _ = facts(server, loaded(CLIP, start=start, duration=1.0))
    assert counted == given == (25 if start == 0.4 else 26)


def test_a_part_within_one_frame_can_be_saved(server):
    done = server.run({**loaded(SLIDES, start=1.4, duration=0.3), "save": save_video("load")})
    assert done.error is None, done.error
    with av.open(str(server.output(done, "save"))) as container:
        (frame,) = container.decode(video=0)
        assert frame.to_ndarray(format="gray").mean() == pytest.approx(128, abs=4)


def test_frames_without_times_are_given_too(server):
    path = write_clip(server.base / "input" / "timed.mp4", seconds=1.0)
    with av.open(str(path)) as source, av.open(str(path.with_name("bare.h264")), "w", format="h264") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    assert facts(server, loaded("bare.h264", fps=20.0))[1] >= 1
