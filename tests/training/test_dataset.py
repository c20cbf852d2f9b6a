import json
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file

from v2a_core.training import dataset
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.sounds import Recording, SoundLibrary
from v2a_core.training.world.soundtracks import Soundtrack


class Cancelled(BaseException):
    pass


def fake_scene(seed, split, family, duration_s, say=None):
    texture = family in ("textures", "vehicles")
    times = () if texture else (0.8, 1.5, 2.2)
    events = tuple(SimpleNamespace(time_s=t, strength=0.5, kind="impact") for t in times)
    level = np.full(600, 0.5, np.float32) if texture else None
    looks = "rain" if texture else "drum"
    fields = {"family": family, "split": split, "duration_s": duration_s, "fps": 25.0, "looks": looks}
    return SimpleNamespace(**fields, seed=seed, events=events, level=level, talk=())


def grey_frames(scene, size=64):
    return np.full((150, size, size, 3), scene.seed % 256, np.uint8)


@pytest.fixture
def parts(monkeypatch):
    """The builder with a cheap scene and a soundtrack of noise; counts the soundtracks."""
    mixed = []

    def soundtrack(scene, sound_class, library, rng):
        mixed.append(sound_class)
        return Soundtrack(rng.standard_normal(144_000).astype(np.float32) * 0.1, sound_class, "a sound")

    monkeypatch.setattr(dataset, "make_scene", fake_scene)
    monkeypatch.setattr(dataset, "encoder_frames", grey_frames)
    monkeypatch.setattr(dataset, "soundtrack", soundtrack)
    monkeypatch.setattr(dataset, "_DEGRADED", 0)
    monkeypatch.setattr(dataset, "CLIPS_A_SHARD", 3)
    return mixed


def test_shards_hold_what_they_say(tmp_path, parts):
    paths = dataset.build(tmp_path, None, 5, 2, "train", seed=10)
    assert [path.name for path in paths] == ["train-0000010.safetensors", "train-0000013.safetensors"]
    first, second = (load_file(path) for path in paths)
    assert first["frames"].shape == (3, 150, 64, 64, 3) and second["frames"].shape == (2, 150, 64, 64, 3)
    assert first["mel"].shape == (6, 80, 600) and first["mel"].dtype == np.float16
    assert first["onset"].shape == first["level"].shape == (3, 600)
    assert first["frames"][1, 0, 0, 0, 0] == 11
    about = json.loads(paths[0].with_suffix(".json").read_text())["about"]
    for row, clip in enumerate(about):
        assert clip["seed"] == 10 + row
        assert [v["sound_class"] == clip["looks"] for v in clip["variants"]] == [True, False]
        assert first["has_level"][row] == (clip["family"] in ("textures", "vehicles"))


def test_events_become_strengths_in_their_hundredth():
    onset, level, has_level = dataset.targets(fake_scene(0, "train", "impacts", 6.0))
    assert np.flatnonzero(onset).tolist() == [80, 150, 220]
    assert onset[80] == 0.5 and not has_level and not level.any()


def test_events_outside_are_left_out():
    scene = fake_scene(0, "train", "impacts", 6.0)
    scene.events = tuple(SimpleNamespace(time_s=t, strength=1.0, kind="strike") for t in (-0.1, 5.994, 6.0))
    assert np.flatnonzero(dataset.targets(scene)[0]).tolist() == [599]


def test_other_classes_are_of_the_same_kind():
    rng = np.random.default_rng(0)
    for family in ("impacts", "vehicles"):
        scene = fake_scene(0, "train", family, 6.0)
        others = {dataset.choose_class(scene, False, rng) for _ in range(200)}
        assert len(others) > 5 and scene.looks not in others
        assert {SOUND_CLASSES[name].kind for name in others} == {SOUND_CLASSES[scene.looks].kind}


def test_a_finished_shard_is_kept_and_a_changed_one_rebuilt(tmp_path, parts):
    dataset.build(tmp_path, None, 5, 2)
    count = len(parts)
    dataset.build(tmp_path, None, 5, 2)
    assert len(parts) == count
    dataset.build(tmp_path, None, 6, 2)  # the last shard grows from two clips to three
    assert len(parts) == count + 6


def test_stopping_leaves_no_half_shard_and_going_on_gives_the_same(tmp_path, parts, monkeypatch):
    def stop(scene, size=64):
        if scene.seed == 4:
            raise Cancelled
        return frames(scene, size)

    frames = dataset.encoder_frames
    with monkeypatch.context() as patch, pytest.raises(Cancelled):
        patch.setattr(dataset, "encoder_frames", stop)
        dataset.build(tmp_path / "a", None, 6, 2)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "train-0000000.json",
        "train-0000000.safetensors",
    ]
    resumed = dataset.build(tmp_path / "a", None, 6, 2)
    straight = dataset.build(tmp_path / "b", None, 6, 2)
    for a, b in zip(resumed, straight, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_progress_counts_clips(tmp_path, parts):
    seen = []
    dataset.build(tmp_path, None, 4, 1, progress=lambda *step: seen.append(step))
    assert seen == [("dataset", 3, 4), ("dataset", 4, 4)]
    dataset.build(tmp_path, None, 6, 1, progress=lambda *step: seen.append(step))
    assert seen[2:] == [("dataset", 6, 6)]  # the three that are there are not told again


class OneSound(SoundLibrary):
    """The same noise for every class."""

    def __init__(self):
        self._samples = (np.random.default_rng(0).standard_normal(48_000) * 3000).astype(np.int16)

    def takes(self, sound_class, split):
        return [[Recording(sound_class, 0, "pack", "noise.wav", "nobody", "CC0-1.0", split, 0, 0, 48_000)]]


def test_two_processes_make_the_shards_that_one_makes(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "CLIPS_A_SHARD", 2)
    alone, together = (dataset.build(tmp_path / str(n), OneSound(), 4, 1, workers=n) for n in (1, 2))
    assert [path.name for path in alone] == [path.name for path in together] and len(alone) == 2
    for a, b in zip(alone, together, strict=True):
        assert a.read_bytes() == b.read_bytes()
