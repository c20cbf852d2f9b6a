"""The clips that Mini is judged on, of every scene family, and the training clips that it is set against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import torch
from clips import DURATION_S, Clip
from torch import Tensor

from v2a_core.media.audio import Audio
from v2a_core.models.mini.text import MiniText
from v2a_core.training.dataset import choose_class
from v2a_core.training.world.captions import caption
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.mixing import mix, mix_speech
from v2a_core.training.world.scene import FAMILIES, Scene, make_scene
from v2a_core.training.world.sounds import SoundLibrary
from v2a_core.training.world.speech import Speakers

# Scenes in which something strikes again and again, and is to be counted.
COUNTED = ("impacts", "strikes", "footsteps")
POOL = 400  # training captions a family, among which the nearest is looked for
_REDRAWN = 10_000


@dataclass(frozen=True)
class World:
    """The recordings and the voices."""

    library: SoundLibrary
    speakers: Speakers


@dataclass(frozen=True)
class Case:
    """What is known of a clip once its picture and its true sound are gone.

    unseen: the prompt's wording is none that training could have drawn. words: what is to be said.
    """

    family: str
    number: int
    prompt: str
    sound_class: str
    looks: str
    unseen: bool
    times_s: np.ndarray = field(repr=False)
    words: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return SOUND_CLASSES[self.sound_class].kind

    @property
    def agrees(self) -> bool:
        return self.sound_class == self.looks

    @property
    def seed(self) -> int:
        """Of the scene, and of Mini's noise."""
        return seed_of(self.family, self.number)


def seed_of(family: str, number: int) -> int:
    return number * len(FAMILIES) + FAMILIES.index(family)


def held_out(family: str, number: int, world: World) -> tuple[Case, Clip]:
    """Clip number of a family of the test split: of every four two prompts contradict the picture, two are unseen."""
    seed = seed_of(family, number)
    rng, unseen = np.random.default_rng([seed, 2]), number // 2 % 2 == 1
    agrees = number % 2 == 0
    scene = _scene(seed, "test", family, world, must_talk=agrees)
    sound_class = choose_class(scene, agrees, rng)
    prompt = _unseen_caption(sound_class, rng) if unseen else caption(sound_class, rng, "train")
    clip = Clip(scene, sound_class, prompt, sounded(scene, sound_class, world, rng))
    words = tuple(line.text for line in clip.transcript.lines) if clip.transcript else ()
    return Case(family, number, prompt, sound_class, scene.looks, unseen, clip.times_s, words), clip


def sounded(scene: Scene, sound_class: str, world: World, rng: np.random.Generator) -> Audio:
    """The soundtrack of a scene in which all that is seen sounds like the class, and nothing else is heard."""
    if sound_class == "speech":
        wave = mix_speech(scene, world.library, rng)
    else:
        # Lips say nothing about how loud the rain is.
        wave = mix(replace(scene, level=None) if scene.talk else scene, sound_class, world.library, rng)
    return Audio(torch.from_numpy(wave.astype(np.float32))[None], 24_000)


@dataclass(frozen=True)
class TrainClip:
    """A clip of the train split, of which so far only the caption is there."""

    number: int
    family: str
    sound_class: str
    caption: str

    def audio(self, world: World) -> Audio:
        scene = _scene(self.number, "train", self.family, world, must_talk=self.sound_class == "speech")
        return sounded(scene, self.sound_class, world, np.random.default_rng([self.number, 8]))


@cache
def train_clips() -> tuple[TrainClip, ...]:
    """A pool of training clips, families in turn; each has one of the sounds that such a scene may have."""
    out = []
    for number in range(POOL * len(FAMILIES)):
        rng, family = np.random.default_rng([number, 7]), FAMILIES[number % len(FAMILIES)]
        classes = [name for name, spec in SOUND_CLASSES.items() if family in spec.families]
        # Half of what faces are seen under in training is speech.
        speaks = family == "faces" and rng.random() < 0.5
        sound_class = "speech" if speaks else classes[rng.integers(len(classes))]
        out.append(TrainClip(number, family, sound_class, caption(sound_class, rng, "train")))
    return tuple(out)


def nearest_by_caption(prompts: Sequence[str], text: MiniText) -> list[TrainClip]:
    """For each prompt the training clip whose caption is nearest, by the cosine of the means of word vectors.

    The vectors are those of the distilled table, which Mini's training left as it was.
    """

    def vectors(texts: Sequence[str]) -> Tensor:
        return torch.nn.functional.normalize(
            torch.stack([text.table[text.tokenize(one)].float().sum(0) for one in texts]), dim=1
        )

    pool = train_clips()
    nearest = (vectors(prompts) @ vectors([one.caption for one in pool]).T).argmax(1)
    return [pool[i] for i in nearest.tolist()]


def _scene(seed: int, split: str, family: str, world: World, must_talk: bool) -> Scene:
    say: Callable = world.speakers.draw
    scene = make_scene(seed, split, family, DURATION_S, say)
    while family == "faces" and must_talk and not scene.talk:
        seed += _REDRAWN
        scene = make_scene(seed, split, family, DURATION_S, say)
    return scene


def _unseen_caption(sound_class: str, rng: np.random.Generator) -> str:
    """A caption of the test split that no training clip can have had."""
    while (text := caption(sound_class, rng, "test")).lower() in _seen_captions(sound_class):
        pass
    return text


@cache
def _seen_captions(sound_class: str) -> frozenset[str]:
    # There are about two hundred a class: so many draws hardly miss one.
    rng = np.random.default_rng(0)
    return frozenset(caption(sound_class, rng, "train").lower() for _ in range(4000))
