"""Clips that Mini has never seen, and what it makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from v2a_core import stages
from v2a_core.evaluation.onsets import OnsetScore, detect_onsets, match_onsets
from v2a_core.evaluation.tagger import obeys, tagger
from v2a_core.media.audio import Audio
from v2a_core.media.video import FrameChunk
from v2a_core.models.base import Conditions, Family, VisualFeatures
from v2a_core.prompts.transcript import Line, Transcript
from v2a_core.settings import Settings
from v2a_core.training.world import scene as world
from v2a_core.training.world.captions import caption
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.mixing import mix
from v2a_core.training.world.scene import Scene, encoder_frames, make_scene
from v2a_core.training.world.sounds import SoundLibrary

# What the smaller benches draw from; mini.py judges all of the world.
FAMILIES, KNOWN = world.FAMILIES[:5], dict(list(SOUND_CLASSES.items())[:24])
DURATION_S = 6.0
BATCH = 16


@dataclass(frozen=True)
class Clip:
    """A scene, the sound that the prompt asks for, and the soundtrack of recordings that would be right."""

    scene: Scene
    sound_class: str
    prompt: str
    truth: Audio

    @property
    def kind(self) -> str:
        """Whether it sounds at moments ("event"), all along ("texture"), or speaks ("speech")."""
        return SOUND_CLASSES[self.sound_class].kind

    @property
    def agrees(self) -> bool:
        """Whether the prompt names what the picture suggests."""
        return self.sound_class == self.scene.looks

    @property
    def times_s(self) -> np.ndarray:
        """When something should be heard to start; nothing does in sounds that go on."""
        events = self.scene.events if self.kind == "event" else ()
        return np.array([event.time_s for event in events if 0 <= event.time_s < DURATION_S])

    @property
    def transcript(self) -> Transcript | None:
        """What is to be said, where the prompt asks for speech."""
        if self.kind != "speech":
            return None
        return Transcript.of(Line(talk.start_s, talk.spans[-1].end_s, talk.text) for talk in self.scene.talk)


@dataclass(frozen=True)
class Mark:
    """What one soundtrack of one clip was heard to do; onsets are None where the sound has none."""

    onsets: OnsetScore | None
    obeys: bool


@dataclass(frozen=True)
class Job:
    """What Mini is given for one soundtrack; features of None are no video."""

    prompt: str
    features: VisualFeatures | None
    seed: int
    negative: str = ""
    transcript: Transcript | None = None


def make_clip(index: int, library: SoundLibrary, split: str = "test") -> Clip:
    """Clip number index of a split: scene families in turn, every other round of prompts contradicts the picture."""
    rng = np.random.default_rng([index, 2])
    family = FAMILIES[index % len(FAMILIES)]
    scene = make_scene(index, split, family, DURATION_S)
    sound_class = scene.looks
    if index // len(FAMILIES) % 2:
        kind = SOUND_CLASSES[scene.looks].kind
        others = [name for name, c in KNOWN.items() if c.kind == kind and family in c.families]
        others.remove(scene.looks)
        sound_class = others[rng.integers(len(others))]
    wave = torch.from_numpy(mix(scene, sound_class, library, rng))
    return Clip(scene, sound_class, caption(sound_class, rng, split), Audio(wave[None], 24_000))


def watch(family: Family, clips: Sequence[Clip]) -> list[VisualFeatures]:
    """Mini's features of every clip, from the frames that the media reader would hand it."""
    return [look(family, encoder_frames(clip.scene)) for clip in clips]


@torch.inference_mode()
def look(family: Family, frames: np.ndarray) -> VisualFeatures:
    """What Mini's eyes see in frames uint8 [T, 64, 64, 3] at 25 Hz."""
    chunk = FrameChunk(torch.from_numpy(frames), np.arange(len(frames)) / 25, 0)
    return family.visual.encode([("sync", chunk)], DURATION_S)


def soundtracks(
    family: Family, clips: list[Clip], features: list[VisualFeatures], settings: Settings | None = None
) -> list[Audio]:
    """One soundtrack a clip, with the family's own settings or others; noise depends on a clip's place in the list."""
    jobs = [Job(clip.prompt, seen, seed) for seed, (clip, seen) in enumerate(zip(clips, features, strict=True))]
    out = []
    for start in range(0, len(jobs), BATCH):
        latent = latents(family, jobs[start : start + BATCH], settings)
        out += [stages.decode(family, one[None], DURATION_S) for one in latent]
    return out


def latents(family: Family, jobs: Sequence[Job], settings: Settings | None = None) -> Tensor:
    """What Mini makes of a few jobs in one batch: float32 [n, 80, T]."""
    pairs = []
    for job in jobs:
        positive, negative = (
            stages.encode_prompt(family, text) if text else None for text in (job.prompt, job.negative)
        )
        pairs.append(stages.condition(family, positive, negative, job.features, job.transcript, DURATION_S))
    toward, away = (stack(side) for side in zip(*pairs, strict=True))
    noise = torch.cat([stages.draw_latent(family.spec, DURATION_S, job.seed) for job in jobs])
    own = Settings.for_family(family.spec, against=any(job.negative for job in jobs))
    return stages.sample(family.network, toward, away, noise, settings or own)


def stack(conditions: Sequence[Conditions]) -> Conditions:
    """Conditions of single clips, without times, as those of a batch."""
    kinds = [field.name for field in fields(Conditions) if isinstance(getattr(conditions[0], field.name), dict)]
    return Conditions(
        **{
            kind: {
                name: torch.cat([getattr(c, kind)[name] for c in conditions]) for name in getattr(conditions[0], kind)
            }
            for kind in kinds
        }
    )


def judge(clip: Clip, audio: Audio) -> Mark:
    """Listen to one soundtrack: do its onsets match the scene's events, is the prompted class heard?"""
    onsets = match_onsets(detect_onsets(audio), clip.times_s) if clip.kind == "event" else None
    return Mark(onsets, obeys(tagger().top(audio), SOUND_CLASSES[clip.sound_class].labels))
