"""`v2a train lora` from a folder to a file that `v2a generate` uses."""

import pytest
from videos import write_video

from v2a_core.cli import main


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    write_video(folder / "tone.mp4", seconds=1.0, sound=True).with_suffix(".txt").write_text("a tone")
    return folder


def test_a_folder_becomes_a_lora_that_generate_uses(clips, tmp_path, capsys):
    run = tmp_path / "run"
    assert main(["train", "folder", str(clips), "--out", str(run)]) == 0
    features = {path: path.stat().st_mtime_ns for path in (run / "features").iterdir()}
    train = ["train", "lora", "--data", str(clips), "--out", str(run), "--batch", "1", "--every", "0"]
    assert main([*train, "--steps", "3", "--rate", "0.01", "--targets", "mlp"]) == 0
    assert {path: path.stat().st_mtime_ns for path in (run / "features").iterdir()} == features
    assert "1 of 1 can be trained on" in capsys.readouterr().out

    def made(name, *lora):
        command = ["generate", str(clips / "tone.mp4"), "-o", str(tmp_path / name), "--steps", "1", "--codec", "flac"]
        assert main([*command, *lora]) == 0
        return (tmp_path / name).read_bytes()

    plain = made("plain.mp4")
    assert made("none.mp4", "--lora", f"{run}/lora.safetensors:0") == plain
    assert made("whole.mp4", "--lora", f"{run}/lora.safetensors") != plain


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--rank", "0", "rank is 0"),
        ("--steps", "0", "steps is 0"),
        ("--rate", "nan", "rate is nan"),
        ("--batch", "1000", "batch is 1000"),
        ("--alpha", "-1", "alpha is -1"),
        ("--model", "maxi", "no model called 'maxi'"),
    ],
)
def test_what_is_out_of_bounds_is_named_before_the_work(option, value, said, clips, tmp_path, capsys):
    run = tmp_path / "run"
    assert main(["train", "lora", "--data", str(clips), "--out", str(run), option, value]) == 2
    assert said in capsys.readouterr().err
    assert not (run / "features").exists()
