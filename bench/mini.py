"""Judge Mini on clips it has never seen, beside what is possible and what chance gives.

python bench/mini.py [--sounds DIR] [--clips 200] [--chance 60] [--weights FILE]
writes results/mini.json, mini.md and mini.png beside this file; README.md says how to read them.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from mini_report import by_family, draw_examples, summary, write_table

from v2a_core import stages
from v2a_core.evaluation.onsets import OnsetScore, detect_onsets, match_onsets
from v2a_core.evaluation.tagger import obeys, tagger
from v2a_core.media.audio import Audio
from v2a_core.models import load_family
from v2a_core.models.base import Conditions, Family, VisualFeatures
from v2a_core.models.mini.family import SHIPPED
from v2a_core.models.mini.mel import log_mel
from v2a_core.settings import Settings
from v2a_core.training.world import scene as world
from v2a_core.training.world.captions import caption
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.mixing import mix
from v2a_core.training.world.scene import Scene, encoder_frames, make_scene
from v2a_core.training.world.sounds import SoundLibrary

# The shipped weights know the world as it was before doors, animals, crowds, music and talking faces came.
FAMILIES, KNOWN = world.FAMILIES[:5], dict(list(SOUND_CLASSES.items())[:24])
HERE = Path(__file__).resolve().parent
SOUNDS = HERE.parent / ".cache" / "sounds"
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
        """Whether it sounds at moments ("event") or all along ("texture")."""
        return SOUND_CLASSES[self.sound_class].kind


@dataclass(frozen=True)
class Mark:
    """What one soundtrack of one clip was heard to do; onsets are None where the sound has none."""

    family: str
    agrees: bool  # the prompt names what the picture suggests
    onsets: OnsetScore | None
    heard: tuple[str, ...]
    obeys: bool


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


@torch.inference_mode()
def watch(family: Family, clips: list[Clip]) -> list[VisualFeatures]:
    """Mini's features of every clip, from the frames that the media reader would hand it."""
    seen = [family.visual(torch.from_numpy(encoder_frames(clip.scene))[None])[0] for clip in clips]
    return [VisualFeatures("mini", {"sync": tensor}, {"sync": 25.0}, DURATION_S) for tensor in seen]


def soundtracks(
    family: Family, clips: list[Clip], features: list[VisualFeatures | None], settings: Settings | None = None
) -> list[Audio]:
    """One soundtrack a clip, with the family's own settings or others; noise depends on a clip's place in the list."""
    settings = settings or Settings.for_family(family.spec, 0)
    out = []
    for start in range(0, len(clips), BATCH):
        part = range(start, min(start + BATCH, len(clips)))
        pairs = []
        for i in part:
            text = stages.encode_prompt(family, clips[i].prompt)
            pairs.append(stages.condition(family, text, None, features[i], duration_s=DURATION_S))
        positive, negative = (stack(side) for side in zip(*pairs, strict=True))
        noise = torch.cat([stages.draw_latent(family.spec, DURATION_S, seed=i) for i in part])
        latent = stages.sample(family.network, positive, negative, noise, settings)
        out += [stages.decode(family, one[None], DURATION_S) for one in latent]
    return out


def stack(conditions: tuple[Conditions, ...]) -> Conditions:
    """Conditions of single clips as those of a batch."""
    text, video = (
        {name: torch.cat([getattr(c, kind)[name] for c in conditions]) for name in getattr(conditions[0], kind)}
        for kind in ("text", "video")
    )
    return Conditions(text, video)


def judge(clip: Clip, audio: Audio) -> Mark:
    """Listen to one soundtrack: do its onsets match the scene's events, is the prompted class heard?"""
    onsets = None
    if clip.kind == "event":
        times_s = np.array([event.time_s for event in clip.scene.events if 0 <= event.time_s < DURATION_S])
        onsets = match_onsets(detect_onsets(audio), times_s)
    heard = tagger().top(audio)
    right = obeys(heard, SOUND_CLASSES[clip.sound_class].labels)
    return Mark(clip.scene.family, clip.sound_class == clip.scene.looks, onsets, heard, right)


def class_by_chance(clips: list[Clip], true_marks: list[Mark]) -> float:
    """How often a prompt's labels are heard in the true audio of a clip of the same kind but another class."""
    hits = [
        obeys(mark.heard, SOUND_CLASSES[clip.sound_class].labels)
        for clip in clips
        for other, mark in zip(clips, true_marks, strict=True)
        if other.kind == clip.kind and other.sound_class != clip.sound_class
    ]
    return float(np.mean(hits))


def another_of_its_family(features: list[VisualFeatures]) -> list[VisualFeatures]:
    """Each clip's features swapped for those of the clip two rounds on: as busy a picture, at other moments."""
    step = 2 * len(FAMILIES)
    if len(features) <= step:
        raise SystemExit(f"--clips {len(features)} is too few: take more than {step}, so that pictures can be swapped.")
    return [*features[step:], *features[:step]]


@contextmanager
def told(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what:<28}{time.perf_counter() - start:8.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sounds", type=Path, default=SOUNDS, help="the folder that `make sounds` filled")
    parser.add_argument("--clips", type=int, default=200, help="clips for Mini and for the true audio")
    parser.add_argument("--chance", type=int, default=60, help="clips for the shuffled and the absent video")
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="a weights file other than the shipped one")
    args = parser.parse_args()

    family = load_family("mini", weights=args.weights)
    with told("clips"):
        library = SoundLibrary(args.sounds)
        clips = [make_clip(index, library) for index in range(args.clips)]
    audios = {"true": [clip.truth for clip in clips]}
    with told("vocoder round trip"), torch.inference_mode():
        audios["vocoder"] = [stages.decode(family, log_mel(clip.truth.samples), DURATION_S) for clip in clips]
    with told("watching"):
        features = watch(family, clips)
    with told("Mini"):
        audios["mini"] = soundtracks(family, clips, features)
    few = clips[: args.chance]
    with told("Mini, shuffled video"):
        audios["shuffled"] = soundtracks(family, few, another_of_its_family(features))
    with told("Mini, no video"):
        audios["no video"] = soundtracks(family, few, [None] * len(few))
    with told("listening"):
        marks = {name: [judge(c, a) for c, a in zip(clips, some, strict=False)] for name, some in audios.items()}

    settings = Settings.for_family(family.spec, 0)
    results = {
        "weights_sha256": hashlib.sha256(args.weights.read_bytes()).hexdigest(),
        "settings": asdict(settings),
        "conditions": {name: summary(some) for name, some in marks.items()},
        "families": {name: by_family(some) for name, some in marks.items()},
        "class_by_chance": class_by_chance(clips, marks["true"]),
    }
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "mini.json").write_text(json.dumps(results, indent=1) + "\n")
    write_table(results, HERE / "mini.md")
    draw_examples(clips, audios, HERE / "mini.png")


if __name__ == "__main__":
    main()
