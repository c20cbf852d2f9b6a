"""A user's folder of clips: each fault is told by name, and what is sound goes on."""

from dataclasses import replace

import pytest
import torch
from videos import write_video

from v2a_core.cli import main
from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.mux import mux
from v2a_core.media.video import VideoSource
from v2a_core.models.mini.family import SPEC as MINI
from v2a_core.training.features import WINDOW_S, windows_of
from v2a_core.training.folder import read_folder, table, usable

LINE = "1\n00:00:00,200 --> 00:00:00,900\nANNA: Hello there.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    silent = VideoSource.from_path(write_video(folder.parent / "plain.mp4", seconds=1.2, width=64, height=48))

    def clip(name, samples=None, caption="a tone"):
        path = folder / f"{name}.mp4"
        if samples is None:
            path.write_bytes((folder.parent / "plain.mp4").read_bytes())
        else:
            mux(silent, Audio(samples, 16000), path, codec="flac")
        if caption:
            path.with_suffix(".txt").write_text(caption)

    tone = torch.sin(torch.arange(19200) * 0.1)[None]
    clip("good", tone / 2, "a tone\n\na long beep\na tone\n")
    (folder / "good.srt").write_text(LINE)
    clip("loud", (tone * 4).clamp(-1, 1))
    clip("mute")
    clip("silent", tone * 0)
    clip("unsaid", tone / 2, "")
    clip("wordy", tone / 2, "la " * 1000)
    clip("late", tone / 2)
    (folder / "late.vtt").write_text("WEBVTT\n\n00:03.000 --> 00:04.000\nToo late.\n")
    (folder / "broken.mp4").write_bytes(b"no video at all")
    (folder / "broken.txt").write_text("nothing")
    write_video(folder / "short.mp4", seconds=0.4, sound=True)
    (folder / "short.txt").write_text("a blip")
    (folder / "orphan.txt").write_text("nobody's caption")
    (folder / ".hidden.mp4").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def clips(folder):
    return {clip.path.name: clip for clip in read_folder(folder)}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("mute.mp4", "no sound"),
        ("silent.mp4", "silent throughout"),
        ("unsaid.mp4", "no caption"),
        ("wordy.mp4", "caption 1 in wordy.txt has"),
        ("late.mp4", "beyond the end"),
        ("broken.mp4", "unreadable"),
        ("short.mp4", "too short: 0.40 s"),
        ("orphan.txt", "no video of this name"),
    ],
)
def test_a_fault_is_named_and_keeps_the_clip_out(name, fault, clips):
    (said,) = clips[name].faults
    assert fault in said


def test_what_can_be_trained_on_goes_on(clips):
    assert {clip.path.name for clip in usable(list(clips.values()))} == {"good.mp4", "loud.mp4"}
    assert clips["good.mp4"].captions == ("a tone", "a long beep")
    assert not clips["good.mp4"].notes
    assert "clipped" in clips["loud.mp4"].notes[0]


def test_the_table_has_a_line_a_file(clips):
    lines = table(list(clips.values())).splitlines()
    assert len(lines) == len(clips) + 2
    assert lines[-1].startswith("2 of 10 can be trained on: 2.4 s")


def test_what_is_said_meanwhile_joins_the_caption(clips):
    (window,) = windows_of([clips["good.mp4"]], replace(MINI, speaks=False))
    assert window.prompts == ('a tone, anna says: "Hello there."', 'a long beep, anna says: "Hello there."')
    assert not window.transcript.lines


def test_one_who_speaks_has_the_lines_themselves(clips):
    (window,) = windows_of([clips["good.mp4"]], MINI)
    assert window.prompts == ("a tone", "a long beep")
    assert [line.text for line in window.transcript.lines] == ["Hello there."]


def test_long_clips_are_cut_at_random_the_same_way_every_time(tmp_path):
    path = write_video(tmp_path / "long.mp4", seconds=20, fps=4, width=32, height=32, sound=True)
    path.with_suffix(".txt").write_text("a tone")
    clips = read_folder(tmp_path)
    starts = [window.source.start_s for window in windows_of(clips, MINI)]
    share = (20 - WINDOW_S) / 5
    assert all(n * share - 0.01 <= start <= (n + 1) * share + 0.01 for n, start in enumerate(starts))
    assert len(starts) == 5 and starts != [n * share for n in range(5)]
    assert starts == [window.source.start_s for window in windows_of(clips, MINI)]


def test_the_command_shows_the_table_and_fails_where_nothing_is_left(folder, tmp_path, capsys):
    assert main(["train", "folder", str(folder), "--check"]) == 0
    assert "LEFT OUT: no sound" in capsys.readouterr().out
    (tmp_path / "mute.mp4").write_bytes((folder / "mute.mp4").read_bytes())
    assert main(["train", "folder", str(tmp_path), "--check"]) == 2
    told = capsys.readouterr()
    assert "no sound" in told.out and "None of 1 clips" in told.err


def test_a_folder_without_videos(tmp_path):
    with pytest.raises(InputError, match="holds no video"):
        read_folder(tmp_path)
