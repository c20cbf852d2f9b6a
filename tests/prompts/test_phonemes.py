"""English text to phonemes and when they are said, for any text that a user may give."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.prompts.durations import natural_s, place, transcript_track
from v2a_core.prompts.lexicon import SYMBOLS, pronounce, spell_out
from v2a_core.prompts.phonemes import PHONEMES, SILENCE, Span, phoneme_of, token_ids, word_spans, words_of
from v2a_core.prompts.spelling import LONG, SHORT, read_aloud
from v2a_core.prompts.transcript import Line, Transcript


def spoken(text):
    return " ".join(word for word, _ in read_aloud(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dr. Smith has 12%.", "doctor smith has twelve percent"),
        ("It costs $3.50 & more", "it costs three point five zero dollars and more"),
        ("1,204,005 km", "one million two hundred four thousand five kilometers"),
        ("in 1999, 2005 and 1900", "in nineteen ninety nine two thousand five and nineteen hundred"),
        ("the 21st and the 40th, the 12th", "the twenty first and the fortieth the twelfth"),
        ("agent 007", "agent zero zero seven"),
        ("the U.S., e.g. Mrs. O'Neil", "the u s for example missus o'neil"),
        ("naïve café", "naive cafe"),
        ("no, it's no. 1", "no it's number one"),
        ("0", "zero"),
    ],
)
def test_numbers_signs_and_abbreviations_are_read_aloud(text, said):
    assert spoken(text) == said


def test_pauses_stand_at_punctuation():
    assert read_aloud("Well, go! (Now) please…") == [("well", SHORT), ("go", LONG), ("now", SHORT), ("please", LONG)]


def test_an_i_without_a_dot_is_read_as_an_i():
    assert [word.text for word in words_of("Işıl opened the kapı, 𝚤")] == ["isil", "opened", "the", "kapi", "i"]


def test_the_dictionary_speaks_and_rules_speak_for_what_it_lacks():
    assert pronounce("hello") == ("HH", "AH0", "L", "OW1")
    assert pronounce("thought") == ("TH", "AO1", "T")
    assert pronounce("blorptastic")[:2] == ("B", "L")
    assert pronounce("xqzt") == ("EH1", "K", "S", "K", "Y", "UW1", "Z", "IY1", "T", "IY1")
    assert pronounce("'") == ()


def _distance(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (a != b))
    return row[-1]


def test_rules_read_words_that_they_were_not_learned_from():
    from v2a_core.prompts.lexicon import _table
    from v2a_core.training.lexicon import held_out

    words = [word for word in list(_table("lexicon"))[::40] if held_out(word)]
    assert len(words) > 200
    errors = sounds = 0
    for word in words:
        right, made = ([phoneme_of(symbol) for symbol in say(word)] for say in (pronounce, spell_out))
        errors, sounds = errors + _distance(right, made), sounds + len(right)
    assert errors / sounds < 0.15


def test_every_symbol_has_a_phoneme():
    assert {phoneme_of(symbol) for symbol in SYMBOLS} == {*PHONEMES} - {SILENCE}


@pytest.mark.parametrize("span", [(0.0, 0.4), (1.0, 3.3), (2.5, 32.5)])
def test_a_line_fills_its_span_end_to_end(span):
    words = words_of("Well, this is a longer sentence. It has two parts!")
    spans = place(words, *span)
    assert spans[0].start_s == span[0] and spans[-1].end_s == span[1]
    assert all(a.end_s == b.start_s and a.start_s <= a.end_s for a, b in pairwise(spans))
    assert [s.phoneme for s in spans if s.word >= 0] == [phoneme_of(p) for word in words for p in word.symbols]


def test_a_short_word_in_a_long_span_is_not_drawn_out():
    first, *_, last = place(words_of("Hi"), 0.0, 10.0)
    assert first.phoneme == "HH" and last.phoneme == SILENCE and last.start_s < 1.5


def test_stretching_changes_vowels_more_than_stops():
    words = words_of("a bad cat")
    usual, slow = (
        {i: s.end_s - s.start_s for i, s in enumerate(place(words, 0, natural_s(words) * k))} for k in (1, 1.5)
    )
    assert slow[2] - usual[2] > slow[1] - usual[1] > 0


def test_a_closed_mouth_holds_the_words_back():
    mouth = torch.zeros(100)
    mouth[40:90] = 0.6
    spans = place(words_of("hello there my friend"), 0.0, 4.0, mouth)
    first = word_spans(spans)[0][0]
    assert 1.35 < first < 1.65 and spans[-1].end_s == 4.0
    assert word_spans(place(words_of("hello there my friend"), 0.0, 4.0))[0][0] == 0.0


def test_every_phoneme_has_a_token_where_there_is_room():
    line = [Span("P", 0.40, 0.41), Span("L", 0.41, 0.42), Span("IY", 0.42, 0.6), Span("Z", 0.6, 0.7)]
    named = [PHONEMES[i] for i in token_ids([line], 20)]
    assert named == [""] * 10 + ["P", "L", "IY", "IY", "IY", "Z", "Z", "Z"] + [""] * 2
    crowded = token_ids([[Span("T", i / 1000, (i + 1) / 1000) for i in range(100)]], 5)
    assert crowded.tolist() == [PHONEMES.index("T")] * 2 + [0] * 3


def test_a_track_is_silent_outside_of_its_lines_and_knows_its_words():
    transcript = Transcript.of([Line(1.0, 2.0, "Hello there."), Line(3.0, 3.8, "Wait for us", "ANNA")])
    ids, spoken_words = transcript_track(transcript, 125)
    assert ids.shape == (125,) and ids.dtype == torch.int64
    assert not ids[:25].any() and not ids[50:75].any() and not ids[95:].any()
    assert ids[25:50].any() and ids[75:95].all()
    assert [[word for word, *_ in line] for line in spoken_words] == [["hello", "there"], ["wait", "for", "us"]]
    assert all(1 <= start < end <= 2 for _, start, end in spoken_words[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "🙂🙂",
        "שלום עולם",
        "。。。",
        "a" * 10_000,
        "9" * 10_000,
        "word " * 2000,
        "!?" * 5000,
        "½ ﷽ Ⅻ x²",
        "'" * 500,
    ],
    ids=["empty", "space", "emoji", "rtl", "cjk", "letters", "digits", "words", "signs", "odd", "quotes"],
)
def test_any_text_becomes_a_track_or_silence(text):
    ids, _ = transcript_track(Transcript.of([Line(0.0, 4.0, text)]), 100)
    assert ids.shape == (100,) and int(ids.min()) >= 0 and int(ids.max()) < len(PHONEMES)
    assert bool(ids.any()) == any(c.isascii() and c.isalnum() for c in text) or "½" in text


@pytest.mark.parametrize("span", [(1.0, 1.0), (2.0, 1.0), (0.0, float("nan")), (float("-inf"), 1.0)])
def test_a_line_without_length_is_named(span):
    with pytest.raises(InputError, match="has no length"):
        place(words_of("hello"), *span)


def test_lines_beyond_the_tokens_are_cut():
    ids = token_ids([place(words_of("hello there"), 3.5, 6.0)], 100)
    assert not ids[:87].any() and ids[90:].any()
    assert np.isfinite(natural_s(words_of("hello")))
