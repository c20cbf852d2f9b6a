"""The command line: the job done; for each kind of bad input one clear line, exit code 2 and nothing left behind."""

import io
import itertools
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from videos import write_video

from v2a_core import cli, pipeline
from v2a_core.errors import InputError
from v2a_core.media.audio import read_audio
from v2a_core.media.video import VideoSource, probe
from v2a_core.models import load_family
from v2a_core.models.mini.family import save
from v2a_core.weights.catalog import Model, ModelFile, Part
from v2a_core.weights.formats import write_state

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def weights(mini, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mini.safetensors"
    save(mini, path)
    return path


@pytest.fixture
def generate(weights, tmp_path):
    """Run `v2a generate` with few steps; returns the exit code and the output's path."""

    def run(video, *options, output="out.mp4"):
        folder = tmp_path / "made"
        folder.mkdir(exist_ok=True)
        settings = ["--steps", "2", "--model", "mini", "--weights", str(weights)]
        return cli.main(["generate", str(video), "-o", str(folder / output), *settings, *options]), folder / output

    return run


def fails(capsys, code, told, folder):
    """Assert exit code 2, one line of error that holds `told`, and an empty folder."""
    out, err = capsys.readouterr()
    assert code == 2, err
    assert err.startswith("v2a: error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert told in err
    assert out == ""
    assert [path.name for path in folder.iterdir()] == []


def test_generate_writes_the_video_with_a_soundtrack(generate, clip, capsys):
    code, path = generate(clip, "--prompt", "rain on wood", "--seed", "7")
    out, err = capsys.readouterr()
    assert code == 0, err
    assert [found.name for found in path.parent.iterdir()] == ["out.mp4"]
    assert "2.00 s of sound, seed 7" in out
    for stage in ("load", "encode", "prompt", "sample", "decode", "mux"):
        assert f"{stage} " in out
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
        assert len(container.streams.audio) == 1


def test_takes_are_files_of_their_own(generate, clip, capsys):
    code, path = generate(clip, "--takes", "3", "--seed", "7")
    out, err = capsys.readouterr()
    assert code == 0, err
    assert sorted(found.name for found in path.parent.iterdir()) == ["out-7.mp4", "out-8.mp4", "out-9.mp4"]
    for seed in (7, 8, 9):
        assert f"out-{seed}.mp4: 2.00 s of sound, seed {seed}\n" in out
    head, *rows, _, rule = out.splitlines()[-6:]
    assert head.split()[:2] == ["take", "sync"]
    assert sorted(row.split()[2] for row in rows) == ["7", "8", "9"]
    assert rule.startswith("sync and prompt")


def test_takes_are_told_apart_without_the_prompt_where_it_can_t_be_scored(generate, clip, capsys, monkeypatch):
    from v2a_core.evaluation import prompt_score

    def too_long(prompt):
        raise InputError("The prompt has 600 tokens and CLAP reads 512: shorten it.")

    monkeypatch.setattr(prompt_score, "prompt_scorer", too_long)
    code, path = generate(clip, "--prompt", "rain", "--takes", "2")
    out, err = capsys.readouterr()
    assert code == 0, err
    assert "not scored by the prompt: The prompt has 600 tokens" in out
    assert sorted(row.split()[2] for row in out.splitlines()[-4:-2]) == ["0", "1"]
    assert len(list(path.parent.iterdir())) == 2


def test_stems_are_files_beside_a_mix(generate, clip, capsys):
    code, path = generate(clip, "--stem", "effects=rain on wood", "--stem", "music=a = b")
    out, err = capsys.readouterr()
    assert code == 0, err
    assert sorted(found.name for found in path.parent.iterdir()) == ["out-effects.flac", "out-music.flac", "out.mp4"]
    for name in ("effects", "music"):
        stem = path.with_name(f"out-{name}.flac")
        assert f"{stem}: a stem of it\n" in out
        with av.open(str(stem)) as container:
            assert sum(frame.samples for frame in container.decode(audio=0)) == 48000


def test_a_mask_hides_what_is_black(generate, clip, tmp_path, capsys):
    def sound(*options):
        code, path = generate(clip, *options)
        assert code == 0, capsys.readouterr().err
        return read_audio(VideoSource.from_path(path)).samples

    files = {}
    for name, shade in (("white", 255), ("black", 0)):
        files[name] = tmp_path / f"{name}.png"
        Image.new("L", (20, 10), shade).save(files[name])
    assert torch.equal(sound(), sound("--mask", str(files["white"])))
    assert not torch.equal(sound(), sound("--mask", str(files["black"])))
    # A video is a mask too, trimmed like the one it is for.
    assert not torch.equal(
        sound("--start", "0.4", "--duration", "1"), sound("--start", "0.4", "--duration", "1", "--mask", str(clip))
    )


def test_cues_and_a_transcript_are_read_from_files(generate, clip, tmp_path, capsys, monkeypatch):
    (tmp_path / "cues.txt").write_text("[0-1] rain -wood\n[1.5s] wood")
    (tmp_path / "talk.srt").write_text("1\n0:00.5 --> 0:01\nANNA: footsteps\n")

    def sound(*options):
        code, path = generate(clip, *options, "--codec", "flac", output="out.mkv")
        out, err = capsys.readouterr()
        assert code == 0, err
        return read_audio(VideoSource.from_path(path)).samples, out

    plain, said = sound("--prompt", "rain")
    assert "can't speak" not in said
    cued, _ = sound("--prompt", "rain", "--cues", str(tmp_path / "cues.txt"))
    typed, _ = sound("--prompt", "rain\n[0-1] rain -wood\n[1.5s] wood")
    assert torch.equal(cued, typed) and not torch.equal(cued, plain)
    spoken, said = sound("--prompt", "rain", "--transcript", str(tmp_path / "talk.srt"))
    captioned, _ = sound("--prompt", 'rain\n[0.5-1] anna says: "footsteps"')
    assert "can't speak" not in said
    assert not torch.equal(spoken, plain) and not torch.equal(spoken, captioned)

    def load_mute(*model, **options):
        family = load_family(*model, **options)
        return replace(family, spec=replace(family.spec, speaks=False))

    monkeypatch.setattr(pipeline, "load_family", load_mute)
    captions, said = sound("--prompt", "rain", "--transcript", str(tmp_path / "talk.srt"))
    assert "mini can't speak: the transcript's lines were put in the prompt as captions" in said
    assert torch.equal(captions, captioned)


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--cues", "rain\n[0-x] wood", "line 2, column 4"),
        ("--cues", "[1-9] wood", "the cue [1-9] 'wood' reaches beyond the end of the video, which is 2 s"),
        ("--transcript", "[1-9] hello", "line 1, [1-9] 'hello', reaches beyond the end of the video, which is 2 s"),
        ("--transcript", "hello", "line 1, column 1"),
    ],
)
def test_what_is_wrong_in_a_file_is_quoted(generate, clip, tmp_path, capsys, option, text, told):
    (tmp_path / "given.txt").write_text(text)
    code, _ = generate(clip, option, str(tmp_path / "given.txt"))
    assert code == 2 and told in capsys.readouterr().err


def test_guidance_apart(generate, clip, capsys):
    def sound(*options):
        code, path = generate(
            clip, "--prompt", "rain", "--negative", "wood", *options, "--codec", "flac", output="o.mkv"
        )
        assert code == 0, capsys.readouterr().err
        return read_audio(VideoSource.from_path(path)).samples

    plain = sound()
    same = "--negative-scale", "1", "--negative-interval", "0", "1", "--ramp", "constant"
    assert torch.equal(sound(*same), plain)
    for options in (
        ["--negative-scale", "2"],
        ["--negative-interval", "0.9", "1"],
        ["--video-interval", "0.9", "1"],
        ["--ramp", "rising"],
        ["--video-ramp", "falling"],
    ):
        assert not torch.equal(sound(*options), plain), options


def test_an_interval_without_noise_levels_is_no_guidance(generate, clip):
    def sound(*options):
        code, path = generate(clip, *options, "--codec", "flac", output="out.mkv")
        assert code == 0
        return read_audio(VideoSource.from_path(path)).samples

    everywhere = sound("--cfg", "5")
    assert torch.equal(sound("--cfg", "5", "--interval", "0", "1"), everywhere)
    nowhere = sound("--cfg", "5", "--interval", "0.01", "0.02")
    assert not torch.equal(nowhere, everywhere)
    assert torch.equal(nowhere, sound("--cfg", "1"))


def test_an_output_that_exists_is_replaced(generate, clip):
    code, path = generate(clip)
    first = path.read_bytes()
    path.write_bytes(b"old")
    assert (code, generate(clip)[0]) == (0, 0)
    assert len(path.read_bytes()) == len(first)


def test_trims(generate, clip):
    code, path = generate(clip, "--start", "0.5", "--duration", "1")
    assert code == 0
    assert read_audio(VideoSource.from_path(path)).duration_s == pytest.approx(1, abs=0.05)


def test_a_film_at_its_own_speed(generate, clip, sounding_clip, capsys):
    code, path = generate(clip, "--fps", "20", "--start", "1", "--takes", "2")
    out, err = capsys.readouterr()
    assert code == 0, err
    assert "1.50 s of sound" in out
    written = VideoSource.from_path(path.with_stem("out-0"))
    assert (probe(written).duration_s, probe(written).fps) == (pytest.approx(1.5, abs=2e-3), 20)
    assert generate(sounding_clip, "--fps", "20")[0] == 0
    code, _ = generate(sounding_clip, "--fps", "20", "--under")
    assert code == 2 and "its own sound goes with 25 fps" in capsys.readouterr().err


def test_same_as_a_module(clip, weights, tmp_path):
    command = [sys.executable, "-m", "v2a_core", "generate", clip, "-o", tmp_path / "out.mp4"]
    command += ["--model", "mini", "--weights", weights]
    done = subprocess.run([*command, "--steps", "1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "out.mp4"))
    done = subprocess.run([*command, "--steps", "none"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("v2a: error: argument --steps: invalid int value: 'none'")


def bad_videos(folder):
    """{name: (how to make a bad video at a path, a word of the error that tells it)}"""
    good = write_video(folder / "good.mp4", sound=True).read_bytes()

    def sound_only(path):
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=48000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 48000
            container.mux(stream.encode(frame))
            container.mux(stream.encode())

    def no_frames(path):
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            container.start_encoding()

    def huge(path):
        write_video(path, codec="rawvideo", width=112, height=80, seconds=0.2)
        size, claimed = struct.pack("<ii", 112, 80), struct.pack("<ii", 100_000, 100_000)
        path.write_bytes(path.read_bytes().replace(size, claimed))

    return {
        "missing.mp4": (lambda path: None, "missing.mp4"),
        "empty.mp4": (lambda path: path.write_bytes(b""), "empty"),
        "truncated.mp4": (lambda path: path.write_bytes(good[: len(good) * 6 // 10]), "truncated.mp4"),
        "text.mp4": (lambda path: path.write_text("This is no video.\n" * 99), "text.mp4"),
        "folder.mp4": (lambda path: path.mkdir(), "folder.mp4"),
        "sound.m4a": (sound_only, "no picture"),
        "no_frames.avi": (no_frames, "no_frames.avi"),
        "huge.avi": (huge, "a size that cannot be"),
        "unknown_codec.mp4": (lambda path: path.write_bytes(good.replace(b"avc1", b"zzzz")), "codec"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "missing.mp4",
        "empty.mp4",
        "truncated.mp4",
        "text.mp4",
        "folder.mp4",
        "sound.m4a",
        "no_frames.avi",
        "huge.avi",
        "unknown_codec.mp4",
    ],
)
def test_bad_videos(generate, tmp_path, capsys, name):
    make, told = bad_videos(tmp_path)[name]
    make(tmp_path / name)
    code, path = generate(tmp_path / name)
    fails(capsys, code, told, path.parent)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--start", "-1"], "-1"),
        (["--start", "99"], "99"),
        (["--start", "nan"], "nan"),
        (["--duration", "-2"], "-2"),
        (["--duration", "0"], "0"),
        (["--duration", "inf"], "inf"),
        (["--duration", "99"], "99"),
        (["--fps", "0.2"], "fps is 0.2; give 1 to 120"),
        (["--fps", "nan"], "fps is nan"),
        (["--fps", "slow"], "--fps"),
        (["--prompt", "rain " * 20_000], "100,000 characters"),
        (["--negative", "x" * 2001], "negative prompt has 2,001 characters"),
        (["--seed", "-1"], "seed is -1"),
        (["--seed", str(2**64)], "seed is"),
        (["--seed", "1.5"], "--seed"),
        (["--mask", "none.png"], "none.png"),
        (["--mask", __file__], "test_cli.py"),
        (["--stem", "rain"], "--stem is 'rain': give a name and a prompt"),
        (["--stem", "a=rain", "--stem", "a=wood"], "two stems called 'a'"),
        (["--stem", "a b=rain"], "A stem is called 'a b'"),
        (["--stem", "a=rain", "--prompt", "wood"], "Stems and prompt"),
        (["--takes", "0"], "takes is 0"),
        (["--takes", "65"], "takes is 65"),
        (["--takes", "many"], "--takes"),
        (["--interval", "0.8", "0.2"], "guidance interval is 0.8 to 0.2"),
        (["--interval", "0", "nan"], "guidance interval is 0.0 to nan"),
        (["--interval", "0.5"], "--interval"),
        (["--video-interval", "1", "0"], "guidance interval is 1.0 to 0.0"),
        (["--ramp", "up"], "no ramp called 'up'"),
        (["--negative-scale", "nan"], "the negative strength is nan"),
        (["--cues", "none.txt"], "none.txt can't be read"),
        (["--prompt", "[3-1] rain"], "The prompt, line 1, column 4"),
        (["--steps", "0"], "steps is 0"),
        (["--steps", "1001"], "steps is 1001"),
        (["--cfg", "nan"], "cfg is nan"),
        (["--cfg", "inf"], "cfg is inf"),
        (["--cfg", "-1"], "cfg is -1"),
        (["--video-cfg", "101"], "video cfg is 101"),
        (["--solver", "dopri5"], "dopri5"),
        (["--codec", "mp3"], "mp3"),
        (["--model", "sora"], "sora"),
        (["--device", "abacus"], "abacus"),
        (["--loud"], "--loud"),
    ],
)
def test_bad_options(generate, clip, capsys, options, told):
    code, path = generate(clip, *options)
    fails(capsys, code, told, path.parent)


@pytest.mark.parametrize(
    ("output", "told"),
    [("", "is a folder"), ("none/out.mp4", "does not exist"), ("out", "cannot write"), ("out.xyz", "xyz")],
)
def test_bad_outputs(generate, clip, tmp_path, capsys, output, told):
    code, _ = generate(clip, output=output)
    fails(capsys, code, told, tmp_path / "made")


def test_the_input_is_never_overwritten(clip, weights, capsys):
    before = clip.read_bytes()
    assert cli.main(["generate", str(clip), "-o", str(clip.parent / "." / clip.name)]) == 2
    assert "is the input video" in capsys.readouterr().err
    assert clip.read_bytes() == before


def test_a_truncated_model_file(generate, clip, weights, tmp_path, capsys):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(weights.read_bytes()[:-1000])
    code, path = generate(clip, "--weights", str(cut))
    fails(capsys, code, "truncated", path.parent)


def test_a_model_file_of_another_family(generate, clip, tmp_path, capsys):
    other = tmp_path / "other.safetensors"
    write_state(other, {"fused_blocks.0.weight": torch.zeros(1)}, {})
    code, path = generate(clip, "--weights", str(other))
    fails(capsys, code, "an MMAudio network", path.parent)


def test_a_video_longer_than_a_run_can_be(generate, clip, capsys, monkeypatch):
    monkeypatch.setattr("v2a_core.settings.MAX_FILM_S", 1)
    code, path = generate(clip)
    fails(capsys, code, "trim it", path.parent)


def test_a_video_longer_than_the_model_makes_in_one_go(generate, tmp_path, capsys):
    code, path = generate(write_video(tmp_path / "long.mp4", seconds=61, fps=2))
    out, err = capsys.readouterr()
    assert code == 0, err
    assert [found.name for found in path.parent.iterdir()] == ["out.mp4"]
    assert "61.00 s of sound, seed 0" in out


@pytest.mark.parametrize("stage", ["read frames", "sample", "write video"])
def test_ctrl_c_leaves_nothing_behind(generate, clip, capsys, monkeypatch, stage):
    def interrupted(self, at, done, total):
        if at == stage:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(cli.Bars, "__call__", interrupted)
    # A shell starts background jobs with the signal ignored, and this test may run in one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, path = generate(clip)
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 130
    assert capsys.readouterr().err == "v2a: interrupted\n"
    assert list(path.parent.iterdir()) == []


def test_models_lists_licence_size_and_file(capsys):
    assert cli.main(["models"]) == 0
    out = capsys.readouterr().out
    assert "CC-BY-SA-4.0" in out
    assert "mini.safetensors" in out


def test_models_check_finds_a_changed_file(capsys, monkeypatch):
    part = Part("toy", "model", "CC0-1.0", (ModelFile("errors.py", 1, "0"),))
    changed = Model("toy", "Toy", "CC0-1.0", "A file that is not what it was.", (part,))
    monkeypatch.setattr("v2a_core.weights.commands.catalog", lambda: {"toy": changed})
    assert cli.main(["models", "--check"]) == 2
    assert "is not the published file" in capsys.readouterr().err


def test_intertitles_are_lines_to_fill_in(tmp_path, capsys):
    """The two cards of a film, and with its speed set later ones."""
    rng, path = np.random.default_rng(0), tmp_path / "film.mp4"
    pictures = np.full((3, 144, 192), 12, np.uint8)
    for number, y in itertools.product((1, 2), range(40, 100, 20)):
        for x in range(20, 170, 8):
            pictures[number, y + rng.integers(5) : y + 8, x : x + 2] = 210
            pictures[number, y + rng.integers(8) :, x : x + 5][:2] = 210
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 192, 144, "yuv420p"
        for shown in (0, 1, 2, 0):
            for _ in range(36):
                pixels = np.repeat(pictures[shown][..., None], 3, -1)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())

    def printed(*options):
        assert cli.main(["intertitles", str(path), *options]) == 0
        return capsys.readouterr()

    assert printed()[0] == "[00:00:01.5-00:00:03.0] ...\n[00:00:03.0-00:00:04.5] ...\n"
    assert printed("--fps", "18", "--words", "piano")[0].startswith("[00:00:02.0-00:00:04.0] piano\n[00:00:04.0")
    out, err = printed("--duration", "1")
    assert out == "" and err.endswith("film.mp4: no title card was found\n")
    assert cli.main(["intertitles", str(tmp_path / "none.mp4")]) == 2


def test_preview_is_a_picture(sounding_clip, tmp_path, capsys):
    assert cli.main(["preview", str(sounding_clip), "-o", str(tmp_path / "p.png"), "--width", "640"]) == 0
    assert Image.open(tmp_path / "p.png").width == 640
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


def test_preview_with_words(sounding_clip, tmp_path, capsys):
    (tmp_path / "cues.txt").write_text("rain\n[0.1-0.4] a knock")
    (tmp_path / "said.srt").write_text("1\n00:00:00,100 --> 00:00:00,400\nHello.\n")
    command = ["preview", str(sounding_clip), "--width", "640"]
    words = ["--cues", str(tmp_path / "cues.txt"), "--transcript", str(tmp_path / "said.srt")]
    assert cli.main([*command, "-o", str(tmp_path / "bare.png")]) == 0
    assert cli.main([*command, "-o", str(tmp_path / "words.png"), *words]) == 0
    bare, drawn = (Image.open(tmp_path / f"{name}.png") for name in ("bare", "words"))
    assert drawn.height > bare.height + 3 * 12
    (tmp_path / "cues.txt").write_text("[0.4-0.1] a knock")
    code = cli.main([*command, "-o", str(tmp_path / "no.png"), *words])
    assert code == 2 and not (tmp_path / "no.png").exists()
    assert "cues.txt, line 1" in capsys.readouterr().err


def test_preview_of_a_silent_video(clip, tmp_path, capsys):
    code = cli.main(["preview", str(clip), "-o", str(tmp_path / "p.png")])
    fails(capsys, code, "no sound", tmp_path)


def test_one_bar_a_stage_on_a_terminal(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    with cli.Bars() as progress:
        progress("encode", 1, 2)
        progress("encode", 2, 2)
        progress("sample", 1, 4)
        progress("sample", 3, 4)
    encode, sample = terminal.getvalue().rstrip("\n").split("\n")
    assert "encode: 100%" in encode
    assert "sample:  75%" in sample


def test_no_bar_elsewhere(capsys):
    with cli.Bars() as progress:
        progress("encode", 1, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [[], ["dance"], ["train"], ["generate"]])
def test_incomplete_commands(command, capsys):
    assert cli.main(command) == 2
    assert capsys.readouterr().err.startswith("v2a: error: ")


def test_an_unknown_option_is_told_with_what_is_near(clip, tmp_path, capsys):
    assert cli.main(["generate", str(clip), "-o", str(tmp_path / "out.mp4"), "--promt", "rain"]) == 2
    told = "unrecognized arguments: --promt rain; did you mean --prompt? (`v2a generate --help` shows"
    assert told in capsys.readouterr().err


def test_an_unknown_command_is_told_with_what_is_near(capsys):
    assert cli.main(["genrate"]) == 2
    assert "; did you mean generate? (`v2a --help` shows" in capsys.readouterr().err
    assert cli.main(["xyzzy"]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert not ended.value.code
    assert capsys.readouterr().out == f"v2a {cli.VERSION}\n"


def test_a_preview_is_a_png(sounding_clip, tmp_path, capsys):
    assert cli.main(["preview", str(sounding_clip), "-o", str(tmp_path / "p.txt")]) == 2
    assert "p.txt: cannot write '.txt' files; choose .png" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_preview_without_sound_names_the_command(clip, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("v2a_core.cli.command", lambda: "python -m v2a_core")
    assert cli.main(["preview", str(clip), "-o", str(tmp_path / "p.png")]) == 2
    assert "has no sound to draw: `python -m v2a_core generate` makes one." in capsys.readouterr().err


def test_a_stem_that_is_not_there(sounding_clip, tmp_path, capsys):
    command = ["mix", str(sounding_clip), str(tmp_path / "nope.wav"), "-o", str(tmp_path / "out.mp4")]
    assert cli.main(command) == 2
    assert "nope.wav: does not exist; give the path of a sound, or of a video with one" in capsys.readouterr().err


def test_what_comes_with_the_pack_is_not_fetched(capsys):
    assert cli.main(["download", "mini"]) == 0
    told = capsys.readouterr().out
    assert "Mini ships with the pack: there is nothing to fetch" in told and "licences" not in told
