"""What can't be written is told before there is a sound."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
import torch
from clips import write_clip

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.formats import held_codecs
from v2a_core.media.mux import mux
from v2a_core.media.target import check_target
from v2a_core.media.video import VideoSource, probe

SILENCE = Audio(torch.zeros(1, 9600), 24_000)


@pytest.mark.parametrize(
    ("codec", "start_s", "name", "said"),
    [
        ("libx264", 0.0, "out.webm", "cannot hold h264 video"),
        ("msmpeg4", 0.0, "out.mp4", "cannot hold msmpeg4v3 video, which is copied as it is; write .mov or .mkv"),
        ("libx264", 0.2, "out.mkv", "between keyframes"),
    ],
)
def test_a_picture_that_the_file_cannot_hold(tmp_path, codec, start_s, name, said):
    clip = write_clip(tmp_path / ("clip.mp4" if codec == "libx264" else "clip.avi"), count=10, codec=codec)
    with pytest.raises(InputError, match=said):
        check_target(VideoSource.from_path(clip, start_s), tmp_path / name, None)
    check_target(VideoSource.from_path(clip, start_s), tmp_path / ("out.mp4" if start_s else "out.mkv"), None)
    assert [path.name for path in tmp_path.iterdir()] == [clip.name]


def test_a_codec_that_no_mp4_holds_is_cut_at_the_keyframe_that_is_named(tmp_path):
    options = {"g": "10", "keyint_min": "10", "deadline": "realtime", "cpu-used": "8"}
    clip = write_clip(tmp_path / "clip.webm", count=40, codec="libvpx", options=options, offset_s=0.2)
    said = r"at 0\.72 s, between keyframes, and no file with vp8 video can .* start at a keyframe, such as 0\.800 s"
    with pytest.raises(InputError, match=said):
        check_target(VideoSource.from_path(clip, 0.72), tmp_path / "out.webm", None)
    with pytest.raises(InputError, match=r"keyframe, such as 0\.400 s"):
        check_target(VideoSource.from_path(clip, 0.52), tmp_path / "out.mkv", None)
    check_target(VideoSource.from_path(clip, 0.8), tmp_path / "out.webm", None)


def test_a_damaged_file_without_keyframes_is_told(tmp_path):
    """A file that fuzzing made."""
    data = Path(__file__).with_name("without_keyframes.bin").read_bytes()
    source = VideoSource.from_bytes(data, "damaged", 0.0, probe(VideoSource.from_bytes(data)).duration_s)
    with pytest.raises(InputError, match=r"start at a keyframe$"):
        mux(source, SILENCE, tmp_path / "out.mkv")


def test_an_old_codec_is_copied_where_it_is_held(tmp_path):
    clip = write_clip(tmp_path / "clip.avi", count=10, codec="msmpeg4")
    with av.open(str(mux(VideoSource.from_path(clip), SILENCE, tmp_path / "out.mkv"))) as made:
        assert made.streams.video[0].codec_context.codec.canonical_name == "msmpeg4v3"
        assert sum(1 for _ in made.decode(video=0)) == 10


def test_subtitles_are_known_by_the_names_of_their_codecs():
    assert {"dvd_subtitle", "hdmv_pgs_subtitle", "subrip"} <= held_codecs("matroska")
    assert "hdmv_pgs_subtitle" not in held_codecs("mp4")


def test_frames_and_sounds_that_the_file_cannot_hold(tmp_path):
    frames = VideoSource.from_frames(torch.zeros(4, 16, 16, 3), Fraction(25))
    with pytest.raises(InputError, match="cannot hold h264 video"):
        check_target(frames, tmp_path / "out.webm", None)
    with pytest.raises(InputError, match="cannot hold opus sound"):
        check_target(frames, tmp_path / "out.mov", "opus")
    check_target(frames, tmp_path / "out.mp4", "opus")
