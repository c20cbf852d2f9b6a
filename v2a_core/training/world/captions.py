"""Captions: one sound class in many wordings, some of them kept for the test split."""

import re

from numpy.random import Generator

from .classes import SOUND_CLASSES

# {noun} a name, {bare} a name without its article, {clause} a short sentence, {tags} two or three tags of which one
# names the class, {tag} the class's own name.
_ALONE = "{noun}, no music, no speech"
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
    "{bare} sound effect",
    "{bare}, sound effect",
    "sfx: {bare}",
    "audio of {noun}",
    "a recording of {noun}",
    "{noun} can be heard",
    "we hear {noun}",
    "we hear how {clause}",
    "in this scene {clause}",
    "{clause}, recorded up close",
    "{noun}, close microphone",
    "{noun}, in sync with the picture",
    _ALONE,
    "{clause}; no music",
    "please add {noun}",
    "{bare}, high quality recording",
    "foley: {bare}",
    "{tag}, {noun}",
)
_TEST = (
    "make it sound like {noun}",
    "a video in which {clause}",
    "{clause} while the camera is rolling",
    "field recording, {bare}",
    "realistic {bare}",
    "you can clearly hear that {clause}",
    "a soundtrack of {noun}",
    "{noun} and nothing else",
    "noises: {tags}",
    "the noise when {clause}",
)


# {text} a caption, and a second sound that is heard too.
_TOGETHER = (
    "{text} and {noun}",
    "{text}, and {noun}",
    "{text}, with {noun} in the background",
    "{text} while {clause}",
    "{text}; in the background {clause}",
    "{text}, {noun}",
)
_OFF_SCREEN = (
    "{text}; off screen {clause}",
    "{text}, and off screen {noun}",
    "{text}, {noun} from outside the picture",
    "{text}; somewhere out of sight {clause}",
)
_WITHOUT = (
    "{text}, no {bare}",
    "{text}. No {bare}.",
    "{text}, without {bare}",
    "{text} but no {tag}",
    "{text}; no {tag}, no {bare}",
    "{text}, not {bare}",
)

# What a caption of speech calls the speaker or the speech, and what it calls them where it says who speaks.
_SPEAKERS = (
    ("(a person|a speaker|someone|somebody)", "a {who}"),
    ("a voice", "a {who}'s voice"),
    ("(?<!'s )voice", "{male} voice"),
    ("talking person", "talking {who}"),
    ("person", "{who}"),
    ("speech", "{male} speech"),
    ("spoken words", "words spoken by a {who}"),
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
    if spec.kind == "speech" and template == _ALONE:
        template = "{noun}"
    others = rng.permutation(spec.tags[1:])[: rng.integers(1, 3)]
    noun = _pick(nouns, rng)
    text = template.format(
        noun=noun,
        bare=_bare(noun),
        clause=_pick(clauses, rng),
        tags=", ".join(rng.permutation([spec.tags[0], *others])),
        tag=sound_class.replace("_", " "),
    )
    return text[0].upper() + text[1:] if rng.random() < 0.5 else text


def join(text: str, other: str, rng: Generator, off_screen: bool = False) -> str:
    """A caption to which a second sound is added, one that is not seen if off_screen."""
    spec = SOUND_CLASSES[other]
    template = _pick(_OFF_SCREEN if off_screen else _TOGETHER, rng)
    return template.format(
        text=text.rstrip("."), noun=_pick(spec.nouns[:-1], rng), clause=_pick(spec.clauses[:-1], rng)
    )


def without(text: str, absent: str, rng: Generator) -> str:
    """A caption that also says what is not heard."""
    spec = SOUND_CLASSES[absent]
    return _pick(_WITHOUT, rng).format(text=text.rstrip("."), bare=_bare(_pick(spec.nouns[:-1], rng)), tag=spec.tags[0])


def spoken_by(text: str, who: str) -> str:
    """A caption of speech that also says who speaks: a "man" or a "woman"."""
    for vague, named in _SPEAKERS:
        text = re.sub(
            rf"\b{vague}\b", named.format(who=who, male="male" if who == "man" else "female"), text, flags=re.I
        )
    return text


def _bare(noun: str) -> str:
    return noun.removeprefix("a ").removeprefix("an ").removeprefix("the ")


def _pick(choices: tuple[str, ...], rng: Generator) -> str:
    return choices[rng.integers(len(choices))]
