"""Sentences, voices and the lips that say them."""

import stat

import numpy as np
import pytest
from little_sounds import write_wav

from v2a_core.errors import InputError
from v2a_core.prompts.phonemes import PHONEMES, Span, phoneme_of, words_of
from v2a_core.training.world.dice import Dice
from v2a_core.training.world.draw import Canvas
from v2a_core.training.world.heads import TEST_EXTRAS, TEST_HAIR, TRAIN_EXTRAS, TRAIN_HAIR, Pose, head
from v2a_core.training.world.mouth import VISEMES, mouth_of
from v2a_core.training.world.scene import make_scene
from v2a_core.training.world.sentences import draw_sentence
from v2a_core.training.world.speech import Speakers, Utterance, aligned, imagined

FRAME_S = 1 / 25


def sentences(split, count=400):
    rng = np.random.default_rng(1)
    return [draw_sentence(rng, split) for _ in range(count)]


def test_no_sentence_is_in_training_and_in_testing():
    train, test = set(sentences("train", 2000)), set(sentences("test"))
    assert len(train) > 1500 and len(test) > 200 and not train & test
    assert sentences("train", 20) == sentences("train", 20)


def test_sentences_hold_every_sound_many_times():
    said = [phoneme_of(symbol) for text in sentences("train") for word in words_of(text) for symbol in word.symbols]
    assert min(said.count(phoneme) for phoneme in PHONEMES[1:]) >= 15


def test_every_phoneme_has_a_viseme():
    assert set(VISEMES) == set(PHONEMES)


def test_lips_are_shaped_by_each_sound_within_a_frame():
    said = ["M", "AA", "M", "IY", "P", "UW", "B", "AE", "F", "AO"]
    spans = [Span(name, 0.5 + 0.12 * i, 0.62 + 0.12 * i) for i, name in enumerate(said)]
    mouth = mouth_of(spans, 3.0)
    for name, span in zip(said, spans, strict=True):
        opening, wide, teeth = (curve[0] for curve in mouth(np.array([(span.start_s + span.end_s) / 2])))
        target = VISEMES[name]
        assert abs(opening - target[0]) < 0.25 and abs(wide - target[1]) < 0.4 and abs(teeth - target[2]) < 0.3
        if name in "PBM":
            assert opening < 0.05
    before, after = mouth(np.array([0.5 - 3 * FRAME_S, 1.7 + 5 * FRAME_S]))[0]
    assert before < 0.1 and after < 0.1


def test_lips_blend_each_sound_into_the_next():
    spread, rounded = (
        mouth_of([Span("S", 0.5, 0.58), Span(vowel, 0.58, 0.8)], 1.0)(np.array([0.56]))[1][0] for vowel in ("IY", "UW")
    )
    assert spread > rounded + 0.2


def test_lips_part_and_meet_when_the_sounds_say_so():
    """Turning points of the opening lie within a frame of the middle of what is open or closed."""
    spans = [Span("B" if i % 2 else "AA", 0.3 + 0.15 * i, 0.45 + 0.15 * i) for i in range(12)]
    times = np.arange(0, 2.4, 0.005)
    opening = mouth_of(spans, 2.4)(times)[0]
    for span in spans:
        inside = (times >= span.start_s) & (times < span.end_s)
        extreme = times[inside][(opening[inside].argmin if span.phoneme == "B" else opening[inside].argmax)()]
        assert abs(extreme - (span.start_s + span.end_s) / 2) < 0.075 + FRAME_S
        level = opening[inside].min() if span.phoneme == "B" else opening[inside].max()
        assert level < 0.05 if span.phoneme == "B" else level > 0.7


def test_a_face_is_loud_while_it_talks_and_its_words_are_events():
    for seed in range(30):
        scene = make_scene(seed, "train", "faces", duration_s=4.0)
        said = [span for talk in scene.talk for span in talk.spans if span.phoneme]
        if said and scene.events and said[0].start_s > 0.2:
            break
    loud = np.flatnonzero(scene.level) / 100
    assert loud[0] == pytest.approx(said[0].start_s, abs=0.011) and loud[-1] <= said[-1].end_s + 0.01
    starts = {round(span.start_s, 6) for span in said}
    assert all(round(event.time_s, 6) in starts for event in scene.events)


def _mouth_moves(silent):
    """How much the picture of a still, near face changes from frame to frame while it says "mama mama"."""
    spans = [Span("M" if i % 2 else "AA", 0.1 + 0.1 * i, 0.2 + 0.1 * i) for i in range(8)]
    still = Pose(*(lambda t, v=v: v + 0.0 * t for v in (0.5, 0.5, 0.0, 0.0, 0.0)))
    layers = head(Dice("train", 3), still, 0.4, mouth_of([] if silent else spans, 1.0), 0.0)
    times = np.arange(0.1, 0.9, 0.05)
    canvas = Canvas(times, np.full((len(times), 96, 96, 3), 0.5, np.float32), 1.0, *np.full((3, len(times)), 0.5))
    canvas.zoom = np.ones(len(times))
    for layer in layers:
        layer(canvas)
    return np.abs(np.diff(canvas.pixels, axis=0)).sum((1, 2, 3))


def test_the_drawn_mouth_opens_and_shuts():
    assert _mouth_moves(silent=False).min() > 5 and _mouth_moves(silent=True).max() < 1e-3


def test_faces_of_the_splits_share_no_hair_and_no_sentence():
    assert not set(TRAIN_HAIR) & set(TEST_HAIR) and (set(TRAIN_EXTRAS) & set(TEST_EXTRAS)) <= {"none"}
    talk = {
        split: {talk.text for seed in range(12) for talk in make_scene(seed, split, "faces").talk}
        for split in ("train", "test")
    }
    assert talk["train"] and talk["test"] and not talk["train"] & talk["test"]


def test_sounds_belong_to_the_words_that_they_align_with():
    words = words_of("the old boat")
    names = ["", "DH", "IY", "OW", "L", "D", "B", "OW", "T", ""]
    owners = [number for number, word in enumerate(words) for _ in word.symbols]
    assert [owners[at] if at >= 0 else None for at in aligned(names, words)] == [None, 0, 0, 1, 1, 1, 2, 2, 2, None]


@pytest.fixture
def stand_in(tmp_path):
    """A program that "speaks": it writes a tone and prints the sounds of "hello"."""
    write_wav(tmp_path / "tone.wav", np.sin(np.arange(16_000) / 5) * 0.3, 16_000)
    program = tmp_path / "x" / "flite" / "usr" / "bin" / "flite"
    program.parent.mkdir(parents=True)
    program.write_text(
        '#!/bin/sh\nwhile [ "$1" != "-o" ]; do shift; done\n'
        f'cp {tmp_path}/tone.wav "$2"\necho "pau:0.2 hh:0.3 ax:0.4 l:0.5 ow:0.8 pau:1.0"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Speakers(tmp_path)


def test_an_utterance_has_a_wave_and_the_seconds_of_its_sounds(stand_in):
    said = stand_in.say("Hello", "slt")
    assert [s.phoneme for s in said.spans] == ["", "HH", "AX", "L", "OW", ""]
    assert [s.word for s in said.spans] == [-1, 0, 0, 0, 0, -1]
    assert said.duration_s == 1.0 and len(said.wave) == 24_000 and said.wave.dtype == np.float32
    one, two = (stand_in.draw("train", np.random.default_rng(2)) for _ in range(2))
    assert one.text == two.text and one.voice == two.voice and np.array_equal(one.wave, two.wave)
    assert len(one.wave) / 24_000 == pytest.approx(one.duration_s, abs=0.01)


def test_missing_or_failing_voices_are_named(tmp_path, stand_in):
    with pytest.raises(InputError, match="make sounds"):
        Speakers(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="kal"):
        stand_in.say("Hello", "kal")
    stand_in.program.write_text("#!/bin/sh\necho no voice >&2\nexit 1\n")
    with pytest.raises(InputError, match=r"can't say 'Hello'.*no voice"):
        stand_in.say("Hello", "rms")


def test_imagined_speech_has_times_and_no_wave():
    said = imagined("train", np.random.default_rng(0))
    assert isinstance(said, Utterance) and said.wave is None and said.duration_s > 0.3
