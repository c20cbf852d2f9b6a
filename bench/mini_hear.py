"""What the judges hear in one soundtrack: onsets, classes, embeddings, and of speech its words and when they start."""

import torch
from clips import DURATION_S, Clip
from mini_speech import by_another_voice, heard_starts, voice_of, word_starts
from torch import Tensor

from v2a_core.evaluation.onsets import detect_onsets
from v2a_core.evaluation.recogniser import recogniser
from v2a_core.evaluation.sfx import sound_effects
from v2a_core.evaluation.tagger import tagger
from v2a_core.media.audio import Audio
from v2a_core.training.world.plan import Talk
from v2a_core.training.world.speech import Speakers

# What was heard, by name: onsets_s [n]; tags [521], the classes' probabilities; yamnet [n, 1024] and aisfx [n, 512],
# embeddings; of speech said, the text as bytes, and late_s [words], how late each word starts.
Heard = dict[str, Tensor]


def hear_onsets(audio: Audio) -> Heard:
    return {"onsets_s": torch.from_numpy(detect_onsets(audio))}


def hear_classes(audio: Audio) -> Heard:
    """Onsets and classes."""
    return {"tags": _tags(audio, tagger().embeddings(audio)), **hear_onsets(audio)}


def hear_all(audio: Audio) -> Heard:
    """Onsets, classes and embeddings."""
    seen = tagger().embeddings(audio)
    sounds = {"yamnet": seen.half(), "aisfx": sound_effects().embeddings(audio).half()}
    return {"tags": _tags(audio, seen), **hear_onsets(audio), **sounds}


def hear_speech(audio: Audio, talks: tuple[Talk, ...]) -> Heard:
    """What is understood, and how late the words of some talk start; the earlier, the less than 0."""
    starts = word_starts(talks)
    late = heard_starts(audio, voice_of(talks, DURATION_S), starts) - starts
    said = recogniser().text(audio).encode()
    return {"said": torch.tensor([*said], dtype=torch.uint8), "late_s": torch.from_numpy(late)}


def hear_itself(clip: Clip, speakers: Speakers) -> Heard:
    """How far the judge of words is off where the truth is known: on another voice that says what the faces say."""
    if clip.kind != "speech":
        return {}
    mine, others = clip.scene.talk, by_another_voice(speakers, clip.scene.talk)
    starts, true = word_starts(mine), word_starts(others)
    if len(starts) != len(true):  # a sound that belongs to a word in one voice alone
        return {}
    found = heard_starts(voice_of(others, DURATION_S), voice_of(mine, DURATION_S), starts)
    return {"late_s": torch.from_numpy(found - true)}


def text_of(heard: Heard) -> str:
    """What is understood."""
    return bytes(heard["said"].tolist()).decode()


def _tags(audio: Audio, seen: Tensor) -> Tensor:
    """Probability of each class, the mean over patches by their level; its order is that of the tagger's top."""
    scores = tagger().classify(seen)
    return tagger().weighed(audio, scores) / tagger().weighed(audio, torch.ones_like(scores))
