"""Speech at the times of a transcript: as long as its span within a limit, at the same pitch."""

import math

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.stretch import place_speech, split_at_pauses, stretch, trim

RATE = 24000


def voice(seconds, hz=220.0, before_s=0.0, after_s=0.0, rate_hz=RATE):
    """A tone with three overtones, silence around it."""
    time_s = torch.arange(round(seconds * rate_hz), dtype=torch.float64) / rate_hz
    tone = sum(torch.sin(2 * math.pi * hz * k * time_s) / k for k in (1, 2, 3)).float() * 0.2
    return Audio(torch.nn.functional.pad(tone[None], (round(before_s * rate_hz), round(after_s * rate_hz))), rate_hz)


def pitch_hz(samples):
    window = torch.hann_window(samples.shape[-1])
    return float(torch.fft.rfft(samples[0] * window).abs().argmax() * RATE / samples.shape[-1])


@pytest.mark.parametrize("speed", [0.8, 0.95, 1.1, 1.25])
def test_faster_or_slower_at_the_same_pitch(speed):
    said = stretch(voice(2.0), speed)
    assert said.samples.shape == (1, round(2.0 / speed * RATE))
    assert pitch_hz(said.samples[:, 2000:-2000]) == pytest.approx(220, abs=1.5)
    power, before = (sound.samples[:, 2000:-2000].square().mean() for sound in (said, voice(2.0)))
    assert float(power) == pytest.approx(float(before), rel=0.1)


def test_a_sound_of_a_few_samples():
    assert stretch(Audio(torch.ones(1, 1), RATE), 1.2).samples.shape == (1, 1)
    assert stretch(Audio(torch.ones(1, 100), RATE), 1.25).samples.shape == (1, 80)


def test_lines_fill_their_spans():
    spoken = [voice(1.2, before_s=0.3, after_s=1.0), voice(0.9), voice(1.0)]
    told = []
    sound, fits = place_speech(spoken, [(0.5, 1.5), (2.0, 3.0), (4.0, 5.0)], progress=lambda *step: told.append(step))
    assert told == [("place speech", line, 3) for line in range(3)]
    assert [fit.speed for fit in fits] == pytest.approx([1.2, 0.9, 1.0], abs=0.02)
    assert [fit.ends_s for fit in fits] == pytest.approx([1.5, 3.0, 5.0], abs=0.02)
    assert sound.samples.shape == (1, 5 * RATE)
    for start_s, end_s in ((0.5, 1.5), (2.0, 3.0), (4.0, 5.0)):
        assert (sound.samples[:, round((start_s - 0.3) * RATE) : round((start_s - 0.01) * RATE)] == 0).all()
        inside = sound.samples[0, round((start_s + 0.02) * RATE) : round((end_s - 0.03) * RATE)]
        assert inside.unfold(0, 480, 480).square().mean(1).min() > 0.005
    assert str(fits[2]) == "1.00 s of speech for 1.00 s: as it is"


def test_the_limit_holds_and_is_reported():
    _, (hurried, drawn_out) = place_speech([voice(3.0), voice(0.5)], [(0.0, 1.0), (2.0, 4.0)], 1.25)
    assert str(hurried) == "3.00 s of speech for 1.00 s: 1.25 times faster, ends 1.40 s late"
    assert str(drawn_out) == "0.50 s of speech for 2.00 s: 1.25 times slower, ends 1.38 s early"
    _, (as_it_is,) = place_speech([voice(3.0)], [(0.0, 1.0)], 1.0)
    assert as_it_is.speed == 1


def test_one_recording_of_all_lines_is_cut_at_its_longest_pauses():
    pauses = [0.5, 0.2, 0.6]  # the second is within a line
    parts = [voice(0.4, hz, after_s=pause) for hz, pause in zip((200, 300, 400), pauses, strict=True)]
    recording = Audio(torch.cat([part.samples for part in parts] + [voice(0.4, 500).samples], 1), RATE)
    first, second, third = split_at_pauses(recording, 3)
    assert [round(trim(part).duration_s, 1) for part in (first, second, third)] == [0.4, 1.0, 0.4]
    _, fits = place_speech([recording], [(0, 1), (2, 3), (4, 5)])
    assert [round(fit.spoken_s, 1) for fit in fits] == [0.4, 1.0, 0.4]


def test_rates_and_channels_may_differ():
    sound, _ = place_speech(
        [voice(1.0, rate_hz=16000), Audio(voice(1.0).samples.expand(2, -1), RATE)], [(0, 1), (1, 2)]
    )
    assert sound.rate_hz == RATE and sound.samples.shape == (1, 2 * RATE)


@pytest.mark.parametrize(
    ("spoken", "spans", "most", "said"),
    [
        ([voice(1.0)], [], 1.25, "no lines"),
        ([voice(1.0)] * 2, [(0, 1)] * 3, 1.25, "2 sounds of speech for 3 lines"),
        ([voice(1.0)], [(0, 1), (1, 2)], 1.25, "0 pauses and the transcript 2 lines"),
        ([Audio(torch.zeros(1, 1000), RATE)], [(0, 1)], 1.25, "silent"),
        ([voice(1.0)], [(0, 1)], 3.0, "limit of the stretch is 3.0"),
    ],
)
def test_what_does_not_fit(spoken, spans, most, said):
    with pytest.raises(InputError, match=said):
        place_speech(spoken, spans, most)
