"""Word errors by tables, and moments of sound against spans."""

import numpy as np
import pytest
import torch

from v2a_core.evaluation.speech import overlap, sounding, spans_mask, speech_overlap
from v2a_core.evaluation.wer import WordErrors, word_errors, words
from v2a_core.media.audio import Audio


@pytest.mark.parametrize(
    ("heard", "said", "errors"),
    [
        ("the cat sat", "the cat sat", 0),
        ("the cat", "the cat sat", 1),  # a deletion
        ("the big cat sat", "the cat sat", 1),  # an insertion
        ("the bat sat", "the cat sat", 1),  # a substitution
        ("sat cat the", "the cat sat", 2),
        ("", "the cat sat", 3),
        ("one two three four", "five", 4),
        ("b c d", "a b c", 2),
    ],
)
def test_errors_are_those_of_the_edit_distance(heard, said, errors):
    assert word_errors(heard.split(), said.split()) == WordErrors(errors, len(said.split()))


def test_errors_are_those_of_the_table_filled_cell_by_cell():
    random = np.random.default_rng(0)
    for _ in range(40):
        heard, said = (random.choice(list("abc"), random.integers(0, 9)).tolist() for _ in range(2))
        table = {(i, 0): i for i in range(len(heard) + 1)} | {(0, j): j for j in range(len(said) + 1)}
        for i, one in enumerate(heard, 1):
            for j, other in enumerate(said, 1):
                change = table[i - 1, j - 1] + (one != other)
                table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, change)
        assert word_errors(heard, said).errors == table[len(heard), len(said)]


def test_clips_pool_errors_and_words():
    total = WordErrors(1, 2) + WordErrors(3, 8)
    assert total.rate == pytest.approx(0.4)
    assert np.isnan(WordErrors().rate)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, WORLD!", "hello world"),
        ("it's Anna’s", "it's anna's"),
        ("20 cats, 1,005 dogs", "twenty cats one thousand five dogs"),
        ("212 340000 7", "two hundred twelve three hundred forty thousand seven"),
        ("- ... ?", ""),
        ("mid_word 1234567", "mid word 1234567"),
    ],
)
def test_words_of_a_text(text, expected):
    assert words(text) == expected.split()


def tone(spans, duration_s=3.0, rate_hz=16_000):
    time_s = torch.arange(round(duration_s * rate_hz)) / rate_hz
    on = sum(((time_s >= start) & (time_s < end)).float() for start, end in spans)
    return Audio((0.3 * torch.sin(2 * torch.pi * 440 * time_s) * on)[None], rate_hz)


def test_sound_is_where_it_is():
    spans = [(0.5, 1.2), (1.8, 2.5)]
    assert speech_overlap(sounding(tone(spans)), spans) > 0.97
    assert speech_overlap(sounding(tone(spans)), [(1.2, 1.8)]) < 0.03


def test_half_of_a_span_is_half():
    assert speech_overlap(sounding(tone([(0.5, 1.5)])), [(0.5, 2.5)]) == pytest.approx(0.5, abs=0.02)
    assert speech_overlap(sounding(tone([(0.5, 1.5)])), [(1.0, 2.0)]) == pytest.approx(1 / 3, abs=0.02)


def test_a_short_pause_is_speech_and_a_long_one_is_not():
    assert sounding(tone([(0.5, 1.0), (1.1, 1.6)]))[50:160].all()
    assert not sounding(tone([(0.5, 1.0), (1.3, 1.6)]))[105:125].any()


def test_a_gain_changes_nothing_and_silence_has_no_sound():
    audio = tone([(0.5, 1.2)])
    assert (sounding(audio) == sounding(Audio(audio.samples * 0.1, 16_000))).all()
    assert not sounding(Audio(torch.zeros(1, 16_000), 16_000)).any()
    assert len(sounding(Audio(torch.zeros(2, 3), 16_000))) == 1


def test_masks():
    assert overlap(np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 0], bool)) == pytest.approx(1 / 3)
    assert overlap(np.zeros(4, bool), np.zeros(9, bool)) == 1
    assert np.flatnonzero(spans_mask([(0.02, 0.05), (9, 10)], 0.1)).tolist() == [2, 3, 4]
