"""Captions: one sound class in many wordings, some of them kept for the test split."""

from numpy.random import Generator

from .classes import SOUND_CLASSES

# {noun} a name, {clause} a short sentence, {tags} two or three tags, {tag} one tag.
_TRAIN = (
    "{noun}",
    "{noun}",
    "{clause}",
    "{clause}.",
    "{tags}",
    "{tag}",
    "the sound of {noun}",
    "sound of {noun}",
    "sounds of {noun}",
    "{noun} sound effect",
    "{noun}, sound effect",
    "sfx: {noun}",
    "audio of {noun}",
    "a recording of {noun}",
    "{noun} can be heard",
    "we hear {noun}",
    "we hear how {clause}",
    "in this scene {clause}",
    "{clause}, recorded up close",
    "{noun}, close microphone",
    "{noun}, in sync with the picture",
    "{noun}, no music, no speech",
    "{clause}; no music",
    "please add {noun}",
    "{noun}, high quality recording",
    "foley: {noun}",
    "{tag}, {noun}",
)
_TEST = (
    "make it sound like {noun}",
    "a video in which {clause}",
    "{clause} while the camera is rolling",
    "field recording, {noun}",
    "realistic {noun}",
    "you can clearly hear that {clause}",
    "soundtrack with {noun}",
    "{noun} and nothing else",
    "{tags} sounds",
    "the noise when {clause}",
)


def caption(sound_class: str, rng: Generator, split: str = "train") -> str:
    """Draw a caption that names the class.

    The test split has templates of its own, and the last noun and the last clause of every class appear in no
    other split. Equal generators give equal captions.
    """
    spec = SOUND_CLASSES[sound_class]
    held_out = split == "test"
    nouns, clauses = (words if held_out else words[:-1] for words in (spec.nouns, spec.clauses))
    template = _pick(_TEST if held_out and rng.random() < 0.7 else _TRAIN, rng)
    tags = rng.permutation(len(spec.tags))[: rng.integers(2, 4)]
    text = template.format(
        noun=_pick(nouns, rng),
        clause=_pick(clauses, rng),
        tags=", ".join(spec.tags[i] for i in tags),
        # A tag alone has to name the class: the first one does.
        tag=spec.tags[0] if len(sound_class.split("_")) == 1 else sound_class.replace("_", " "),
    )
    return text[0].upper() + text[1:] if rng.random() < 0.5 else text


def _pick(choices: tuple[str, ...], rng: Generator) -> str:
    return choices[rng.integers(len(choices))]
