"""Poor footage: it shows the scene, and of few frames a second those that a reader would choose."""

from dataclasses import replace

import numpy as np
import pytest

from v2a_core.media.video import FrameRate, VideoSource, read_frames
from v2a_core.training.world.degrade import KINDS, poor_frames
from v2a_core.training.world.render import render_video
from v2a_core.training.world.scene import encoder_frames, make_scene


@pytest.mark.parametrize("kind", KINDS)
def test_poor_footage_keeps_its_shape_and_what_it_shows(kind):
    scene = make_scene(2, "train", "strikes", duration_s=1.0)
    frames = encoder_frames(scene)
    one, two = (poor_frames(scene, kind, np.random.default_rng(3)) for _ in range(2))
    assert one.shape == frames.shape == (25, 64, 64, 3) and one.dtype == np.uint8 and np.array_equal(one, two)
    assert not np.array_equal(one, frames) and np.abs(one.astype(int) - frames).mean() < 40
    if kind == "grey":
        assert np.ptp(one, axis=-1).max() == 0
    if kind == "12 fps":
        assert len(np.unique(one.reshape(25, -1), axis=0)) <= 13


def test_few_frames_a_second_are_those_that_the_reader_takes_from_such_a_file(tmp_path):
    scene = make_scene(2, "train", "strikes", duration_s=2.0)
    path = render_video(replace(scene, fps=12.0), tmp_path / "film.mp4", 128, 128)
    read = read_frames(VideoSource.from_path(path), {"sync": FrameRate(25.0, 64, 64)})
    frames = np.concatenate([chunk.frames.numpy() for _, chunk in read])
    seen = poor_frames(scene, "12 fps", np.random.default_rng(0))
    # 0.98; 2.3 where a tick shows the frame before
    assert np.abs(seen.astype(int) - frames).mean((1, 2, 3)).max() < 1.25
