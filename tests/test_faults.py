"""Runs that are killed or whose disk is full: no half file under its final name, and the next run succeeds.

bench/faults.py does this at random moments, of films and training too.
"""

import errno
import json
import multiprocessing
import os
import resource
import signal
import sys
from pathlib import Path

import pytest
import torch
from videos import write_video

from v2a_core.atomic import whole_file
from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.mux import mux
from v2a_core.media.video import VideoSource
from v2a_core.settings import check_output
from v2a_core.training.plot import draw_log
from v2a_core.weights.convert import convert
from v2a_core.weights.formats import write_state

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
TOLD = 3


def muxed(source: Path, out: Path, progress=None) -> None:
    mux(VideoSource.from_path(source), Audio(torch.zeros(1, 96_000), 48_000), out, progress=progress)


def large(source: Path, out: Path, progress=None) -> None:
    write_state(out, {"x": torch.ones(100_000)}, {})


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """What is muxed and what is converted, by the extension of what comes of it."""
    sys.path.append(str(Path(__file__).parent / "weights"))
    from stand_in import tiny_state

    folder, state = tmp_path_factory.mktemp("sources"), tiny_state("bigvgan")
    torch.save({"generator": {**state, next(reversed(state)): torch.rand(500, 500)}}, folder / "made.pt")
    return {".mp4": write_video(folder / "clip.mp4"), ".safetensors": folder / "made.pt"}


MAKE = {".mp4": muxed, ".safetensors": convert}


def end_of(make, source: Path, out: Path, *, dies: bool = False, most_bytes: int | None = None) -> int:
    """Exit code of a process that makes a file, and may die at its work or find the disk full."""
    # Not a fork of this process, whose threads a fork would lack.
    process = multiprocessing.get_context("forkserver").Process(target=_run, args=(make, source, out, dies, most_bytes))
    process.start()
    process.join(120)
    return process.exitcode


def _run(make, source: Path, out: Path, dies: bool, most_bytes: int | None) -> None:
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    try:
        make(source, out, killed if dies else None)
    except (InputError, OSError):
        os._exit(TOLD)
    os._exit(0)


def killed(stage, done, total):
    """A progress that ends its process while a file is being written."""
    if stage.startswith(("write", "convert")) and done:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("suffix", MAKE)
def test_a_killed_run_leaves_nothing_under_the_name(sources, tmp_path, suffix):
    out, whole = tmp_path / f"out{suffix}", tmp_path / f"whole{suffix}"
    assert end_of(MAKE[suffix], sources[suffix], whole) == 0
    assert end_of(MAKE[suffix], sources[suffix], out, dies=True) == -signal.SIGKILL
    assert not out.exists()
    assert end_of(MAKE[suffix], sources[suffix], out) == 0
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("suffix", MAKE)
def test_a_full_disk_is_told_and_leaves_nothing(sources, tmp_path, suffix):
    out = tmp_path / f"out{suffix}"
    assert end_of(MAKE[suffix], sources[suffix], out, most_bytes=3000) == TOLD
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_says_of_which_file(tmp_path):
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path / 'out'}'") as told:  # noqa: SIM117
        with whole_file(tmp_path / "out"):
            raise OSError(errno.ENOSPC, "No space left on device")
    assert told.value.errno == errno.ENOSPC and not list(tmp_path.iterdir())


def test_what_a_killed_run_left_goes_a_day_later(tmp_path):
    left = {name: tmp_path / f"{name}.mp4" for name in (".a[1].v2a-0123", ".a[1].v2a-4567.frames", ".b.v2a-89ab", "a")}
    for path in left.values():
        path.write_bytes(b"half")
        os.utime(path, (0, 0))
    at_work = tmp_path / ".a[1].v2a-cdef.mp4"
    at_work.write_bytes(b"half")
    with whole_file(tmp_path / "a[1].mp4") as unfinished:
        unfinished.write_bytes(b"whole")
    there = {at_work, left[".b.v2a-89ab"], left["a"], tmp_path / "a[1].mp4"}
    assert set(tmp_path.iterdir()) == there


def test_what_was_there_stays_where_the_disk_is_full(tmp_path):
    path = tmp_path / "a.safetensors"
    write_state(path, {"x": torch.ones(2)}, {})
    before = path.read_bytes()
    assert end_of(large, path, path, most_bytes=3000) == TOLD
    assert [path] == list(tmp_path.iterdir()) and path.read_bytes() == before


def test_a_folder_that_takes_no_files_is_told_before_the_work(clip, monkeypatch, tmp_path):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(InputError, match="can't be written to"):
        check_output(tmp_path / "out.mp4", VideoSource.from_path(clip))


def test_a_row_of_the_log_that_was_cut_short_is_passed_over(tmp_path):
    row = json.dumps({"step": 1, "seconds": 1.0, "rate": 0.1, "flow": 0.5})
    (tmp_path / "log.jsonl").write_text(f"{row}\n{row[:20]}")
    cut = draw_log(tmp_path)
    (tmp_path / "log.jsonl").write_text(f"{row}\n")
    assert torch.equal(cut, draw_log(tmp_path))
