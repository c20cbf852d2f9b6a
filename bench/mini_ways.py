"""The ways in which a clip gets a soundtrack: Mini's own, its controls, and poor footage."""

from collections.abc import Callable

import numpy as np
from clips import Clip, Job
from mini_clips import Case
from torch import Tensor

from v2a_core.models.base import VisualFeatures
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.degrade import KINDS, poor_frames
from v2a_core.training.world.scene import encoder_frames

# Made by Mini of the picture alone, without and with what the picture suggests, or something else, as negative prompt.
NEGATIVES = ("no text", "negative", "another negative")
TITLES = {
    "true": "true audio",
    "vocoder": "true audio through Mini's vocoder",
    "mini": "**Mini**",
    "guided": "Mini guided, in 25 steps",
    "shuffled": "another clip's video",
    "no video": "no video",
    "no text": "no text",
}
# Of the clips, the share that controls, negative prompts and poor footage have.
_CONTROLS = 0.3


def controls(count: int) -> int:
    """How many of a family's clips the controls have: enough that there is another one."""
    return max(2, round(_CONTROLS * count))


def ways_of(case: Case) -> tuple[str, ...]:
    """How Mini is asked for the soundtracks of a family, by one of its clips."""
    ways = ("mini", "shuffled", "no video")
    if case.looks == "speech":
        return ways
    return (*ways, *NEGATIVES, *(KINDS if case.kind == "event" else ()))


def job(way: str, case: Case, clip: Clip, seen: VisualFeatures) -> Job:
    """What Mini is given, of features that are those of the way."""
    if way in NEGATIVES:
        return Job("", seen, case.seed, negative=_negative(way, case))
    features = None if way == "no video" else seen
    return Job(case.prompt, features, case.seed, transcript=clip.transcript)


def frames_of(way: str) -> Callable[[Clip, int], np.ndarray]:
    """What Mini's eyes are shown of a clip with a seed: uint8 [T, 64, 64, 3]."""
    if way not in KINDS:
        return lambda clip, seed: encoder_frames(clip.scene)
    return lambda clip, seed: poor_frames(clip.scene, way, np.random.default_rng([seed, 9]))


def labels_score(tags: Tensor, classes: tuple[str, ...], sound_class: str) -> float:
    """The tagger's score for a class: that of the likeliest of its labels, 0..1."""
    # AudioSet has some labels that this tagger was not taught.
    known = [label for label in SOUND_CLASSES[sound_class].labels if label in classes]
    return float(max(tags[classes.index(label)] for label in known))


def _negative(way: str, case: Case) -> str:
    """A negative prompt: nothing, what the picture suggests, or a class that shares no label with that."""
    mine = SOUND_CLASSES[case.looks]
    if way == "no text":
        return ""
    if way == "negative":
        return mine.nouns[0]
    others = [
        spec for spec in SOUND_CLASSES.values() if spec.kind == mine.kind and set(mine.labels).isdisjoint(spec.labels)
    ]
    return others[int(np.random.default_rng([case.seed, 10]).integers(len(others)))].nouns[0]
