"""Soundtracks with their captions: one source or several, some of them off screen, and what is said to be absent."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from .captions import caption, join, spoken_by, without
from .classes import SOUND_CLASSES
from .mixing import mix, mix_speech
from .scene import Event, Scene
from .sounds import SoundLibrary
from .speech import who_speaks

# How often a second source goes on under the first, strikes off screen, and how often a caption says what is absent.
_UNDER, _OFF_SCREEN, _ABSENT = 0.2, 0.12, 0.3
_TOLD_WHO = 0.6  # of the captions of speech


@dataclass(frozen=True)
class Soundtrack:
    """float32 [duration * 24000], what it mainly is, what else is heard, and what the caption says is not."""

    wave: np.ndarray = field(repr=False)
    sound_class: str
    caption: str
    also: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def soundtrack(scene: Scene, sound_class: str, library: SoundLibrary, rng: Generator) -> Soundtrack:
    """A soundtrack of the scene in which all that is seen sounds like `sound_class`; equal generators make it equal."""
    if sound_class == "speech":
        wave = mix_speech(scene, library, rng)
    else:
        # Lips say nothing about how loud the rain is.
        wave = mix(replace(scene, level=None) if scene.talk else scene, sound_class, library, rng)
    text, also = caption(sound_class, rng, scene.split), ()
    speakers = {who_speaks(talk.voice) for talk in scene.talk} if sound_class == "speech" else ()
    if len(speakers) == 1 and rng.random() < _TOLD_WHO:
        text = spoken_by(text, *speakers)
    choice = rng.random()
    if choice < _UNDER:
        other = _another(rng, "texture", (sound_class,))
        bed = mix(replace(scene, level=None), other, library, rng)
        wave, text, also = _limited(wave + _gain(rng, -18, -8) * bed), join(text, other, rng), (other,)
    elif choice < _UNDER + _OFF_SCREEN:
        other = _another(rng, "event", (sound_class, scene.looks))
        if events := _elsewhere(scene, rng):
            unseen = mix(replace(scene, events=events), other, library, rng)
            wave = _limited(wave + _gain(rng, -10, -3) * unseen)
            text, also = join(text, other, rng, off_screen=True), (other,)
    absent = ()
    if rng.random() < _ABSENT:
        # What the picture suggests is what most needs to be forbidden.
        heard = (sound_class, *also)
        tempting = scene.looks not in heard and rng.random() < 0.7
        absent = (scene.looks if tempting else _another(rng, None, (*heard, scene.looks)),)
        text = without(text, absent[0], rng)
    return Soundtrack(wave.astype(np.float32), sound_class, text, also, absent)


def _another(rng: Generator, kind: str | None, taken: tuple[str, ...]) -> str:
    names = [name for name, spec in SOUND_CLASSES.items() if name not in taken and kind in (None, spec.kind)]
    return names[int(rng.integers(len(names)))]


def _elsewhere(scene: Scene, rng: Generator) -> tuple[Event, ...]:
    """Events that nothing in the picture shows, at least a fifth of a second from those that are seen."""
    seen = np.array([event.time_s for event in scene.events])
    times = np.sort(rng.uniform(0.1, scene.duration_s - 0.1, int(rng.integers(1, 4))))
    free = [t for t in times if not len(seen) or np.abs(seen - t).min() > 0.2]
    return tuple(Event(float(t), float(rng.uniform(0.5, 1.0)), float(rng.choice((-1, 1))), "impact") for t in free)


def _gain(rng: Generator, low_db: float, high_db: float) -> np.float32:
    return np.float32(10 ** (rng.uniform(low_db, high_db) / 20))


def _limited(wave: np.ndarray) -> np.ndarray:
    return wave * min(1.0, 0.98 / max(float(np.abs(wave).max()), 1e-9))
