"""A film shown at another rate than its file's: every time follows, no byte of the picture changes."""

from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from clips import barcode, clicks, decoded_barcodes, read_barcode, video_packets, write_clip

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, read_audio
from v2a_core.media.mux import mux
from v2a_core.media.timeline import sample_count
from v2a_core.media.video import FrameRate, VideoSource, probe, read_frames

NTSC = Fraction(24000, 1001)
VARIABLE = [0, 0.03, 0.11, 0.13, 0.2, 0.29, 0.31, 0.4, 0.44, 0.5, 0.58, 0.6, 0.7, 0.71, 0.8, 0.9]


def film(path, fps=18, start_s=0.0, duration_s=None):
    return VideoSource.from_path(path, start_s, duration_s, fps=fps)


def silence(duration_s, rate_hz=24000):
    return Audio(torch.zeros(1, sample_count(duration_s, rate_hz)), rate_hz)


def seen(source, rate_hz=25.0):
    """(number, time) of the frame at every tick."""
    chunks = read_frames(source, {"eye": FrameRate(rate_hz, 96, 64)})
    return [(read_barcode(p), t) for _, c in chunks for p, t in zip(c.frames, c.times_s.tolist(), strict=True)]


@pytest.mark.parametrize("stored", [NTSC, 24, 25, 30], ids=float)
@pytest.mark.parametrize("fps", [16, 18, Fraction(50, 3), 48])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_frames_and_duration_follow_the_rate(tmp_path, stored, fps, suffix):
    source = film(write_clip(tmp_path / f"clip.{suffix}", count=50, fps=stored), fps)
    info = probe(source)
    assert info.fps == fps and info.frame_count_estimate == 50
    assert info.duration_s == pytest.approx(float(50 / fps), abs=2e-3)
    found = seen(source)
    assert [number for number, _ in found][-1] == 49
    for tick, (number, time_s) in enumerate(found):
        assert time_s == pytest.approx(float(number / fps), abs=2e-3)
        assert abs(time_s - tick / 25) <= float(0.5 / fps) + 2e-3 or number == 49


def test_no_rate_is_the_file_s_own(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=30)
    assert seen(film(path, 0)) == seen(film(path, None)) == seen(VideoSource.from_path(path))
    assert seen(film(path, 25)) == seen(film(path, 0))
    assert probe(film(path, 0)).duration_s == pytest.approx(1.2)


@pytest.mark.parametrize("fps", [0.5, -18, 121, float("nan"), float("inf")])
def test_rates_that_no_film_has(fps):
    for make in (
        lambda: VideoSource.from_path("film.mp4", fps=fps),
        lambda: VideoSource.from_bytes(b"", "film.mp4", fps=fps),
    ):
        with pytest.raises(InputError, match=r"film\.mp4: fps is .*1 to 120"):
            make()


@pytest.mark.parametrize("source_suffix, suffix", [("mp4", "mp4"), ("mp4", "mkv"), ("mkv", "mp4"), ("mkv", "mov")])
def test_packets_are_the_same_bytes_at_new_times(tmp_path, source_suffix, suffix):
    path = write_clip(tmp_path / f"clip.{source_suffix}", count=60, fps=24, audio=clicks([0.7], 2.0))
    out = mux(film(path), silence(1.0), tmp_path / f"out.{suffix}")
    stored, copied = video_packets(path), video_packets(out)
    assert [data for _, data in copied] == [data for _, data in stored]
    precise = 1.1e-3 if "mkv" in (source_suffix, suffix) else 1e-5  # Matroska counts milliseconds
    assert [t for t, _ in copied] == pytest.approx([t * 24 / 18 for t, _ in stored], abs=precise)
    assert [n for _, n in decoded_barcodes(out)] == list(range(60))
    again = probe(VideoSource.from_path(out))
    assert again.fps == 18
    assert again.duration_s == pytest.approx(60 / 18, abs=2e-3)
    with av.open(str(out)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert container.duration / av.time_base == pytest.approx(60 / 18, abs=0.05)


def test_the_sound_is_exactly_as_long(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=60, fps=24)
    out = mux(film(path), silence(1.0), tmp_path / "out.mkv", codec="flac")
    with av.open(str(out)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == sample_count(60 / 18, 24000)


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("start_s, duration_s", [(1.03, 1.1), (0.0, 1.1), (2.0, None), (4.1, None)])
def test_trims_count_on_the_new_clock(tmp_path, suffix, start_s, duration_s):
    options = {"g": "20", "keyint_min": "20", "bf": "2", "b-adapt": "0", "sc_threshold": "0"}
    path = write_clip(tmp_path / "clip.mkv", count=75, fps=25, options=options)
    source = film(path, 18, start_s, duration_s)
    end_s = 75 / 18 if duration_s is None else start_s + duration_s
    expected = [i for i in range(75) if (i + 1) / 18 > start_s + 1e-3 and i / 18 < end_s - 1e-3]
    assert probe(source).duration_s == pytest.approx(end_s - start_s, abs=2e-3)
    for number, time_s in seen(source, 72.0):
        assert time_s == pytest.approx(number / 18 - start_s, abs=1.6e-3)
    out = mux(source, silence(1.0), tmp_path / f"out.{suffix}")
    shown = decoded_barcodes(out)
    assert [number for _, number in shown] == expected and shown[0][0] == 0
    for time_s, number in shown[1:]:
        assert time_s == pytest.approx(number / 18 - start_s, abs=1.6e-3)
    assert probe(VideoSource.from_path(out)).duration_s == pytest.approx(end_s - start_s, abs=2e-3)
    copied, stored = [d for _, d in video_packets(out)], [d for _, d in video_packets(path)]
    assert copied == stored[stored.index(copied[0]) :][: len(copied)]


def test_a_trim_beyond_the_end_is_told_in_new_seconds(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=50, fps=25)
    assert probe(film(path, 20, 2.2)).duration_s == pytest.approx(0.3)
    with pytest.raises(InputError, match=r"start is 3 s but the video is 2\.500 s long"):
        probe(film(path, 20, 3.0))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_variable_rate_and_a_late_start(tmp_path, suffix):
    path = write_clip(tmp_path / "clip.mp4", times_s=VARIABLE, offset_s=0.5)
    own = probe(VideoSource.from_path(path)).fps
    expected = [t * float(own / 10) for t in VARIABLE]
    out = mux(film(path, 10), silence(1.0), tmp_path / f"out.{suffix}")
    assert [t for t, _ in decoded_barcodes(out)] == pytest.approx(expected, abs=1.1e-3)
    times = {number: time_s for number, time_s in seen(film(path, 10), 100.0)}
    assert [times[n] for n in range(len(VARIABLE))] == pytest.approx(expected, abs=1e-3)


def test_frames_that_an_edit_list_hides_stay_hidden(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=40, fps=24, hidden=7)
    out = mux(film(path), silence(1.0), tmp_path / "out.mp4")
    shown = decoded_barcodes(out)
    assert [n for _, n in shown] == list(range(7, 40))
    assert [t for t, _ in shown] == pytest.approx([i / 18 for i in range(33)], abs=2e-4)


def test_avi_counts_frames_and_a_transport_stream_starts_late(tmp_path):
    avi = write_clip(tmp_path / "clip.avi", count=50, fps=25, codec="mpeg4")
    stream = write_clip(tmp_path / "clip.ts", count=50, fps=25, offset_s=0.6)
    for path in (avi, stream):
        out = mux(film(path), silence(1.0), path.with_suffix(".mp4"))
        assert [t for t, _ in decoded_barcodes(out)] == pytest.approx([i / 18 for i in range(50)], abs=1.1e-3)


def test_subtitles_go_with_the_picture(tmp_path):
    (tmp_path / "words.srt").write_text("1\n00:00:00,200 --> 00:00:00,900\nA door.\n")
    path = write_clip(tmp_path / "clip.mkv", count=48, fps=24, subtitles=tmp_path / "words.srt")
    out = mux(film(path, 16), silence(1.0), tmp_path / "out.mkv")
    with av.open(str(out)) as container:
        (found,) = [p for p in container.demux(container.streams.subtitles[0]) if p.size]
        assert float(found.pts * found.time_base) == pytest.approx(0.3, abs=2e-3)
        assert float(found.duration * found.time_base) == pytest.approx(1.05, abs=2e-3)


@pytest.mark.skipif(not hasattr(av.container.OutputContainer, "set_chapters"), reason="PyAV too old to write them")
def test_chapters_go_with_the_picture_and_a_timecode_stays_behind(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=48, fps=24)
    with av.open(str(path)) as old, av.open(str(tmp_path / "rich.mov"), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        copy.metadata["timecode"], copy.codec_context.framerate = "01:00:00:00", Fraction(24)
        unit = {"time_base": Fraction(1, 1000), "metadata": {"title": "half"}}
        new.set_chapters([{"id": n, "start": n * 1000, "end": n * 1000 + 1000, **unit} for n in range(2)])
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    assert {stream.type for stream in av.open(str(tmp_path / "rich.mov")).streams} >= {"video", "data"}
    for fps, begins_s in ((16, 1.5), (24, 1.0)):
        out = mux(film(tmp_path / "rich.mov", fps), silence(1.0), tmp_path / "out.mov")
        with av.open(str(out)) as container:
            chapter = container.chapters()[1]
            assert float(chapter["start"] * chapter["time_base"]) == pytest.approx(begins_s, abs=2e-3)
            assert not any("timecode" in stream.metadata for stream in container.streams)


def test_its_own_sound_can_t_be_kept(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=48, fps=24, audio=clicks([0.7], 2.0))
    with pytest.raises(InputError, match=r"clip\.mp4: its own sound goes with 24 fps and can't be kept at 18 fps"):
        read_audio(film(path))
    assert read_audio(film(path, 24)) is not None
    assert read_audio(film(write_clip(tmp_path / "silent.mp4", count=10))) is None


def test_bytes_are_a_film_too(tmp_path):
    data = write_clip(tmp_path / "clip.mp4", count=30).read_bytes()
    assert seen(VideoSource.from_bytes(data, fps=18)) == seen(film(tmp_path / "clip.mp4"))


def test_a_batch_of_frames_has_its_own_rate():
    frames = torch.from_numpy(np.stack([barcode(i) for i in range(24)]))
    assert probe(VideoSource.from_frames(frames, 16)).duration_s == 1.5
