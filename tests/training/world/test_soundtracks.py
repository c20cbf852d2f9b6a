"""Several sources, off-screen events, what is said to be absent, and what is said by faces."""

from dataclasses import replace

import numpy as np
import pytest

from v2a_core.errors import InputError
from v2a_core.prompts.phonemes import Span
from v2a_core.training.world import soundtracks
from v2a_core.training.world.captions import join, without
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.mixing import mix_speech
from v2a_core.training.world.plan import Talk
from v2a_core.training.world.scene import make_scene
from v2a_core.training.world.soundtracks import soundtrack


@pytest.fixture
def made(monkeypatch):
    """The classes that were mixed, each as its own constant wave."""
    mixed = []

    def mix(scene, sound_class, library, rng):
        mixed.append((sound_class, scene))
        return np.full(round(scene.duration_s * 24_000), 0.1, np.float32)

    monkeypatch.setattr(soundtracks, "mix", mix)
    return mixed


def tracks(count=200, sound="drum", family="strikes"):
    scene = make_scene(5, "train", family, duration_s=2.0)
    return scene, [soundtrack(scene, sound, None, np.random.default_rng(seed)) for seed in range(count)]


def test_what_is_absent_is_never_heard_and_is_named(made):
    _, found = tracks()
    told = [track for track in found if track.absent]
    assert 30 < len(told) < 100
    for track in told:
        heard = {track.sound_class, *track.also}
        spec = SOUND_CLASSES[track.absent[0]]
        assert not heard & set(track.absent)
        assert any(word in track.caption for word in ("no ", "No ", "without ", "not "))
        names = [noun.removeprefix("a ").removeprefix("an ").removeprefix("the ") for noun in spec.nouns]
        assert any(name in track.caption for name in [*names, spec.tags[0]])


def test_a_contradicted_look_is_what_is_most_often_forbidden(made):
    scene, found = tracks(sound="rain", family="music")
    absent = [track.absent[0] for track in found if track.absent]
    assert absent.count(scene.looks) > 0.4 * len(absent)


def test_second_sources_are_mixed_in_and_named(made):
    scene, found = tracks()
    both = [track for track in found if track.also]
    assert 35 < len(both) < 110
    kinds = {SOUND_CLASSES[track.also[0]].kind for track in both}
    assert kinds == {"event", "texture"}
    assert all(np.abs(track.wave).max() > 0.1 for track in both)
    seen = {event.time_s for event in scene.events}
    off_screen = [other for name, other in made if name != "drum" and SOUND_CLASSES[name].kind == "event"]
    assert off_screen and all(other.events and not seen & {e.time_s for e in other.events} for other in off_screen)


def test_equal_generators_make_equal_soundtracks(made):
    _, one = tracks(20)
    _, two = tracks(20)
    assert [track.caption for track in one] == [track.caption for track in two]


def test_captions_join_and_forbid_in_plain_words():
    rng = np.random.default_rng(0)
    assert all("Rain falls" in join("Rain falls.", "drum", rng) for _ in range(20))
    assert all("off screen" in t or "sight" in t or "outside" in t for t in _off_screen(rng))
    assert without("drums", "speech", rng).startswith("drums")


def _off_screen(rng):
    return [join("rain", "dog", rng, off_screen=True) for _ in range(20)]


def test_speech_is_heard_where_the_lips_say_it(library):
    scene = make_scene(1, "train", "faces", duration_s=6.0)
    wave = np.ones(24_000, np.float32) * 0.3
    talk = Talk("hello", "slt", 2.0, (Span("AA", 2.0, 3.0, 0),), wave)
    spoken = mix_speech(replace(scene, talk=(talk,)), library, np.random.default_rng(4))
    assert len(spoken) == 144_000
    inside, before = (np.abs(spoken[int(a * 24_000) : int(b * 24_000)]).max() for a, b in ((2.01, 2.99), (0.0, 1.95)))
    assert inside > 4 * before
    with pytest.raises(InputError, match="without voices"):
        mix_speech(replace(scene, talk=(replace(talk, wave=None),)), library, np.random.default_rng(0))
