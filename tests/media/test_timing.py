"""Which frame an encoder sees when, read from the pixels."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from clips import barcode, is_flash, read_barcode, write_clip

from v2a_core.media.timeline import tick_count
from v2a_core.media.video import FrameRate, VideoSource, probe, read_frames

NTSC = [Fraction(24000, 1001), Fraction(60000, 1001)]
# Gaps of 8 to 95 ms, none of them a multiple of another.
VARIABLE = np.concatenate([[0], np.cumsum(np.random.default_rng(3).uniform(0.008, 0.095, 60))])


def seen(source, rate_hz=25.0, size=(64, 64), chunk_frames=64):
    """Every tick's frame number, timestamp and whether it is a flash."""
    found = []
    for name, chunk in read_frames(source, {"eye": FrameRate(rate_hz, *size)}, chunk_frames=chunk_frames):
        assert name == "eye" and chunk.first == len(found) and len(chunk.frames) == len(chunk.times_s) <= chunk_frames
        for picture, time_s in zip(chunk.frames, chunk.times_s, strict=True):
            found.append((read_barcode(picture), time_s, is_flash(picture)))
    return found


def check_nearest(found, times_s, start_s=0.0, rate_hz=25.0):
    """Each tick shows the frame nearest to it, and says that frame's time."""
    times_s = np.asarray(times_s, dtype=float) - start_s
    for tick, (number, said_s, _) in enumerate(found):
        best = np.abs(times_s - tick / rate_hz).min()
        assert abs(times_s[number] - tick / rate_hz) <= best + 1e-3, (tick, number)
        assert said_s == pytest.approx(times_s[number], abs=1e-3)


@pytest.mark.parametrize("fps", [12, 16, NTSC[0], 24, 25, 30, 50, NTSC[1], 120], ids=float)
def test_flashes_are_within_half_a_source_frame_of_nominal_time(tmp_path, fps):
    count = round(2 * fps)
    flashes = [round(t * fps) for t in (0.31, 0.97, 1.52)]
    path = write_clip(tmp_path / "clip.mp4", count=count, fps=fps, flashes=flashes)
    found = seen(VideoSource.from_path(path))
    times_s = [float(i / fps) for i in range(count)]
    assert len(found) == tick_count(float(count / fps), 25)
    check_nearest(found, times_s)
    for tick, (number, _, flash) in enumerate(found):
        assert flash == (number in flashes)
        if tick / 25 <= times_s[-1]:
            assert abs(times_s[number] - tick / 25) <= float(1 / fps) / 2 + 1e-3


def test_variable_rate_uses_timestamps(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", times_s=VARIABLE, flashes=[20, 40])
    found = seen(VideoSource.from_path(path))
    check_nearest(found, VARIABLE)
    assert {number for number, _, flash in found if flash} <= {20, 40}


def test_a_held_picture_stays_until_just_before_the_next(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", times_s=[0, 0.04, 2.0, 2.04])
    numbers = [number for number, _, _ in seen(VideoSource.from_path(path))]
    assert numbers[:2] == [0, 1]
    assert set(numbers[2:49]) == {1}
    assert numbers[50:52] == [2, 3]


def test_matroska_and_a_late_start(tmp_path):
    path = write_clip(tmp_path / "clip.mkv", times_s=VARIABLE, offset_s=1.4)
    check_nearest(seen(VideoSource.from_path(path)), VARIABLE)
    assert probe(VideoSource.from_path(path)).duration_s == pytest.approx(VARIABLE[-1], abs=0.1)


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_start_offset_is_not_part_of_the_picture(tmp_path, suffix):
    path = write_clip(tmp_path / f"clip.{suffix}", count=40, fps=25, offset_s=0.6)
    found = seen(VideoSource.from_path(path))
    assert [number for number, _, _ in found] == list(range(40))


def test_frames_hidden_by_an_edit_list_are_not_seen(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=40, fps=25, hidden=7)
    found = seen(VideoSource.from_path(path))
    assert [number for number, _, _ in found] == list(range(7, 40))


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("start_s", [0.48, 1.234, 2.6])
def test_trim_counts_from_its_start(tmp_path, suffix, start_s):
    path = write_clip(tmp_path / f"clip.{suffix}", count=90, fps=30, options={"g": "15", "bf": "3"})
    found = seen(VideoSource.from_path(path, start_s, 0.35))
    assert len(found) == 9
    check_nearest(found, [i / 30 for i in range(90)], start_s)


def test_a_trim_decodes_from_the_keyframe_before_it(tmp_path, monkeypatch):
    from v2a_core.media import video

    path = write_clip(tmp_path / "clip.mp4", count=200, fps=25, options={"g": "20", "bf": "0"})
    decoded = []
    real = video.decode
    monkeypatch.setattr(video, "decode", lambda *a: (decoded.append(f) or f for f in real(*a)))
    found = seen(VideoSource.from_path(path, 6.52, 0.2))
    assert found[0][0] == 163
    assert len(decoded) <= 3 + 5 + 2


def test_several_rates_from_one_decode(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=60, fps=30)
    rates = {"fast": FrameRate(25, 64, 48), "slow": FrameRate(8, 96, 96)}
    chunks = list(read_frames(VideoSource.from_path(path), rates, chunk_frames=10))
    for name, rate in rates.items():
        mine = [chunk for key, chunk in chunks if key == name]
        frames = torch.cat([chunk.frames for chunk in mine])
        assert frames.shape == (2 * rate.rate_hz, rate.height, rate.width, 3) and frames.dtype == torch.uint8
        assert all(len(chunk.frames) == 10 for chunk in mine[:-1])
        for tick, picture in enumerate(frames):
            assert abs(read_barcode(picture) / 30 - tick / rate.rate_hz) <= 1 / 60 + 1e-6
    assert chunks[0][0] == chunks[1][0] == "fast"


@pytest.mark.parametrize("kind", ["uint8", "float"])
@pytest.mark.parametrize("fps", [16, 23.976, 24, 60])
def test_a_batch_of_frames_is_sampled_by_time(kind, fps):
    frames = torch.from_numpy(np.stack([barcode(i) for i in range(48)]))
    frames = frames.float() / 255 if kind == "float" else frames
    for start_s in (0.0, 0.33):
        found = seen(VideoSource.from_frames(frames, fps, start_s=start_s))
        exact = Fraction(24000, 1001) if fps == 23.976 else fps
        assert len(found) == tick_count(float(48 / exact) - start_s, 25)
        check_nearest(found, [float(i / exact) for i in range(48)], start_s)


def test_bytes_read_like_the_file(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=30)
    assert seen(VideoSource.from_bytes(path.read_bytes(), start_s=0.3)) == seen(VideoSource.from_path(path, 0.3))


def test_progress_rises_and_may_cancel(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=50)
    calls = []
    rates = {"eye": FrameRate(25, 32, 32)}
    list(read_frames(VideoSource.from_path(path), rates, progress=lambda *call: calls.append(call)))
    assert calls[-1] == ("read frames", 20, 20)
    assert all(before[1] <= after[1] for before, after in pairwise(calls))

    def cancel(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(read_frames(VideoSource.from_path(path), rates, progress=cancel))
