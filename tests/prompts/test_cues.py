"""Cue sheets: what governs which seconds, and errors that point at the place."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from v2a_core.errors import InputError
from v2a_core.prompts.cues import INSTANT_S, MAX_CUES, Cue, cue_sheet, is_timed, parse_cues

SHEET = """\
quiet street, -music

[0.0-3.2] footsteps on gravel
[3.2s] door slams
[00:01:05.500-00:01:10] rain -music
"""


def test_the_sheet_of_the_documentation():
    assert parse_cues(SHEET).cues == (
        Cue(0.0, math.inf, "quiet street", "music"),
        Cue(0.0, 3.2, "footsteps on gravel"),
        Cue(3.2, 3.2 + INSTANT_S, "door slams"),
        Cue(65.5, 70.0, "rain", "music"),
    )


def test_words_in_force():
    sheet = parse_cues(SHEET)
    assert sheet.positive(0, 3) == "quiet street, footsteps on gravel"
    assert sheet.positive(3, 4) == "quiet street, footsteps on gravel, door slams"
    assert sheet.positive(10, 20) == "quiet street"
    assert sheet.positive() == "quiet street, footsteps on gravel, door slams, rain"
    assert sheet.negative(0, 3) == "music"


def test_a_cue_governs_neither_before_nor_after():
    sheet = parse_cues("[1-2] bell")
    assert [sheet.positive(*span) for span in ((0, 1), (1, 2), (1.99, 5), (2, 3))] == ["", "bell", "bell", ""]


def test_spans_cover_the_video_and_change_where_cues_do():
    spans = parse_cues("hum\n[1-3] bell\n[2-9] rain -wind").spans(5.0)
    assert [(span.start_s, span.end_s, span.positive, span.negative) for span in spans] == [
        (0.0, 1.0, "hum", ""),
        (1.0, 2.0, "hum, bell", ""),
        (2.0, 3.0, "hum, bell, rain", "wind"),
        (3.0, 5.0, "hum, rain", "wind"),
    ]


def test_a_prompt_without_times_is_one_span():
    (span,) = parse_cues("a dog barks").spans(4.0)
    assert (span.start_s, span.end_s, span.positive) == (0.0, 4.0, "a dog barks")


@pytest.mark.parametrize(
    ("line", "positive", "negative"),
    [
        ("lo-fi hip-hop -speech", "lo-fi hip-hop", "speech"),
        ("rain -loud music, wind", "rain, wind", "loud music"),
        ("-music -speech", "", "music, speech"),
        ("rain - soft", "rain - soft", ""),
        ("birds, -wind; bees", "birds, bees", "wind"),
        ("[1-2]-music", "", "music"),
        ("[ 1 – 2 ]  rain ", "rain", ""),
        ("مطر على السطح", "مطر على السطح", ""),
    ],
)
def test_a_minus_makes_words_negative(line, positive, negative):
    (cue,) = parse_cues(line).cues
    assert (cue.positive, cue.negative) == (positive, negative)


@pytest.mark.parametrize(
    ("clock", "start_s"), [("7", 7), ("7.25s", 7.25), ("1:05", 65), ("01:00:00,5", 3600.5), ("0:90", 90)]
)
def test_clock_times(clock, start_s):
    assert parse_cues(f"[{clock}] bell").cues[0].start_s == start_s


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("[music] loud", 2, "expected a time"),
        ("[1.0-x] bell", 6, "time of the end"),
        ("[1.0 2.0] bell", 5, "expected - and the time of the end"),
        ("[1.0-2.0 bell", 9, "expected ]"),
        ("[2-1] bell", 4, "not after its start at 2"),
        ("[-1-3] bell", 2, "no negative ones"),
        ("[0-1]", 6, "no words"),
        ("[0-1] , ", 9, "no words"),
        ("bell\0", 5, "U+0000"),
        ("bell \ud800", 6, "U+D800"),
        ("[1e999] bell", 3, "expected - and"),
    ],
)
def test_errors_point_at_the_place(line, column, said):
    with pytest.raises(InputError) as caught:
        parse_cues(f"rain\n{line}", "The file cues.txt")
    message, quoted, pointer = str(caught.value).split("\n")
    assert message.startswith(f"The file cues.txt, line 2, column {column}: ") and said in message
    assert pointer.index("^") - 2 == column - 1
    assert quoted.startswith("  " + line[:4])


def test_the_place_is_found_in_a_long_line():
    with pytest.raises(InputError) as caught:
        parse_cues("x" * 500 + "\0" + "y" * 500)
    message, quoted, pointer = str(caught.value).split("\n")
    assert "column 501" in message and len(quoted) < 80
    assert quoted[pointer.index("^")] == "·" and quoted[pointer.index("^") - 1] == "x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 10_000_000, "10,000,000 characters"),
        ("[1] a\n" * (MAX_CUES + 1), f"line {MAX_CUES + 1}"),
        (b"rain", "bytes"),
    ],
)
def test_what_is_too_much_is_refused_at_once(text, said):
    began = time.process_time()
    with pytest.raises(InputError, match=said):
        parse_cues(text)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("line", ["x" * 100, "[", " ", "\n", "\n" + " " * 99, "\n[" + " " * 98, "\u2028[", "\r["])
def test_whether_a_text_has_times_is_told_in_linear_time(line):
    began = time.process_time()
    assert not is_timed(line * (10_000_000 // len(line)))
    assert time.process_time() - began < 3.0


@pytest.mark.parametrize("text", ["[0-1] rain", "hum\n[3.2s] bell", "hum\r [ 1-2] bell", "\t[-1-3] a", "[–2] b"])
def test_a_line_that_begins_with_a_time_makes_a_sheet(text):
    assert is_timed(text)


@pytest.mark.parametrize("text", ["", "lo-fi -music", "[music] loud", "take [1-2]", "a\n\nb", "[ -x]"])
def test_any_other_prompt_is_taken_as_it_stands(text):
    assert not is_timed(text)
    sheet = cue_sheet(text, text)
    assert (sheet.positive(), sheet.negative()) == (text, text)


def test_a_negative_sheet_and_more_cues():
    sheet = cue_sheet("hum", "[1-2] wind -birds\nmusic", (Cue(1.0, 2.0, "bell"),))
    assert [(span.positive, span.negative) for span in sheet.spans(3.0)] == [
        ("hum", "music"),
        ("hum, birds, bell", "music, wind"),
        ("hum", "music"),
    ]
    with pytest.raises(InputError, match="The negative prompt, line 1, column 4"):
        cue_sheet("", "[1-x] wind")


@pytest.mark.parametrize("text", ["[0-5] a\n[1-3] b\n[2-9] c", "[0-5] מטר\n[1-3] \u202eأجراس\u202c"])
def test_overlapping_and_right_to_left_cues_all_hold(text):
    sheet = parse_cues(text)
    assert sheet.positive(2.0, 3.0).count(",") == len(sheet.cues) - 1


def test_too_many_words_at_once():
    sheet = parse_cues("hum\n" + "".join(f"[{at}-100] {chr(97 + at) * 900}\n" for at in range(9)))
    with pytest.raises(InputError, match=r"in force at 2 s have 2,7\d\d characters together: shorten them to 2,000"):
        sheet.spans(100.0)


def test_the_end_of_the_video():
    sheet = parse_cues("hum\n[7.5] bell\n[6-8.05] rain")
    sheet.check(8.0)
    with pytest.raises(InputError, match=r"\[6-8.05\] 'rain' reaches beyond the end of the video, which is 7.8 s"):
        sheet.check(7.8)
    with pytest.raises(InputError, match=r"\[9-10\] '-bell'"):
        parse_cues("[9] -bell").check(8.0)


PIECES = st.sampled_from(
    ["[", "]", "-", "–", ":", ".", ",", "0", "12.5", "00:01:02", "s", " ", "\t", "\n", "rain", "ש", "\0"]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_any_text_is_a_sheet_or_an_input_error(text):
    try:
        sheet = parse_cues(text)
    except InputError:
        return
    assert all(0 <= cue.start_s < cue.end_s and (cue.positive or cue.negative) for cue in sheet.cues)
    spans = sheet.spans(60.0)
    assert spans[0].start_s == 0 and spans[-1].end_s == 60
    assert all(span.positive == sheet.positive(span.start_s, span.end_s) for span in spans)
