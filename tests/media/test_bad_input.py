"""What no video can be made of: one InputError each, that names the source and says what to do."""

import math
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import clicks, read_barcode, write_clip

from v2a_core.errors import InputError
from v2a_core.media.audio import read_audio
from v2a_core.media.video import FrameRate, VideoSource, probe, read_frames

RATES = {"eye": FrameRate(25, 32, 32)}


def refused(source, *words):
    """Every way of reading a source refuses it with the same kind of message."""
    for read in (probe, lambda s: list(read_frames(s, RATES)), read_audio):
        with pytest.raises(InputError) as caught:
            read(source)
        message = str(caught.value)
        assert source.name in message and "\n" not in message
        for word in words:
            assert word in message


def test_missing_file_and_folder(tmp_path):
    refused(VideoSource.from_path(tmp_path / "none.mp4"), "does not exist")
    refused(VideoSource.from_path(tmp_path), "is a folder")


def test_empty(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    refused(VideoSource.from_path(tmp_path / "empty.mp4"), "empty")
    refused(VideoSource.from_bytes(b"", name="upload"), "empty")


def test_not_a_video(tmp_path):
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    refused(VideoSource.from_path(tmp_path / "noise.mp4"), "not a video")
    (tmp_path / "notes.txt").write_text("Buy milk, then bread.\n" * 50)
    refused(VideoSource.from_path(tmp_path / "notes.txt"), "video")


def test_a_picture_is_not_a_video(tmp_path):
    path = write_clip(tmp_path / "still.png", count=1, codec="png", pix_fmt="rgb24")
    refused(VideoSource.from_path(path), "not a video")


def test_sound_only(tmp_path):
    import av

    with av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(clicks([0.1], 1.0), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    refused(VideoSource.from_path(tmp_path / "song.m4a"), "no picture")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_cut_off_before_its_index(tmp_path, share):
    data = write_clip(tmp_path / "clip.mp4", count=30).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: int(len(data) * share)])
    refused(VideoSource.from_path(tmp_path / "cut.mp4"), "truncated")


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_cut_off_where_the_rest_can_be_read(tmp_path, suffix):
    data = write_clip(tmp_path / f"clip.{suffix}", count=100).read_bytes()
    source = VideoSource.from_bytes(data[: len(data) * 6 // 10])
    frames = torch.cat([chunk.frames for _, chunk in read_frames(source, RATES)])
    assert 40 <= len(frames) <= 70
    assert probe(source).duration_s == pytest.approx(len(frames) / 25, abs=0.05)
    assert [read_barcode(f) for f in frames[:35]] == list(range(35))


def test_no_frame_in_the_file(tmp_path):
    data = bytearray(write_clip(tmp_path / "clip.mp4", count=5).read_bytes())
    start = data.index(b"mdat") + 4
    data[start : data.index(b"moov") - 4] = bytes(data.index(b"moov") - 4 - start)
    refused(VideoSource.from_bytes(bytes(data), name="blank.mp4"), "no frame")


@pytest.mark.parametrize("size", [(100_000, 100_000), (16_400, 16), (16_000, 16_000)])
@pytest.mark.parametrize("codec", ["rawvideo", "ffv1"])
def test_a_header_that_claims_a_huge_picture(tmp_path, codec, size):
    pix_fmt = {"rawvideo": "bgr24"}.get(codec, "yuv420p")
    data = bytearray(write_clip(tmp_path / "clip.avi", count=2, codec=codec, pix_fmt=pix_fmt).read_bytes())
    at = data.index(b"strf") + 12
    assert struct.unpack("<ii", data[at : at + 8]) in [(96, 64), (96, -64)]
    data[at : at + 8] = struct.pack("<ii", *size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(VideoSource.from_bytes(bytes(data), name="huge.avi"), "its header claims")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_picture_that_grows_midway_is_passed_over(tmp_path):
    data = bytearray(write_clip(tmp_path / "clip.webm", count=6, codec="libvpx", options={"g": "3"}).read_bytes())
    size = struct.pack("<3sHH", b"\x9d\x01\x2a", 96, 64)
    assert data.count(size) == 2
    at = data.rindex(size) + 3
    data[at : at + 4] = struct.pack("<HH", 14_000, 14_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    frames = torch.cat([chunk.frames for _, chunk in read_frames(VideoSource.from_bytes(bytes(data)), RATES)])
    assert [read_barcode(frame) for frame in frames] == [0, 1, 2, 2, 2, 2]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize("fit", ["stretch", "bicubic"])
def test_pictures_in_colours_that_nobody_knows(fit):
    """A file that fuzzing made."""
    data = Path(__file__).with_name("unknown_colours.bin").read_bytes()
    source = VideoSource.from_bytes(data, "damaged")
    with pytest.raises(InputError, match=r"damaged: its pictures \(yuv444p, 8224x32\) can't be brought to RGB"):
        list(read_frames(source, {"eye": FrameRate(25, 16, 16, fit=fit)}))


def test_nan_frames():
    frames = torch.zeros(5, 8, 8, 3)
    frames[3, 2, 2, 1] = math.nan
    with pytest.raises(InputError, match=r"the input 'images'.*frame 3.*NaN"):
        VideoSource.from_frames(frames, 24, name="the input 'images'")


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (5, 8, 8), (5, 3, 8, 8), (5, 8, 0, 3)])
def test_frames_of_a_wrong_shape(shape):
    with pytest.raises(InputError, match="expected"):
        VideoSource.from_frames(torch.zeros(shape), 24)


@pytest.mark.parametrize("fps", [0, -24, math.nan, math.inf, 1e9])
def test_impossible_frame_rates(fps):
    with pytest.raises(InputError, match="fps"):
        VideoSource.from_frames(torch.zeros(5, 8, 8, 3), fps)


@pytest.mark.parametrize("trim", [(-1, None), (math.nan, None), (0, 0), (0, -2), (0, math.inf)])
def test_impossible_trims(trim):
    with pytest.raises(InputError, match=r"clip.mp4: (start|duration) is"):
        VideoSource.from_path("clip.mp4", *trim)


@pytest.mark.parametrize("trim", [(2.0, None), (60, 1), (0, 3), (1.5, 1)])
def test_trims_longer_than_the_video(tmp_path, trim):
    path = write_clip(tmp_path / "clip.mp4", count=50, audio=clicks([], 2.0))
    refused(VideoSource.from_path(path, *trim), "2.000 s")
    with pytest.raises(InputError, match=r"2.000 s"):
        probe(VideoSource.from_frames(torch.zeros(50, 8, 8, 3), 25, start_s=trim[0], duration_s=trim[1]))


def test_a_rounded_duration_is_taken(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=48, fps=24)
    assert probe(VideoSource.from_path(path, 0, 2.05)).duration_s == pytest.approx(2.0)


def test_a_codec_without_a_decoder(tmp_path):
    data = write_clip(tmp_path / "clip.mp4", count=5).read_bytes()
    refused(VideoSource.from_bytes(data.replace(b"avc1", b"zzz9"), name="odd.mp4"), "decode")


@pytest.mark.parametrize("suffix", ["m3u8", "mp4", "ts"])
@pytest.mark.parametrize("sent_for", ["http://localhost:9/other.ts", "other.ts", "file:{folder}/other.ts"])
@pytest.mark.parametrize(
    "text", ["#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.8,\n{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile {}\n"]
)
def test_a_file_cannot_send_for_others(tmp_path, text, sent_for, suffix):
    write_clip(tmp_path / "other.ts", count=20)
    playlist = tmp_path / f"list.{suffix}"
    playlist.write_text(text.format(sent_for.format(folder=tmp_path)))
    refused(VideoSource.from_path(playlist), "cannot be opened")
