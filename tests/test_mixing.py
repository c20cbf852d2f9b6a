"""`v2a mix`: known stems, and what they are in the file that is written."""

import wave

import numpy as np
import pytest

from v2a_core import cli
from v2a_core.media.audio import read_audio
from v2a_core.media.loudness import integrated_lufs
from v2a_core.media.video import VideoSource

RATE = 24000


def write_tone(path, hz, level=0.2, seconds=2.0, spans=((0.0, 2.0),)):
    times_s = np.arange(round(seconds * RATE)) / RATE
    heard = sum((times_s >= start) & (times_s < end) for start, end in spans)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes((level * np.sin(2 * np.pi * hz * times_s) * heard * 32767).astype("<i2").tobytes())
    return str(path)


@pytest.fixture
def mixed(clip, tmp_path):
    """Run `v2a mix` on the clip; the exit code and the sound of what was written."""

    def run(*arguments):
        path = tmp_path / "out.mp4"
        code = cli.main(["mix", str(clip), *arguments, "-o", str(path), "--codec", "flac"])
        return code, read_audio(VideoSource.from_path(path)) if path.exists() else None

    return run


def level(samples, hz, start_s, end_s):
    """The amplitude of a tone in a part of one channel."""
    part = samples[round(start_s * RATE) : round(end_s * RATE)].double()
    times = np.arange(len(part)) / RATE
    return abs(np.mean(part.numpy() * np.exp(-2j * np.pi * hz * times))) * 2


def test_gains_places_and_length(mixed, tmp_path):
    low, high = write_tone(tmp_path / "a.wav", 200), write_tone(tmp_path / "b.wav", 1000, seconds=5.0, spans=((0, 5),))
    code, sound = mixed(low, high, "--gain", "-6", "0", "--pan", "-1", "1")
    assert code == 0 and sound.samples.shape == (2, 2 * RATE)
    left, right = sound.samples
    assert level(left, 200, 0.5, 1.5) == pytest.approx(0.2 * 10 ** (-6 / 20), rel=0.01)
    assert level(right, 1000, 0.5, 1.5) == pytest.approx(0.2, rel=0.01)
    assert level(left, 1000, 0.5, 1.5) < 1e-3 and level(right, 200, 0.5, 1.5) < 1e-3


def test_room_for_speech_and_loudness(mixed, tmp_path, capsys):
    music, voice = write_tone(tmp_path / "a.wav", 200), write_tone(tmp_path / "b.wav", 1000, spans=((0.8, 1.3),))
    code, sound = mixed(music, voice, "--speech", "2", "--duck-release", "0.2", "--loudness", "-23")
    assert code == 0 and integrated_lufs(sound) == pytest.approx(-23, abs=0.1)
    ducked, free = (level(sound.samples[0], 200, *span) for span in ((0.9, 1.2), (0.2, 0.6)))
    assert ducked / free == pytest.approx(10 ** (-12 / 20), rel=0.02)
    assert "-23.0 LUFS" in capsys.readouterr().out


def test_speech_at_the_times_of_a_transcript(mixed, tmp_path, capsys):
    voice = write_tone(tmp_path / "a.wav", 1000, spans=((0.2, 0.6), (1.2, 1.6)))
    (tmp_path / "a.srt").write_text("[0.1-0.5] one\n[1.5-1.9] two\n")
    code, sound = mixed(voice, "--speech", "1", "--transcript", str(tmp_path / "a.srt"))
    assert code == 0 and "0.40 s of speech for 0.40 s" in capsys.readouterr().out
    heard = [level(sound.samples[0], 1000, *span) for span in ((0.15, 0.45), (1.0, 1.4), (1.55, 1.85))]
    assert heard == pytest.approx([0.2, 0.0, 0.2], abs=0.02)


def test_a_stem_moves_along_a_path(mixed, tmp_path):
    code, sound = mixed(write_tone(tmp_path / "a.wav", 500), "--moving", "1", "--path", "0: -1, 2: 1")
    sides = [[level(side, 500, *span) for side in sound.samples] for span in ((0.0, 0.1), (1.9, 2.0))]
    assert code == 0 and sides[0][0] > 10 * sides[0][1] and sides[1][1] > 10 * sides[1][0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--gain", "1", "2"], "--gain has 2 numbers and there are 1 stems"),
        (["--gain", "nan"], "The gain is nan"),
        (["--loudness", "-10"], "choose one of -14, -16, -23"),
        (["--true-peak", "nan"], "true peak is nan"),
        (["--speech", "2"], "--speech is 2"),
        (["--transcript", "none.srt"], "no stem is speech"),
        (["--path", "0: 1"], "--moving"),
        (["--moving", "1"], "--mask or --path"),
        (["--moving", "1", "--path", "x"], "path"),
        (["--far", "nan"], "--far is nan"),
    ],
)
def test_what_can_not_be_mixed(mixed, tmp_path, capsys, options, told):
    code, sound = mixed(write_tone(tmp_path / "a.wav", 500), *options)
    assert (code, sound) == (2, None)
    assert told in capsys.readouterr().err


def test_a_stem_that_is_no_sound(mixed, clip, capsys):
    code, sound = mixed(str(clip))
    assert (code, sound) == (2, None)
    assert "sound" in capsys.readouterr().err
