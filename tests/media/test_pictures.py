"""What an encoder sees of pictures of every kind."""

import av
import numpy as np
import pytest
import torch
from clips import barcode, clicks, read_barcode, turn, write_clip

from v2a_core.media.audio import read_audio
from v2a_core.media.encode import encode_frames
from v2a_core.media.video import FrameRate, VideoSource, probe, read_frames


def pictures(source, width=96, height=64):
    """uint8 [N, H, W, 3] at 25 Hz."""
    return torch.cat([chunk.frames for _, chunk in read_frames(source, {"eye": FrameRate(25, width, height)})]).numpy()


KINDS = {
    "10 bit": {"pix_fmt": "yuv420p10le"},
    "4:2:2": {"pix_fmt": "yuv422p"},
    "4:4:4": {"pix_fmt": "yuv444p"},
    "grey": {"pix_fmt": "gray"},
    "grey mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "suffix": "mkv"},
    "alpha": {"codec": "qtrle", "pix_fmt": "argb", "suffix": "mov"},
    "alpha prores": {"codec": "prores_ks", "pix_fmt": "yuva444p10le", "suffix": "mov"},
    "palette": {"codec": "gif", "pix_fmt": "rgb8", "suffix": "gif"},
    "odd": {"codec": "ffv1", "size": (97, 63), "suffix": "mkv"},
    "odd h264": {"size": (51, 33), "pix_fmt": "yuv444p"},
    "mpeg4 avi": {"codec": "mpeg4", "suffix": "avi"},
    "hevc": {"codec": "libx265", "options": {"x265-params": "log-level=none:bframes=3"}},
    "vp9": {"codec": "libvpx-vp9", "suffix": "webm", "options": {"deadline": "realtime", "cpu-used": "8"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_pixel_format_is_read(tmp_path, kind):
    options = dict(KINDS[kind])
    path = write_clip(tmp_path / f"clip.{options.pop('suffix', 'mp4')}", count=12, fps=25, **options)
    found = pictures(VideoSource.from_path(path))
    assert [read_barcode(picture) for picture in found] == list(range(12))
    for number, picture in enumerate(found):
        # Levels too: a wrong range or matrix would shift them.
        assert np.abs(picture[8:24].mean() - barcode(number)[8:24].mean()) < 6
        assert np.abs(picture[40:].astype(int) - 32).mean() < (20 if kind == "palette" else 4)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "mov", "gif"])
def test_a_file_of_one_frame(tmp_path, suffix):
    codec = {"webm": "libvpx-vp9", "gif": "gif"}.get(suffix, "libx264")
    path = write_clip(
        tmp_path / f"clip.{suffix}", count=1, codec=codec, pix_fmt="rgb8" if codec == "gif" else "yuv420p"
    )
    info = probe(VideoSource.from_path(path))
    assert 0.01 <= info.duration_s <= 0.11 and info.frame_count_estimate >= 1
    assert len(pictures(VideoSource.from_path(path))) >= 1


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_applied(tmp_path, degrees):
    path = turn(write_clip(tmp_path / "clip.mp4", count=5, size=(96, 64)), degrees)
    info = probe(VideoSource.from_path(path))
    assert info.rotation == degrees
    assert (info.width, info.height) == ((64, 96) if degrees % 180 else (96, 64))
    upright = pictures(VideoSource.from_path(path), info.width, info.height)
    for number, picture in enumerate(upright):
        assert read_barcode(np.rot90(picture, degrees // 90)) == number


def test_shrinking_averages_instead_of_picking(tmp_path):
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    source = VideoSource.from_frames(torch.from_numpy(np.stack([stripes] * 2)), 25)
    small = pictures(source, 32, 32)
    assert np.abs(small.astype(int) - 128).max() <= 3


@pytest.mark.parametrize(("size", "to"), [((2, 4000), (64, 32)), ((1, 4000), (64, 32)), ((16000, 1), (64, 64))])
def test_extreme_shapes_are_scaled_all_the_same(size, to):
    width, height = size
    frames = torch.zeros(3, height, width, 3, dtype=torch.uint8)
    frames[:, height // 2 :, width // 2 :] = 200
    found = pictures(VideoSource.from_frames(frames, 25), *to)
    assert found.shape == (3, *to[::-1], 3)
    assert found[:, 0, 0].max() <= 3 and found[:, -1, -1].min() >= 197


def test_the_facts(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=36, fps=24, audio=np.zeros((2, 48000), np.float32))
    info = probe(VideoSource.from_path(path))
    assert (info.width, info.height, info.fps, info.codec, info.has_audio) == (96, 64, 24, "h264", True)
    assert info.duration_s == pytest.approx(1.5, abs=1e-3) and info.frame_count_estimate == 36
    assert probe(VideoSource.from_path(path, 0.25, 1.0)).duration_s == pytest.approx(1.0)
    assert probe(VideoSource.from_path(path, 0.25)).duration_s == pytest.approx(1.25, abs=1e-3)


def test_a_file_is_opened_no_more_than_needed(tmp_path, monkeypatch):
    source = VideoSource.from_path(write_clip(tmp_path / "clip.mp4", count=10, audio=clicks([0.1], 0.4)))
    opened, av_open = [], av.open
    monkeypatch.setattr(av, "open", lambda *args, **options: opened.append(args) or av_open(*args, **options))
    probe(source)
    assert len(opened) == 2  # its first frame and its end
    pictures(source)
    read_audio(source)
    assert len(opened) == 4


def test_sound_that_outlasts_the_picture_does_not_lengthen_it(tmp_path):
    path = write_clip(tmp_path / "clip.mkv", count=25, audio=np.zeros((1, 96000), np.float32))
    assert probe(VideoSource.from_path(path)).duration_s == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("size", [(96, 64), (97, 63)])
def test_frames_are_encoded_at_their_times(tmp_path, size):
    frames = torch.from_numpy(np.stack([barcode(i, *size) for i in range(20)])).float() / 255
    source = VideoSource.from_frames(frames, 29.97, start_s=0.1, duration_s=0.4)
    late_s = encode_frames(source, tmp_path / "clip.mp4")
    assert late_s == pytest.approx(0.1 - 2 * 1001 / 30000)
    info = probe(VideoSource.from_path(tmp_path / "clip.mp4"))
    assert (info.width, info.height) == (96 if size[0] == 96 else 98, 64)
    found = pictures(VideoSource.from_path(tmp_path / "clip.mp4", late_s, 0.4))
    for tick, picture in enumerate(found):
        assert abs(read_barcode(picture) * 1001 / 30000 - 0.1 - tick / 25) <= 0.5 * 1001 / 30000 + 1e-3
        assert np.abs(picture[40:].astype(int) - 32).mean() < 4
