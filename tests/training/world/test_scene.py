"""The world's pictures: the same for the same seed, apart between splits, and true to their events."""

import dataclasses

import av
import numpy as np
import pytest

from v2a_core.errors import InputError
from v2a_core.training.world import collisions, dice, tracks, walkers
from v2a_core.training.world.backdrops import TEST_WALLS, TRAIN_WALLS
from v2a_core.training.world.render import render_video
from v2a_core.training.world.scene import FAMILIES, FRAME_RATES, encoder_frames, make_scene
from v2a_core.training.world.styles import TEST_STYLES, TRAIN_STYLES

LOOKS = {
    "impacts": {"wood_impact", "metal_impact", "stone_impact", "glass_break", "ball_bounce"},
    "strikes": {"hammering", "wood_chopping", "drum", "cymbal", "tabla"},
    "footsteps": {"footsteps_grass", "footsteps_gravel", "footsteps_wood", "footsteps_snow", "footsteps_stone"},
    "textures": {"rain", "wind", "fire", "stream", "waves", "thunder"},
    "vehicles": {"car_engine", "train", "airplane"},
    "doors": {"door"},
    "animals": {"dog", "cow", "sheep", "horse", "pig", "chicken"},
    "crowds": {"crowd"},
    "music": {"music_calm", "music_tense", "music_lively"},
    "faces": {"speech"},
}
KINDS = {
    "impacts": {"impact"},
    "strikes": {"strike"},
    "footsteps": {"step"},
    "textures": {"impact"},
    "doors": {"impact"},
    "animals": {"call"},
    "faces": {"word"},
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("split", dice.SPLITS)
def test_scenes_keep_the_contract(family, split):
    for seed in range(6):
        scene = make_scene(seed, split, family, duration_s=3.0)
        assert scene.looks in LOOKS[family] and scene.fps in FRAME_RATES
        times = [event.time_s for event in scene.events]
        assert times == sorted(times) and all(0 <= t < 3.0 for t in times)
        assert all(0 < e.strength <= 1 and -1 <= e.x <= 1 and e.kind in KINDS.get(family, ()) for e in scene.events)
        has_level = family in ("textures", "vehicles", "crowds", "music", "faces")
        assert (scene.level is not None) == has_level
        if has_level:
            assert scene.level.shape == (300,) and scene.level.dtype == np.float32
            assert scene.level.min() >= 0 and scene.level.max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_pictures_are_bit_equal_for_a_seed(family):
    first, second = (encoder_frames(make_scene(4, "train", family, duration_s=1.0)) for _ in range(2))
    assert first.dtype == np.uint8 and first.shape == (25, 64, 64, 3)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, encoder_frames(make_scene(4, "val", family, duration_s=1.0)))


@pytest.mark.parametrize("family", FAMILIES)
def test_one_frame_is_drawn_as_in_a_batch(family):
    scene = make_scene(11, "train", family, duration_s=2.0)
    times = np.arange(40) / 20
    batch = scene.draw_frames(times, 36, 64)
    alone = scene.draw(times[23], 36, 64)
    assert np.abs(alone.astype(int) - batch[23]).max() <= 1


def test_encoder_sees_the_nearest_source_frame():
    for seed in range(20):
        scene = make_scene(seed, "train", duration_s=1.0)
        if scene.fps < 20:
            break
    frames = encoder_frames(scene)
    for tick in (0, 7, 18):
        number = min(range(scene.frame_count), key=lambda n, t=tick: abs(n / scene.fps - t / 25))
        assert np.abs(scene.draw(number / scene.fps, 64, 64).astype(int) - frames[tick]).max() <= 1


def _clean(scene):
    """The scene from a tripod through a clean lens."""
    still = dataclasses.replace(
        scene.camera, x=lambda t: scene.aspect / 2 + 0 * t, y=lambda t: 0.5 + 0 * t, zoom=lambda t: 1 + 0 * t, shutter=0
    )
    lens = dataclasses.replace(scene.lens, grain=0.0, blur=0.0, blocks=0.0, exposure=lambda t: 1 + 0 * t)
    return dataclasses.replace(scene, camera=still, lens=lens)


@pytest.mark.parametrize("family", ["impacts", "strikes", "footsteps", "doors", "animals"])
def test_something_moves_into_every_event(family):
    seen = total = 0
    for seed in range(15):
        scene = make_scene(seed, "train", family)
        times = np.array([event.time_s for event in scene.events if event.time_s > 0.1])
        if not len(times):
            continue
        frames = _clean(scene).draw_frames(np.concatenate([times - 0.08, times]), 64, 64).astype(int)
        change = np.abs(frames[len(times) :] - frames[: len(times)]).max((1, 2, 3))
        seen, total = seen + int((change > 8).sum()), total + len(times)
    assert total > 20 and seen >= 0.95 * total


def _share_of_reversals(family, shift_s):
    """How often the picture 30 ms after an event, or an instant shift_s off it, is back near that 30 ms before."""
    reversed_, total = 0, 0
    for seed in range(12):
        scene = make_scene(seed, "train", family)
        clean = _clean(scene)
        for event in scene.events:
            at = np.clip(event.time_s + shift_s + np.array([-0.03, 0.0, 0.03]), 0, 6)
            before, now, after = clean.draw_frames(at, 96, 96).astype(float).mean(-1)
            # Of a steady motion the way before to after would be twice the way before to now.
            reversed_ += bool(np.abs(after - before).sum() < 1.15 * np.abs(now - before).sum())
            total += 1
    assert total > 30
    return reversed_ / total


@pytest.mark.parametrize("family", ["impacts", "strikes"])
def test_motion_stops_or_turns_at_the_event_and_not_beside_it(family):
    assert _share_of_reversals(family, 0.0) > 0.65
    assert _share_of_reversals(family, -0.06) < 0.3


def test_feet_come_down_until_the_step_and_then_stand():
    for seed in range(10):
        roll = dice.Dice("train", seed)
        steps = walkers.step_times(roll, 6.0)
        gait = walkers.Gait(roll, steps, 2, stride=0.2, lift=0.1, x0=0.0, offsets=[0, 0])
        assert len(gait.hits) == len(steps)
        for time_s, _, x in gait.hits:
            if time_s < 0.1:
                continue
            at = time_s + np.array([-0.03, -0.001, 0.0, 0.02])
            (along, up), _ = sorted(((a(at), u(at)) for a, u in gait.tracks), key=lambda foot: abs(foot[0][2] - x))
            assert up[0] > up[1] > 0 and np.abs(up[2:]).max() < 1e-9
            assert along[2:] == pytest.approx(x, abs=1e-9) and along[0] < x


def test_bounces_land_where_the_event_says():
    first = tracks.Arc(0.5, 0.3, 0.1, 0.4, 0.0, 0.0, 3.0)
    arcs, contacts = collisions.bounces(first, 6.0, 0.8, (-9.0, 0.9), 0.7, rolls=True)
    path = tracks.Path(arcs)
    floor = [c for c in contacts if c.side == "floor"]
    assert floor[0].time_s == pytest.approx(0.5 + np.sqrt(2 * 0.7 / 3.0))
    assert len(floor) > 3 and any(c.side == "wall" for c in contacts)
    for contact in floor[:3]:
        y = path(contact.time_s + np.array([-1e-3, 0.0, 1e-3]))[1]
        assert y[1] == pytest.approx(0.8, abs=1e-9) and y[0] < y[1] > y[2]


def test_sliding_discs_never_overlap_and_touch_at_contacts():
    for seed in range(5):
        paths, contacts = collisions.slides(
            dice.Dice("train", seed), 4, 0.06, (0.0, 1.5, 0.0, 1.0), 6.0, push=1.5, friction=0.5
        )
        spots = np.stack([np.stack(p(np.arange(0, 6, 0.005))[:2], 1) for p in paths])
        gaps = np.linalg.norm(spots[:, None] - spots[None], axis=-1) + np.eye(4)[..., None]
        assert gaps.min() > 2 * 0.06 - 1e-6
        for contact in contacts:
            if contact.side == "disc" and contact.time_s < 6:
                now = np.stack([np.stack(p(np.array([contact.time_s]))[:2], 1)[0] for p in paths])
                distance = np.sort(np.linalg.norm(now - [contact.x, contact.y], axis=1))
                assert distance[1] == pytest.approx(0.06, abs=1e-6)


def test_splits_share_no_choice_of_motion_hue_wall_or_style():
    assert not set(TRAIN_WALLS) & set(TEST_WALLS) and not set(TRAIN_STYLES) & set(TEST_STYLES)
    drawn = {split: dice.Dice(split, 0) for split in ("train", "test")}
    motion = {split: np.array([d.motion(1.0, 3.0) for _ in range(500)]) for split, d in drawn.items()}
    inside = (motion["train"] > motion["test"].min()) & (motion["train"] < motion["test"].max())
    assert not inside.any() and motion["train"].min() < motion["test"].min() < motion["train"].max()
    hues = {
        split: {int(d.hue(near) * 12) for near in (None, 0.1, 0.6) for _ in range(300)} for split, d in drawn.items()
    }
    assert not hues["train"] & hues["test"]


def test_level_follows_the_fire_in_the_picture():
    """Bright where loud: the louder half of a fire's frames has more light than the quieter half."""
    for seed in range(40):
        scene = make_scene(seed, "train", "textures")
        if scene.looks == "fire" and np.ptp(scene.level) > 0.6:
            break
    light = _clean(scene).draw_frames(np.arange(60) / 10, 32, 32).mean((1, 2, 3))
    assert np.corrcoef(light, scene.level[::10])[0, 1] > 0.5


def test_rendered_file_has_the_frames_of_the_scene(tmp_path):
    scene = make_scene(3, "train", "impacts", duration_s=1.0)
    path = render_video(scene, tmp_path / "scene.mp4", 128, 72)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert float(stream.average_rate) == pytest.approx(scene.fps, rel=1e-3)
        frames = [frame for frame in container.decode(stream)]
    assert len(frames) == scene.frame_count
    assert frames[5].time == pytest.approx(5 / scene.fps, abs=1e-3)
    difference = frames[5].to_ndarray(format="rgb24").astype(int) - scene.draw(5 / scene.fps, 72, 128)
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize(
    "wrong", [{"split": "dev"}, {"family": "dragons"}, {"duration_s": 0.0}, {"duration_s": float("nan")}]
)
def test_bad_arguments_are_named(wrong):
    with pytest.raises(InputError, match=str(next(iter(wrong.values())))):
        make_scene(0, **wrong)
