"""Which models listen: those that are installed and have something to say about these clips."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from ..errors import InputError
from ..media.audio import Audio
from .folder import Clip
from .hearing import Listener
from .recogniser import recogniser
from .sfx import sound_effects
from .speech_quality import speech_quality
from .tagger import Tagger, tagger

TAGS, DNSMOS = "yamnet_tags", "dnsmos"


@dataclass(frozen=True)
class Judges:
    """Who listens to every clip, who to those that speak, and why the others don't: by judge, what is missing."""

    always: tuple[Listener, ...] = ()
    to_speech: tuple[Listener, ...] = ()
    recognise: Callable[[Audio], str] | None = None
    tagger: Tagger | None = None
    absent: Mapping[str, str] = field(default_factory=dict)


def load_judges(clips: Sequence[Clip], extra: Sequence[Listener] = ()) -> Judges:
    """Every judge that these clips need and this machine has."""
    absent: dict[str, str] = {}

    def loaded(name: str, load: Callable, wanted: bool):
        try:
            return load() if wanted else None
        except InputError as error:
            absent[name] = str(error)
            return None

    speech = any(clip.speaks for clip in clips)
    tags = loaded("yamnet", tagger, True)
    effects = loaded("aisfx", sound_effects, any(clip.reference for clip in clips))
    quality = loaded("dnsmos", speech_quality, speech)
    words = loaded("whisper", recogniser, any(clip.transcript and clip.transcript.lines for clip in clips))

    def yamnet(audio: Audio):
        embeddings = tags.embeddings(audio)
        return {"yamnet_embedding": embeddings, TAGS: tags.weighed(audio, tags.classify(embeddings))}

    always = [*extra]
    if tags is not None:
        always.append(yamnet)
    if effects is not None:
        always.append(lambda audio: {"aisfx_embedding": effects.embeddings(audio)})
    to_speech = () if quality is None else (lambda audio: {DNSMOS: torch.from_numpy(quality.scores(audio))},)
    return Judges(tuple(always), to_speech, None if words is None else words.text, tags, absent)


def asked_labels(clip: Clip, classes: Sequence[str]) -> tuple[str, ...]:
    """The tagger's classes that a clip's prompt asks for: those given, else those whose name is in the prompt.

    A class's name may have several parts ("Walk, footsteps"): one of them, in singular or plural, is enough. Raises
    InputError for a label that is no class.
    """
    foreign = [label for label in clip.labels if label not in classes]
    if foreign:
        raise InputError(f"{clip.name}: {foreign[0][:60]!r} is none of the tagger's classes: see AudioSet's names.")
    return clip.labels or tuple(label for label in classes if _named(label, clip.prompt))


def _named(label: str, prompt: str) -> bool:
    said = f" {' '.join(_stems(prompt))} "
    parts = (" ".join(_stems(part)) for part in re.sub(r"\(.*?\)", "", label).split(","))
    return any(part and f" {part} " in said for part in parts)


def _stems(text: str) -> list[str]:
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in re.findall(r"[a-z]+", text.lower())]
