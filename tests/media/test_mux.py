"""The finished file: the same picture, the new sound in its place, and nothing left behind."""

import os
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from clips import barcode, click_times, clicks, decoded_barcodes, turn, video_packets, write_clip

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, read_audio
from v2a_core.media.mux import mux
from v2a_core.media.video import VideoSource, probe

HELD = [
    ("mp4", "aac"),
    ("mp4", "flac"),
    ("mp4", "opus"),
    ("mov", "aac"),
    ("mkv", "aac"),
    ("mkv", "flac"),
    ("mkv", "opus"),
]
# One frame of each codec, and a millisecond for containers that round to one.
AUDIO_FRAME_S = {"aac": 1024 / 24000, "flac": 4608 / 24000, "opus": 0.02}


def sound(duration_s, times_s=(0.25, 1.0), rate_hz=24000, channels=1):
    """Clicks at times of which the codecs must keep every one."""
    return Audio(torch.from_numpy(clicks(times_s, duration_s, rate_hz, channels)), rate_hz)


def heard(path):
    audio = read_audio(VideoSource.from_path(path))
    return click_times(audio.samples, audio.rate_hz)


def tags(path):
    with av.open(str(path)) as container:
        return {key.lower(): value for key, value in container.metadata.items()}


def durations(path):
    """Seconds: (video, audio) as a plain decode finds them."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(stream))
        return probe(VideoSource.from_path(path)).duration_s, samples / stream.codec_context.sample_rate


@pytest.mark.parametrize("suffix, codec", HELD)
def test_packets_are_copied_and_the_sound_is_in_place(tmp_path, suffix, codec):
    path = write_clip(tmp_path / "clip.mp4", count=60, fps=Fraction(30000, 1001), audio=clicks([0.7], 2.0))
    out = mux(VideoSource.from_path(path), sound(2.5), tmp_path / f"out.{suffix}", codec=codec)
    assert out == tmp_path / f"out.{suffix}"
    assert [data for _, data in video_packets(out)] == [data for _, data in video_packets(path)]
    assert [n for _, n in decoded_barcodes(out)] == list(range(60))
    assert heard(out) == pytest.approx([0.25, 1.0], abs=1e-3)
    picture_s, sound_s = durations(out)
    assert picture_s == pytest.approx(60 * 1001 / 30000, abs=2e-3)
    assert abs(picture_s - sound_s) <= AUDIO_FRAME_S[codec] + 2e-3
    with av.open(str(out)) as container:
        assert len(container.streams.audio) == 1
        assert container.duration / av.time_base == pytest.approx(picture_s, abs=AUDIO_FRAME_S[codec] + 2e-3)
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", out.name}


@pytest.mark.parametrize("source_suffix", ["mkv", "ts", "avi"])
def test_other_containers_to_mp4(tmp_path, source_suffix):
    codec = {"avi": {"codec": "mpeg4"}}.get(source_suffix, {})
    audio = None if codec else clicks([0.7], 2.0)
    path = write_clip(tmp_path / f"clip.{source_suffix}", count=50, audio=audio, **codec)
    out = mux(VideoSource.from_path(path), sound(2.0), tmp_path / "out.mp4")
    assert [n for _, n in decoded_barcodes(out)] == list(range(50))
    assert [t for t, _ in decoded_barcodes(out)] == pytest.approx([i / 25 for i in range(50)], abs=1.1e-3)
    assert heard(out) == pytest.approx([0.25, 1.0], abs=1e-3)
    if source_suffix != "ts":  # mp4 stores H.264 from a transport stream with other separators
        assert [data for _, data in video_packets(out)] == [data for _, data in video_packets(path)]


@pytest.mark.parametrize("codec", [None, "opus"])
def test_webm_holds_vp9_and_opus(tmp_path, codec):
    path = write_clip(tmp_path / "clip.webm", count=25, codec="libvpx-vp9", options={"cpu-used": "8"})
    out = mux(VideoSource.from_path(path), sound(1.0, [0.5]), tmp_path / "out.webm", codec=codec)
    assert [data for _, data in video_packets(out)] == [data for _, data in video_packets(path)]
    assert heard(out) == pytest.approx([0.5], abs=1e-3)


VARIABLE = [0, 0.03, 0.11, 0.13, 0.2, 0.29, 0.31, 0.4, 0.44, 0.5, 0.58, 0.6, 0.7, 0.71, 0.8, 0.9]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_variable_rate_keeps_its_times(tmp_path, suffix):
    path = write_clip(tmp_path / "clip.mp4", times_s=VARIABLE, offset_s=0.5)
    out = mux(VideoSource.from_path(path), sound(1.0), tmp_path / f"out.{suffix}")
    assert [t for t, _ in decoded_barcodes(out)] == pytest.approx(VARIABLE, abs=1e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("source_suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("start_s, duration_s", [(1.03, 1.1), (0.0, 1.1), (0.8, None), (2.98, None), (1.37, 0.02)])
def test_trims(tmp_path, suffix, source_suffix, start_s, duration_s):
    options = {"g": "20", "keyint_min": "20", "bf": "2", "b-adapt": "0", "sc_threshold": "0"}
    path = write_clip(tmp_path / f"clip.{source_suffix}", count=75, options=options)
    out = mux(VideoSource.from_path(path, start_s, duration_s), sound(3.0, [0.0]), tmp_path / f"out.{suffix}")
    end_s = 3.0 if duration_s is None else start_s + duration_s
    shown = decoded_barcodes(out)
    expected = [i for i in range(75) if (i + 1) / 25 > start_s + 1e-3 and i / 25 < end_s - 1e-3]
    assert [number for _, number in shown] == expected
    assert shown[0][0] == 0
    for time_s, number in shown[1:]:
        assert time_s == pytest.approx(number / 25 - start_s, abs=1.1e-3)
    picture_s, sound_s = durations(out)
    assert picture_s == pytest.approx(end_s - start_s, abs=2e-3)
    assert abs(sound_s - picture_s) <= AUDIO_FRAME_S["aac"] + 2e-3
    copied, stored = [d for _, d in video_packets(out)], [d for _, d in video_packets(path)]
    assert copied == stored[stored.index(copied[0]) :][: len(copied)] and len(copied) <= len(expected) + 20 + 3
    assert heard(out)[0] == pytest.approx(0.0, abs=1e-3)


# The last frame before 2 s is stored last, or with frames after it that are shown before it.
HOLDING = ([0, 0.04, 0.09, 1.0, 1.01, 3.0], [0, 0.04, 0.09, 1.0, 3.0, 3.01, 3.02])
TRIMS = [(0.0, 2.0), (0.0, 0.95), (0.5, 0.3), (0.5, 1.5)]
# Matroska hides no frames before or after a cut.
HELD_CASES = [
    (source_suffix, suffix, bf, *trim)
    for source_suffix in ("mkv", "mp4")
    for suffix, bf in (("mp4", "0"), ("mp4", "2"), ("mkv", "0"))
    for trim in TRIMS
    if suffix == "mp4" or not trim[0]
]


@pytest.mark.parametrize("times_s", HOLDING)
@pytest.mark.parametrize("source_suffix, suffix, bf, start_s, duration_s", HELD_CASES)
def test_a_picture_is_held_until_the_end(tmp_path, times_s, source_suffix, suffix, bf, start_s, duration_s):
    options = {"bf": bf, "b-adapt": "0"}
    path = write_clip(tmp_path / f"clip.{source_suffix}", times_s=times_s, options=options, nominal=True)
    out = mux(VideoSource.from_path(path, start_s, duration_s), sound(0.1, []), tmp_path / f"out.{suffix}")
    assert probe(VideoSource.from_path(out)).duration_s == pytest.approx(duration_s, abs=1.1e-3)
    seen = [time_s for time_s in times_s if time_s < start_s + duration_s]
    first = max(time_s for time_s in seen if time_s <= start_s)
    expected = [max(0, time_s - start_s) for time_s in seen if time_s >= first]
    assert [time_s for time_s, _ in decoded_barcodes(out)] == pytest.approx(expected, abs=1.1e-3)
    copied = [data for _, data in video_packets(out)]
    assert copied == [data for _, data in video_packets(path)][: len(copied)]


def test_a_stream_that_no_header_can_hold_is_left_out_and_no_file_stays_open(tmp_path):
    path, size = tmp_path / "clip.mkv", b"\xb0\x81\x10\xba\x81\x12"
    with av.open(str(path), "w") as out:
        picture, empty = out.add_stream("libvpx", rate=25), out.add_stream("mjpeg", rate=25)
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        empty.width, empty.height, empty.pix_fmt = 16, 18, "yuvj420p"
        for number in range(5):
            out.mux(picture.encode(av.VideoFrame.from_ndarray(barcode(number), format="rgb24")))
        out.mux(picture.encode())
    data = path.read_bytes()
    assert data.count(size) == 1
    before = len(os.listdir("/dev/fd"))
    source = VideoSource.from_bytes(data.replace(size, b"\xb0\x81\0\xba\x81\0"))
    with av.open(str(mux(source, sound(0.2), tmp_path / "out.mkv"))) as made:
        assert [stream.type for stream in made.streams] == ["video", "audio"]
    assert len(os.listdir("/dev/fd")) == before


def test_matroska_takes_a_trim_at_a_keyframe_and_refuses_others(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=75, options={"g": "20", "keyint_min": "20", "bf": "0"})
    out = mux(VideoSource.from_path(path, 0.8, 1.0), sound(1.0), tmp_path / "out.mkv")
    assert [n for _, n in decoded_barcodes(out)] == list(range(20, 45))
    with pytest.raises(InputError, match=r"cut at 1\.03 s.*\.mp4 and \.mov"):
        mux(VideoSource.from_path(path, 1.03), sound(1.0), tmp_path / "no.mkv")
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", "out.mkv"}


def test_frames_that_an_edit_list_hides_stay_hidden(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=40, hidden=7)
    out = mux(VideoSource.from_path(path), sound(1.32), tmp_path / "out.mp4")
    assert [n for _, n in decoded_barcodes(out)] == list(range(7, 40))
    assert heard(out) == pytest.approx([0.25, 1.0], abs=1e-3)


@pytest.mark.parametrize("degrees", [90, 180])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_rotation_survives(tmp_path, suffix, degrees):
    path = turn(write_clip(tmp_path / "clip.mp4", count=10), degrees)
    out = mux(VideoSource.from_path(path), sound(0.4), tmp_path / f"out.{suffix}")
    assert probe(VideoSource.from_path(out)).rotation == degrees


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_provenance(tmp_path, suffix):
    path = write_clip(tmp_path / "clip.mp4", count=10)
    prompt = "rain on a tin roof — 雨\n" * 50
    out = mux(
        VideoSource.from_path(path),
        sound(0.4),
        tmp_path / f"out.{suffix}",
        metadata={"model": "mini", "seed": 7, "prompt": prompt},
    )
    found = tags(out)
    assert found["comment"] == "AI-generated audio"
    assert (found["model"], found["seed"]) == ("mini", "7")
    assert found["prompt"].split() == prompt.split()


def test_other_tags_stay_and_the_comment_is_added_once(tmp_path):
    path = write_clip(tmp_path / "clip.mkv", count=10)
    with av.open(str(path)) as old, av.open(str(tmp_path / "tagged.mkv"), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        new.metadata.update({"title": "Holiday", "comment": "by the sea"})
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    once = mux(VideoSource.from_path(tmp_path / "tagged.mkv"), sound(0.4), tmp_path / "once.mp4")
    twice = mux(VideoSource.from_path(once), sound(0.4), tmp_path / "twice.mkv")
    for out in (once, twice):
        assert tags(out)["title"] == "Holiday"
        assert tags(out)["comment"] == "AI-generated audio; by the sea"


SUBTITLES = "1\n00:00:00,200 --> 00:00:00,900\nA door.\n\n2\n00:00:01,200 --> 00:00:01,900\nRain.\n"


@pytest.mark.parametrize("start_s, kept", [(0.0, [(0.2, "A door."), (1.2, "Rain.")]), (0.96, [(0.24, "Rain.")])])
def test_subtitles_stay_where_they_fit(tmp_path, start_s, kept):
    (tmp_path / "words.srt").write_text(SUBTITLES)
    path = write_clip(tmp_path / "clip.mkv", count=50, subtitles=tmp_path / "words.srt", options={"bf": "0"})
    out = mux(VideoSource.from_path(path, start_s), sound(2.0), tmp_path / "out.mkv")
    with av.open(str(out)) as container:
        words = container.streams.subtitles[0]
        found = [(float(p.pts * p.time_base), bytes(p).decode()) for p in container.demux(words) if p.size]
    assert [text for _, text in found] == [text for _, text in kept]
    assert [time_s for time_s, _ in found] == pytest.approx([time_s for time_s, _ in kept], abs=2e-3)
    plain = mux(VideoSource.from_path(path, start_s), sound(2.0), tmp_path / "out.mp4")
    with av.open(str(plain)) as container:
        assert [s.type for s in container.streams] == ["video", "audio"]


@pytest.mark.skipif(not hasattr(av.container.OutputContainer, "add_attachment"), reason="PyAV too old to write them")
def test_attachments_and_chapters_stay(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=50)
    with av.open(str(path)) as old, av.open(str(tmp_path / "rich.mkv"), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        new.add_attachment("hand.ttf", "font/ttf", b"letters" * 10)
        unit = Fraction(1, 1000)
        chapters = [(0, 1000, "before"), (1000, 2000, "after")]
        new.set_chapters(
            [
                {"id": n, "start": a, "end": b, "time_base": unit, "metadata": {"title": t}}
                for n, (a, b, t) in enumerate(chapters)
            ]
        )
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    out = mux(VideoSource.from_path(tmp_path / "rich.mkv", 0.48), sound(2.0), tmp_path / "out.mkv")
    with av.open(str(out)) as container:
        found = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]
        assert [s.data for s in container.streams if s.type == "attachment"] == [b"letters" * 10]
    assert found == [(0, "before"), (Fraction(52, 100), "after")]


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_every_frame_of_the_fastest_batch_is_there(tmp_path, suffix, count):
    frames = torch.from_numpy(np.stack([barcode(i) for i in range(count)]))
    out = mux(VideoSource.from_frames(frames, 1000), sound(0.1, []), tmp_path / f"out.{suffix}")
    assert [number for _, number in decoded_barcodes(out)] == list(range(count))
    assert probe(VideoSource.from_path(out)).duration_s == pytest.approx(count / 1000, abs=1e-6)


@pytest.mark.parametrize("fps", [24, 23.976])
@pytest.mark.parametrize("start_s, suffix", [(0.0, "mp4"), (0.0, "mkv"), (0.5, "mp4"), (0.51, "mkv")])
def test_a_batch_of_frames_is_encoded_once(tmp_path, fps, start_s, suffix):
    frames = torch.from_numpy(np.stack([barcode(i) for i in range(48)])).float() / 255
    out = mux(VideoSource.from_frames(frames, fps, start_s=start_s), sound(2.0), tmp_path / f"out.{suffix}")
    rate = Fraction(24) if fps == 24 else Fraction(24000, 1001)
    shown = decoded_barcodes(out)
    assert [n for _, n in shown] == [n for n in range(48) if (n + 1) / rate > start_s + 1e-3]
    for time_s, number in shown[1:]:
        assert time_s == pytest.approx(float(number / rate) - start_s, abs=1.1e-3)
    picture_s, sound_s = durations(out)
    assert picture_s == pytest.approx(float(48 / rate) - start_s, abs=2e-3)
    assert abs(picture_s - sound_s) <= AUDIO_FRAME_S["aac"] + 2e-3
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    "name, codec, choices",
    [
        ("out.mov", "opus", ["aac", ".mp4", ".mkv"]),
        ("out.mov", "flac", ["aac", ".mp4", ".mkv"]),
        ("out.webm", "aac", ["opus", ".mp4", ".mkv"]),
        ("out.webm", None, [".mp4", ".mkv", "h264"]),
        ("out.avi", None, [".mp4", ".mkv"]),
        ("out", None, [".mp4", ".mkv"]),
        ("out.mp4", "mp3", ["aac", "flac", "opus"]),
        ("nowhere/out.mp4", None, ["folder"]),
    ],
)
def test_what_cannot_be_written_names_the_choices(tmp_path, name, codec, choices):
    path = write_clip(tmp_path / "clip.mp4", count=10)
    with pytest.raises(InputError) as caught:
        mux(VideoSource.from_path(path), sound(0.4), tmp_path / name, codec=codec)
    assert all(choice in str(caught.value) for choice in choices)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


def test_sound_that_is_not_finite(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=10)
    with pytest.raises(InputError, match="NaN"):
        mux(VideoSource.from_path(path), Audio(torch.full((1, 9600), torch.nan), 24000), tmp_path / "out.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize(
    "rate_hz, channels, codec",
    [
        (44100, 2, "aac"),
        (44100, 2, "opus"),
        (48000, 6, "aac"),
        (16000, 1, "flac"),
        (48000, 8, "aac"),
        (48000, 8, "flac"),
        (48000, 8, "opus"),
    ],
)
def test_rates_and_channels(tmp_path, rate_hz, channels, codec):
    path = write_clip(tmp_path / "clip.mp4", count=25)
    out = mux(VideoSource.from_path(path), sound(1.0, [0.5], rate_hz, channels), tmp_path / "out.mp4", codec=codec)
    audio = read_audio(VideoSource.from_path(out))
    assert audio.samples.shape[0] == channels
    assert click_times(audio.samples, audio.rate_hz) == pytest.approx([0.5], abs=1e-3)


@pytest.mark.parametrize(
    "kind, stage", [("file", "write video"), ("frames", "encode video"), ("frames", "write video")]
)
def test_a_cancelled_mux_leaves_nothing_and_the_old_file(tmp_path, kind, stage):
    path = write_clip(tmp_path / "clip.mp4", count=50)
    (tmp_path / "out.mp4").write_bytes(b"old")

    def cancel(*call):
        if call[0] == stage and call[1] > 10:
            raise KeyboardInterrupt

    source = VideoSource.from_path(path) if kind == "file" else VideoSource.from_frames(torch.zeros(50, 64, 96, 3), 25)
    with pytest.raises(KeyboardInterrupt):
        mux(source, sound(2.0), tmp_path / "out.mp4", progress=cancel)
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", "out.mp4"}
    assert (tmp_path / "out.mp4").read_bytes() == b"old"


def test_writing_over_the_source(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=25, audio=clicks([0.1], 1.0))
    before = video_packets(path)
    mux(VideoSource.from_path(path), sound(1.0, [0.5]), path)
    assert video_packets(path) == before
    assert heard(path) == pytest.approx([0.5], abs=1e-3)
