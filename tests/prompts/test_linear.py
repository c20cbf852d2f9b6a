"""Twice the text is twice the work: lines of code that run are counted, so that no clock is asked."""

import math
import sys
from contextlib import suppress

import pytest

from v2a_core.errors import InputError
from v2a_core.prompts.cues import parse_cues
from v2a_core.prompts.subtitles import parse_transcript

COUNT = 150


def spans(text):
    return parse_cues(text).spans(math.inf)


def work(function, text):
    """How many lines of Python the function runs for a text, each round of a loop counted."""
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with suppress(InputError):
            function(text)
    finally:
        sys.settrace(before)
    return lines


def subtitles(words, count, head=""):
    return head + "".join(f"{i}\n0:{i} --> 0:{i + 1}\n{words.format(i)}\n\n" for i in range(1, count + 1))


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (spans, lambda count: "".join(f"[{i}-{i + 3}] sound {i} -noise {i}\n" for i in range(count))),
        (spans, lambda count: "[0-5] a, -b\n" * count),
        (spans, lambda count: "[0-5] " + "-a, " * count),
        (spans, lambda count: "[" * count),
        (spans, lambda count: "\n" * count),
        (spans, lambda count: "".join(f"[{i}-9999] {'x' * 100}{i}\n" for i in range(count))),
        (parse_transcript, lambda count: subtitles("SPEAKER {}: words", count)),
        (parse_transcript, lambda count: subtitles("<v A{}>wo<i>rds", count, "WEBVTT\n\n")),
        (parse_transcript, lambda count: "".join(f"S{i} [0-9999]: words\n" for i in range(count))),
        (parse_transcript, lambda count: "WEBVTT\n\n" + "NOTE\n\n" * count),
        (parse_transcript, lambda count: "1\n0:01 --> 0:02\n" + "x\n" * count),
        (parse_transcript, lambda count: "1\n0:01 --> 0:02\n" + "<" * count),
    ],
)
def test_twice_the_text_is_twice_the_work(function, text):
    once, twice, more = (work(function, text(size)) for size in (COUNT, 2 * COUNT, 4 * COUNT))
    assert more - twice <= 2.3 * (twice - once) + 20  # where the work is squared it is four times as much
