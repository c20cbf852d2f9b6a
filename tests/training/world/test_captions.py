import re

import numpy as np
import pytest

from v2a_core.training.world.captions import caption, spoken_by
from v2a_core.training.world.classes import SOUND_CLASSES


def captions(name, split, count=300):
    rng = np.random.default_rng(0)
    return [caption(name, rng, split) for _ in range(count)]


@pytest.mark.parametrize("name", SOUND_CLASSES)
def test_many_wordings_and_no_loose_ends(name):
    texts = captions(name, "train")
    assert len(set(texts)) > 80
    assert all(text.strip() and "{" not in text and "|" not in text for text in texts)


def test_equal_generators_say_the_same():
    assert captions("rain", "train", 20) == captions("rain", "train", 20)


@pytest.mark.parametrize("name", SOUND_CLASSES)
def test_some_wordings_are_kept_for_testing(name):
    spec = SOUND_CLASSES[name]
    train, test = (" | ".join(captions(name, split, 400)).lower() for split in ("train", "test"))
    assert spec.clauses[-1].lower() in test and spec.clauses[-1].lower() not in train
    assert "make it sound like" in test and "make it sound like" not in train


def test_tag_lists_name_their_class():
    rng = np.random.default_rng(0)
    for name, spec in SOUND_CLASSES.items():
        for _ in range(100):
            text = caption(name, rng, "test").lower()
            if text.startswith("noises: "):
                assert spec.tags[0].lower() in text


# Words of captions that name the speech only by what is done.
_NOBODY = {"noises", "talking", "speaking"}


def test_speech_has_captions_that_say_who_speaks():
    assert spoken_by("A person talks to the camera", "woman") == "a woman talks to the camera"
    for text in captions("speech", "train") + captions("speech", "test"):
        assert "no speech" not in text
        for who, voice, other in (("man", "male", "woman"), ("woman", "female", "man")):
            told = spoken_by(text, who)
            assert "  " not in told and "'s 's" not in told and "male male" not in told
            assert re.search(rf"\b({who}|{voice})\b", told) or {*re.findall("[a-z]+", text.lower())} <= _NOBODY, told
            assert not re.search(rf"\b{other}\b", told)
