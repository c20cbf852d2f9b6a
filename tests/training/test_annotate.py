"""Drafts fill what is missing, and never take a person's words away."""

import pytest

from v2a_core.cli import main
from v2a_core.errors import InputError
from v2a_core.training.annotate import annotate, save_caption


@pytest.fixture
def folder(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b.txt").write_text("written by hand")
    return tmp_path


def test_only_what_is_missing_is_drafted(folder):
    written = annotate(folder, lambda path: f"sound of {path.stem}")
    assert [path.name for path in written] == ["a.txt"]
    assert (folder / "a.txt").read_text() == "sound of a\n"
    assert (folder / "b.txt").read_text() == "written by hand"
    assert annotate(folder, lambda path: "another") == []


def test_again_redoes_drafts_but_not_what_was_edited(folder):
    annotate(folder, lambda path: "first")
    assert [path.name for path in annotate(folder, lambda path: "second", again=True)] == ["a.txt"]
    (folder / "a.txt").write_text("second, put right")
    assert annotate(folder, lambda path: "third", again=True) == []
    assert (folder / "a.txt").read_text() == "second, put right"


def test_a_drafted_transcript_must_be_one(folder):
    written = annotate(folder, transcript=lambda path: "ANNA [0.5-2.0]: Hello there.")
    assert [path.name for path in written] == ["a.srt", "b.srt"]
    with pytest.raises(InputError, match=r"draft for a\.srt"):
        annotate(folder, transcript=lambda path: "1\n00:00:02,000 --> 00:00:01,000\nBackwards.\n", again=True)


def test_an_empty_draft_writes_nothing_and_a_long_one_is_refused(folder):
    assert save_caption(folder / "a.mp4", " \n") == []
    with pytest.raises(InputError, match="shorten it"):
        save_caption(folder / "a.mp4", "la " * 1000)


def test_the_command_takes_a_function_of_ones_own(folder, monkeypatch, capsys):
    (folder / "my_models.py").write_text("def describe(path):\n    return 'heard in ' + path.name\n")
    monkeypatch.chdir(folder)
    assert main(["train", "annotate", str(folder), "--caption", "my_models:describe"]) == 0
    assert (folder / "a.txt").read_text() == "heard in a.mp4\n"
    assert main(["train", "annotate", str(folder), "--caption", "my_models:nothing"]) == 2
    assert "MODULE:FUNCTION" in capsys.readouterr().err
