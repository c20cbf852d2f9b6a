"""Transcripts and mixes in ComfyUI."""

import math
import wave

import numpy as np
import pytest

from .conftest import audio_of
from .graphs import node
from .server import Refused

RATE, SECONDS = 24000, 4
SRT = "1\n00:00:00,500 --> 00:00:01,500\nANNA: Hello there.\n\n2\n00:00:02,000 --> 00:00:03,000\nWho is it?\n"


@pytest.fixture(scope="module", autouse=True)
def files(server):
    folder = server.base / "input"
    (folder / "talk.srt").write_text(SRT)
    (folder / "latin.srt").write_bytes(b"1\n0:01 --> 0:02\ncaf\xe9\n")
    time_s = np.arange(SECONDS * RATE) / RATE
    music = 0.1 * np.sin(2 * np.pi * 440 * time_s)
    words = 0.3 * np.sin(2 * np.pi * 220 * time_s) * ((time_s % 2 > 0.4) & (time_s % 2 < 1.5))
    for name, samples in (("music.wav", music), ("words.wav", words)):
        with wave.open(str(folder / name), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes((samples * 32767).astype("<i2").tobytes())


def mix(**inputs):
    inputs = {"loudness": "as it is", "true_peak": -1.0, **inputs}
    return {
        "music": node("LoadAudio", audio="music.wav"),
        "words": node("LoadAudio", audio="words.wav"),
        "lines": node("V2ATranscript", text="", file="talk.srt"),
        "left": node("SolidMask", value=1.0, width=10, height=40),
        "all": node("SolidMask", value=0.0, width=80, height=40),
        "mask": node("MaskComposite", destination=["all", 0], source=["left", 0], x=0, y=0, operation="add"),
        "mix": node("V2AMixAudio", audio_1=["music", 0], **inputs),
        "report": node("PreviewAny", source=["mix", 1]),
        "save": node("SaveAudio", audio=["mix", 0], filename_prefix="audio/mix"),
    }


@pytest.fixture
def mixed(server):
    """The samples [channels, n] and the report of a mix."""

    def run(**inputs):
        done = server.run(mix(**inputs))
        assert done.error is None, done.error
        samples, rate = audio_of(server.output(done, "save", "audio"))
        assert rate == RATE
        # FLAC comes out with its channels side by side.
        samples = samples.reshape(SECONDS * RATE, -1).T
        return samples / -float(np.iinfo(samples.dtype).min), done.outputs["report"]["text"][0]

    return run


def level_db(samples, start_s, end_s):
    return 10 * math.log10(np.square(samples[..., round(start_s * RATE) : round(end_s * RATE)]).mean() + 1e-12)


@pytest.mark.parametrize(("inputs", "said"), [({"text": SRT}, SRT), ({"text": "", "file": "talk.srt"}, SRT)])
def test_a_transcript_from_text_and_file(server, inputs, said):
    graph = {
        "read": node("V2ATranscript", **inputs, seconds=3.0),
        "srt": node("PreviewAny", source=["read", 1]),
        "words": node("PreviewAny", source=["read", 2]),
    }
    done = server.run(graph)
    assert done.error is None, done.error
    assert done.outputs["srt"]["text"][0] == said
    assert done.outputs["words"]["text"][0] == "Hello there.\nWho is it?"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"text": "ANNA: hello"}, "line 1, column 1"),
        ({"text": "", "file": "talk.srt", "seconds": 2.5}, "beyond the end of the video, which is 2.5 s"),
        ({"text": "", "file": "latin.srt"}, "line 3: this is not utf-8"),
        ({"text": "", "file": "../latin.srt"}, "../latin.srt"),
        ({"text": SRT, "file": "talk.srt"}, "clear one of the two"),
    ],
)
def test_a_transcript_that_is_none(server, inputs, said):
    graph = {"read": node("V2ATranscript", **inputs), "srt": node("PreviewAny", source=["read", 1])}
    try:
        error = server.run(graph).error
    except Refused as refused:
        error = str(refused)
    assert said in error


def test_one_stem_at_a_loudness(mixed):
    samples, report = mixed(loudness="-16 LUFS")
    assert samples.shape == (1, SECONDS * RATE)
    assert report.startswith("-16.0 LUFS, true peak -")


def test_music_makes_room_for_speech_at_its_lines(mixed):
    samples, report = mixed(
        audio_2=["words", 0], speech="audio_2", transcript=["lines", 0], duck_depth=40.0, gain_2=-6.0, pan_1=-1.0
    )
    first, second = report.splitlines()[1:]
    assert first.startswith("[0.5-1.5] 'Hello there.': 1.1") and "1.1" in first.split(":")[-1]
    assert second.startswith("[2-3] 'Who is it?': ")
    right = samples[1]  # where there is no music
    assert level_db(right, 0.0, 0.45) < -80 and level_db(right, 1.55, 1.95) < -80
    assert level_db(right, 0.55, 1.45) > -25 and level_db(right, 2.05, 2.95) > -25
    music = samples[0] - right
    assert level_db(music, 0.0, 0.4) == pytest.approx(-23, abs=0.5)
    assert level_db(music, 0.6, 1.4) < -60


def test_a_stem_follows_a_mask_and_a_path(mixed):
    samples, _ = mixed(moving="audio_1", mask=["mask", 0])
    assert level_db(samples[0], 0, 4) > level_db(samples[1], 0, 4) + 15
    samples, _ = mixed(moving="audio_1", path="0: -1, 4: 1")
    assert level_db(samples[0], 0, 1) > level_db(samples[1], 0, 1) + 10
    assert level_db(samples[1], 3, 4) > level_db(samples[0], 3, 4) + 10


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"speech": "audio_3"}, "audio_3"),
        ({"transcript": ["lines", 0]}, "choose the stem at speech"),
        ({"path": "0: 1"}, "choose the stem at moving"),
        ({"moving": "audio_1"}, "one of the two"),
        ({"moving": "audio_1", "path": "0: far"}, "0: far"),
        ({"gain_1": float("nan")}, "gain"),
        ({"pan_1": float("nan")}, "pan"),
        ({"true_peak": float("nan")}, "true_peak"),
        ({"duck_attack": float("nan"), "audio_2": ["words", 0], "speech": "audio_2"}, "attack"),
        ({"loudness": "-9 LUFS"}, "-9 LUFS"),
    ],
)
def test_a_mix_that_is_none(server, inputs, said):
    try:
        error = server.run(mix(**inputs)).error
    except Refused as refused:
        error = str(refused)
    assert error is not None and said in error


def test_speech_is_placed_and_reported_line_by_line(server):
    placed = {
        "words": node("LoadAudio", audio="words.wav"),
        "lines": node("V2ATranscript", text="", file="talk.srt"),
        "place": node("V2APlaceSpeech", transcript=["lines", 0], audio=["words", 0], stretch=1.25, seconds=3.5),
        "report": node("PreviewAny", source=["place", 1]),
        "save": node("SaveAudio", audio=["place", 0], filename_prefix="audio/speech"),
    }
    done = server.run(placed)
    assert done.error is None, done.error
    samples, rate = audio_of(server.output(done, "save", "audio"))
    assert samples.size == round(3.5 * rate)
    heard = samples.reshape(-1) / -float(np.iinfo(samples.dtype).min)
    assert np.abs(heard[: round(0.49 * rate)]).max() < 1e-3 < np.abs(heard[round(0.6 * rate) : rate]).max()
    first, second = done.outputs["report"]["text"][0].splitlines()
    assert first.startswith("[0.5-1.5] 'Hello there.'") and second.startswith("[2-3] 'Who is it?'")
    placed["place"]["inputs"]["seconds"] = 2.5
    assert "reaches beyond the end of the video" in server.run(placed).error
