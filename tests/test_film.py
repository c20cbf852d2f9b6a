"""Films longer than a window: divided, resumed, exact."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.media.audio import read_audio
from v2a_core.media.timeline import sample_count
from v2a_core.media.video import VideoSource, probe
from v2a_core.models import load_family
from v2a_core.parts import Parts, digest
from v2a_core.pipeline import generate
from v2a_core.prompts.transcript import Line, Transcript
from v2a_core.settings import check_film

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def short():
    """Mini with random weights whose windows are 4 s."""
    family = load_family("mini", weights="random")
    family.spec = replace(family.spec, max_duration_s=5.0, window_s=4.0)
    return family


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", seconds=9.56, fps=25)


def made(family, video, output=None, **options):
    return generate(video, output, model=family, **{"steps": 2, "prompt": "rain", **options})


def test_a_film_s_sound_is_exactly_as_long_and_finite(short, movie):
    result = made(short, movie)
    assert result.audio.samples.shape == (1, sample_count(probe(VideoSource.from_path(movie)).duration_s, 24000))
    assert result.audio.samples.isfinite().all() and result.audio.samples.std() > 0
    assert result.duration_s == pytest.approx(9.56)


@pytest.mark.parametrize("codec", ["aac", "opus", "flac"])
def test_the_file_has_what_memory_would_and_the_parts_are_gone(short, movie, tmp_path, codec):
    result = made(short, movie, tmp_path / "out.mkv", codec=codec, takes=2)
    assert result.takes == () and [path.name for path in result.paths] == ["out-0.mkv", "out-1.mkv"]
    assert sorted(tmp_path.iterdir()) == sorted(result.paths)
    heard = read_audio(VideoSource.from_path(result.paths[1]))
    kept = made(short, movie, seed=1).audio
    length = min(heard.samples.shape[1], kept.samples.shape[1]) if heard.rate_hz == 24000 else 0
    if codec == "flac":
        torch.testing.assert_close(heard.samples[:, :length], kept.samples[:, :length].clamp(-1, 1), atol=1e-3, rtol=0)
    assert heard.duration_s == pytest.approx(9.56, abs=0.05)


def test_a_film_s_lines_are_said_in_their_windows(short, movie, tmp_path):
    said = Transcript((Line(6.5, 8.5, "Hello there, my friend."),))
    plain, spoken = (made(short, movie, transcript=one).audio.samples for one in (None, said))
    change = (spoken - plain).abs()[0]
    # Windows before the one that shares the line don't know of it.
    assert change[: 2 * 24000].max() == 0 and change[round(6.5 * 24000) : round(8.5 * 24000)].mean() > 1e-4

    def cancel(stage, done, total):
        if stage == "sample" and done == 2:
            raise RuntimeError("cancelled")

    whole = made(short, movie, tmp_path / "whole.mkv", codec="flac", transcript=said).path
    with pytest.raises(RuntimeError, match="cancelled"):
        made(short, movie, tmp_path / "other.mkv", codec="flac", transcript=None, progress=cancel)
    # What was made without the line is not taken for what is made with it.
    other = made(short, movie, tmp_path / "other.mkv", codec="flac", transcript=said).path
    whole, other = (read_audio(VideoSource.from_path(path)).samples for path in (whole, other))
    assert torch.equal(whole, other)


def test_a_clip_that_fits_is_made_in_one_go(short, tmp_path):
    video = write_video(tmp_path / "clip.mp4", seconds=3.0)
    whole = load_family("mini", weights="random")
    assert torch.equal(made(short, video).audio.samples, made(whole, video).audio.samples)


def test_a_cancelled_run_goes_on_from_what_is_finished(short, movie, tmp_path):
    whole = made(short, movie, tmp_path / "whole.mkv", codec="flac").path

    def cancel(stage, done, total):
        if stage == "sample" and done == 2:
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        made(short, movie, tmp_path / "out.mkv", codec="flac", progress=cancel)
    folder = tmp_path / "out.mkv.v2a-parts"
    stamps = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {"latent-0-0-00000.safetensors", "latent-0-0-00001.safetensors"} <= {path.name for path in stamps}
    told = []

    def watch(*step):
        told.append(step)
        if step[0] == "write video":
            assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())

    out = made(short, movie, tmp_path / "out.mkv", codec="flac", progress=watch).path
    assert torch.equal(*(read_audio(VideoSource.from_path(path)).samples for path in (whole, out)))
    assert not folder.exists() and told


def test_parts_of_another_run_are_not_taken(short, movie, tmp_path):
    def cancel(stage, done, total):
        if stage == "sample" and done == 2:
            raise RuntimeError("cancelled")

    for options in ({"prompt": "wood"}, {"steps": 3}, {"cfg": 2.0}):
        with pytest.raises(RuntimeError, match="cancelled"):
            made(short, movie, tmp_path / "out.mkv", progress=cancel, **options)
    out = made(short, movie, tmp_path / "out.mkv", codec="flac").path
    kept = made(short, movie).audio.samples.clamp(-1, 1)
    torch.testing.assert_close(read_audio(VideoSource.from_path(out)).samples, kept, atol=1e-3, rtol=0)


RUN = """
import os, signal, sys
from dataclasses import replace
from v2a_core.models import load_family
from v2a_core.pipeline import generate

family = load_family("mini", weights="random")
family.spec = replace(family.spec, max_duration_s=5.0, window_s=4.0)

def killed(stage, done, total):
    if stage == sys.argv[3] and done == 1:
        os.kill(os.getpid(), signal.SIGKILL)

generate(sys.argv[1], sys.argv[2], model=family, steps=2, prompt="rain", codec="flac", progress=killed)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_goes_on_to_the_same_bytes(movie, tmp_path):
    outs = [tmp_path / "whole.mkv", tmp_path / "killed.mkv"]

    def run(out, stage):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run([sys.executable, "-c", RUN, movie, out, stage], env=environment).returncode

    assert run(outs[0], "never") == 0
    for stage in ("watch", "sample", "write video"):
        assert run(outs[1], stage) == -signal.SIGKILL
        assert not outs[1].exists()
    assert run(outs[1], "never") == 0
    assert torch.equal(*(read_audio(VideoSource.from_path(out)).samples for out in outs))
    assert not (tmp_path / "killed.mkv.v2a-parts").exists()


def test_a_broken_part_is_made_again(tmp_path):
    parts = Parts(tmp_path / "parts")
    parts.write("one", "key", {"x": torch.ones(3)})
    assert torch.equal(parts.read("one", "key")["x"], torch.ones(3))
    assert parts.read("one", "other") is None and parts.read("two", "key") is None
    path = tmp_path / "parts" / "one.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    assert parts.read("one", "key") is None


def test_what_is_read_outlives_its_file(tmp_path):
    parts = Parts(tmp_path)
    parts.write("one", "key", {"x": torch.ones(3)})
    found, path = parts.read("one", "key")["x"], tmp_path / "one.safetensors"
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    assert torch.equal(found, torch.ones(3))


def test_a_digest_tells_everything_apart(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    videos = [VideoSource.from_path(first), VideoSource.from_path(second), VideoSource.from_path(first, 1.0)]
    values = [1, "1", 1.0, None, torch.ones(2), torch.ones(2).half(), torch.ones(1, 2), [1, 2], [12], *videos]
    values += [torch.nn.Linear(2, 2), torch.nn.Linear(2, 2), {"a": 1}, {"b": 1}]
    assert len({digest(value) for value in values}) == len(values)
    assert digest(torch.ones(2)) == digest(torch.ones(2))


def test_films_have_a_longest_length():
    with pytest.raises(InputError, match=r"film.mp4 lasts 7\.0 hours: at most 6"):
        check_film(7 * 3600, "film.mp4")


def test_a_film_of_frames(short, tmp_path):
    frames = torch.zeros(230, 64, 64, 3, dtype=torch.uint8)
    frames[100:] = 200
    result = made(short, VideoSource.from_frames(frames, 25), tmp_path / "out.mp4")
    assert read_audio(VideoSource.from_path(result.path)).duration_s == pytest.approx(9.2, abs=0.05)
