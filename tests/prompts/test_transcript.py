"""Transcripts: three ways to write them, one value, and errors that say which line."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from v2a_core.errors import InputError
from v2a_core.prompts.cues import parse_cues
from v2a_core.prompts.lines import MAX_TEXT, decode, read_text
from v2a_core.prompts.subtitles import MAX_LINES, parse_transcript, write_blanks, write_srt
from v2a_core.prompts.transcript import Line, Transcript

LINES = (Line(0.5, 2.0, "Hello there.", "ANNA"), Line(2.25, 4.0, "Who is it?"), Line(65.0, 66.5, "Me.", "OLD MAN"))

SRT = """\ufeff1
00:00:00,500 --> 00:00:02,000
ANNA: <i>Hello</i>
there.

2
00:00:02,250 --> 00:00:04,000
{\\an8}Who is it?

3
00:01:05,000 --> 00:01:06,500
OLD MAN: Me.
"""
WEBVTT = """WEBVTT - a film

NOTE made by hand
in two lines

STYLE
::cue { color: red }

hello
00:00.500 --> 00:02.000 align:start position:10%
<v ANNA>Hello there.</v>

00:02.250 --> 00:04.000
Who <c.loud>is</c> it&quest;

00:01:05.000 --> 00:01:06.500
<v.loud OLD MAN>Me.
"""
PLAIN = """
ANNA [0.5-2.0]: Hello there.
[2.25-4] Who is it?
OLD MAN [1:05 - 00:01:06.5]: Me.
"""


@pytest.mark.parametrize("text", [SRT, SRT.replace("\n", "\r\n"), WEBVTT, PLAIN])
def test_three_ways_to_write_one_transcript(text):
    assert parse_transcript(text).lines == LINES


@pytest.mark.parametrize(
    "header",
    [
        "WEBVTT\nKind: captions\nLanguage: en\n\n",
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n",
        "WEBVTT - a film\nKind: captions\n",
        "WEBVTT\nLanguage: en\n\nREGION\nid:low\nwidth:40%\n\nSTYLE\n::cue(b) { color: red }\n\nNOTE 1 --> 2\n\n",
    ],
)
def test_the_header_of_webvtt_is_not_spoken(header):
    for text in (header + "00:00:01.000 --> 00:00:02.000\nHello.\n", header + "one\n0:01 --> 0:02\nHello.\n"):
        assert parse_transcript(text).lines == (Line(1.0, 2.0, "Hello."),)
    assert parse_transcript(header).lines == ()


def test_captions_that_roll_up_say_each_line_once():
    text = (
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00:00.160 --> 00:00:02.070 align:start position:0%\n \nhello<00:00:00.480><c> there</c>\n\n"
        "00:00:02.070 --> 00:00:02.080 align:start position:0%\nhello there\n \n\n"
        "00:00:02.080 --> 00:00:04.000 align:start position:0%\nhello there\nhow<00:00:02.400><c> are</c>\n"
    )
    assert parse_transcript(text).lines == (Line(0.16, 2.07, "hello there"), Line(2.08, 4.0, "how are"))


def test_an_empty_subtitle_is_a_pause():
    text = "1\n0:01 --> 0:02\n\n2\n0:02 --> 0:03\nHello.\n\n3\n0:04 --> 0:05"
    assert parse_transcript(text).lines == (Line(2.0, 3.0, "Hello."),)


@pytest.mark.parametrize("header", ["", "WEBVTT\n\n"])
def test_a_subtitle_that_stays_ends_where_the_next_begins(header):
    text = header + (
        "0:01 --> 0:02\nOne.\n\n0:01.5 --> 0:03\nTwo.\n\n0:01.2 --> 0:04\nANNA: Me.\n\n"
        "0:05 --> 0:06\n[door]\n\n0:05 --> 0:07\nThree."
    )
    assert parse_transcript(text).lines == (
        Line(1.0, 1.5, "One."),
        Line(1.2, 4.0, "Me.", "ANNA"),
        Line(1.5, 3.0, "Two."),
        Line(5.0, 7.0, "[door] Three."),
    )


def test_written_and_read_again():
    written = write_srt(Transcript(LINES))
    assert written.startswith("1\n00:00:00,500 --> 00:00:02,000\nANNA: Hello there.\n\n2\n")
    assert parse_transcript(written).lines == LINES
    assert write_srt(Transcript((Line(3599.9996, 3601, "late"),))).splitlines()[1] == "01:00:00,000 --> 01:00:01,000"


def test_lines_are_put_in_order():
    assert [line.text for line in parse_transcript("[3-4] b\n[1-2] a").lines] == ["a", "b"]


@pytest.mark.parametrize(
    ("words", "speaker", "said"),
    [
        ("Note: this", "", "Note: this"),
        ("AT 10:30 sharp", "", "AT 10:30 sharp"),
        ("10: ten", "", "10: ten"),
        ("安娜: 你好", "安娜", "你好"),
        ("שלום", "", "שלום"),
        ("3 < 4 > 2", "", "3 < 4 > 2"),
    ],
)
def test_who_speaks_in_a_subtitle(words, speaker, said):
    (line,) = parse_transcript(f"1\n0:01 --> 0:02\n{words}").lines
    assert (line.speaker, line.text) == (speaker, said)


def test_nothing_is_an_empty_transcript():
    assert parse_transcript(" \n\n").lines == ()
    assert parse_transcript("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n").lines == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\n00:00:02,000 --> 00:00:01,000\nx", "line 2, column 18: the line ends at 00:00:01,000, which is not after"),
        ("1\n-00:00:01,000 --> 00:00:01,000\nx", "line 2, column 1: the time -00:00:01,000 is negative"),
        ("1\nnow --> then\nx", "line 2, column 1: expected two times"),
        ("0:01 --> 0:02\nx\n\nmore words", "line 4, column 1: expected a subtitle's times"),
        ("ANNA: hello", "line 1, column 1: expected a speaker and a span"),
        ("[1-2] fine\nANNA [2-x]: hello", "line 2, column 6: expected a speaker and a span"),
        ("ANNA [2-1]: hello", "line 1, column 9: the line ends at 1, which is not after its start at 2"),
        ("ANNA [1-2]:", "line 1, column 12: there are no words"),
        ("[1-2] hel\0lo", "line 1, column 10: the character U\\+0000"),
        ("[1-3] a\n[2-4] b", r"one speaker says two lines at once, \[1-3\] 'a' and \[2-4\] 'b'"),
        ("ANNA [1-3]: a\nBEN [1-3]: b\nANNA [2-4]: c", r"ANNA says two lines at once"),
        ("0:01 --> 0:03\nANNA: a\n\n0:02 --> 0:04\nANNA: b", r"ANNA says two lines at once"),
        ("\n\n".join([f"0:01 --> 0:02\n{'x' * 600}"] * 2), r"1,201 characters begin at once.* shorten them to 1,000"),
        ("[1-2] " + "x" * 2000, "line 1, column 1: 2,000 characters"),
        ("WEBVTT\n\n0:01 --> 0:02\n&#" + "9" * 5000 + ";", "line 3, column 1: 5,003 characters"),
    ],
)
def test_errors_say_which_line(text, said):
    with pytest.raises(InputError, match="The file talk.srt.*" + said):
        parse_transcript(text, "The file talk.srt")


def test_two_people_may_speak_at_once():
    assert len(parse_transcript("ANNA [1-3]: a\nBEN [2-4]: b\nANNA [2.95-4]: c").lines) == 3


@pytest.mark.parametrize(
    "text", ["x" * 10_000_000, "[1-2] " + "[" * 900_000, "<" * 900_000, "<v" + " " * 900_000, "<v." * 300_000]
)
@pytest.mark.parametrize("before", ["", "WEBVTT\n\n0:01 --> 0:02\n"])
def test_what_is_too_much_is_refused_at_once(text, before):
    began = time.process_time()
    with pytest.raises(InputError, match=r"characters|expected"):
        parse_transcript(before + text + "x" * 2000)
    assert time.process_time() - began < 1.0


def test_too_many_lines():
    text = "\n".join(f"[{at}-{at + 1}] a" for at in range(MAX_LINES + 1))
    with pytest.raises(InputError, match="more than 10,000 lines"):
        parse_transcript(text)


def test_the_end_of_the_video():
    transcript = parse_transcript("[1-2] a\n[3-4.05] and so on")
    transcript.check(4.0)
    with pytest.raises(InputError, match=r"its line 2, \[3-4.05\] 'and so on', reaches beyond .* 3.5 s long"):
        transcript.check(3.5)


def test_files_in_unicode_and_not():
    assert decode("שלום".encode("utf-8-sig"), "f") == decode("שלום".encode("utf-16"), "f") == "שלום"
    with pytest.raises(InputError, match=r"The file talk.srt, line 2: this is not utf-8 text"):
        decode(b"1\ncaf\xe9\n", "The file talk.srt")


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match=r"The file a.srt can't be read \(No such file"):
        read_text(tmp_path / "a.srt", "The file a.srt")
    (tmp_path / "a.srt").write_bytes(b"x" * (4 * MAX_TEXT + 1))
    with pytest.raises(InputError, match="more than 4,000,000 bytes"):
        read_text(tmp_path / "a.srt", "The file a.srt")
    (tmp_path / "a.srt").write_text(SRT, encoding="utf-8")
    assert parse_transcript(read_text(tmp_path / "a.srt", "The file a.srt")).lines == LINES


PIECES = st.sampled_from(
    [
        *"[]-:1\n\t\0ש",
        "\n\n",
        "WEBVTT",
        "NOTE",
        "00:00:01,000",
        "0:02",
        " --> ",
        "<v A>",
        "<i>",
        "{\\an8}",
        "&amp;",
        "ANNA",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_any_text_is_a_transcript_or_an_input_error(text):
    try:
        transcript = parse_transcript(text)
    except InputError:
        return
    assert all(0 <= line.start_s < line.end_s and line.text for line in transcript.lines)
    assert list(transcript.lines) == sorted(transcript.lines, key=lambda line: line.start_s)


WORDS = st.text("abcXYZ ,.!?שלום", min_size=1, max_size=30).map(lambda text: " ".join(text.split())).filter(bool)


def test_a_clock_time_is_as_exact_as_a_number():
    (line,) = parse_transcript("[1:01.029-01:01:01,029] Hello.").lines
    assert (line.start_s, line.end_s) == (61.029, 3661.029)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000), WORDS, st.sampled_from(["", "ANNA", "安娜"]))))
def test_srt_keeps_everything_to_the_millisecond(parts):
    lines, at = [], 0
    for pause, length, words, speaker in parts:
        lines.append(Line((at + pause) / 1000, (at + pause + length) / 1000, words, speaker))
        at += pause + length
    assert parse_transcript(write_srt(Transcript(tuple(lines)))).lines == tuple(lines)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 99999))))
def test_blanks_are_a_transcript_and_a_cue_sheet(parts):
    spans, at = [], 0
    for pause, length in parts:
        spans.append(((at + pause) / 10, (at + pause + length) / 10))
        at += pause + length
    text = write_blanks(spans)
    lines, cues = parse_transcript(text).lines, parse_cues(write_blanks(spans, "soft piano")).cues
    for read in (lines, cues):
        assert [(round(one.start_s, 6), round(one.end_s, 6)) for one in read] == spans
    assert {line.text for line in lines} <= {"..."} and {cue.positive for cue in cues} <= {"soft piano"}


def test_blanks_are_rounded_to_tenths():
    assert write_blanks([(0.04, 59.97), (3599.96, 3601.0)]) == (
        "[00:00:00.0-00:01:00.0] ...\n[01:00:00.0-01:00:01.0] ..."
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_an_input_error(data):
    with suppress(InputError):
        parse_transcript(decode(data, "The file"))
