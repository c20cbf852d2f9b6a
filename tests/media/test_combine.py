"""Sounds too long to be held: combined piece by piece as they would be at once, and never read far ahead."""

import math

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, AudioStream
from v2a_core.media.combine import AROUND_S, PIECE_S, combined, placed, summed
from v2a_core.media.ducking import Ducking
from v2a_core.media.mix import Stem, mix_stems
from v2a_core.media.splice import splice

SECONDS = 23.37


def streamed(audio, block=1711):
    return AudioStream(
        lambda: iter(audio.samples.split(block, -1)), audio.rate_hz, len(audio.samples), audio.samples.shape[-1]
    )


def noise(rate_hz, channels=1, seed=0, level=0.1, seconds=SECONDS):
    generator = torch.Generator().manual_seed(seed)
    return Audio(level * torch.randn(channels, round(seconds * rate_hz), generator=generator), rate_hz)


def speech(rate_hz, *spans_s):
    """Noise that is heard in some spans alone."""
    sound, times_s = noise(rate_hz, 2, seed=1, level=0.6), torch.arange(round(SECONDS * rate_hz)) / rate_hz
    return Audio(sound.samples * sum((times_s >= start) & (times_s < end) for start, end in spans_s), rate_hz)


def ducked(_, sounds):
    return mix_stems([Stem(sound) for sound in sounds], speech=0, ducking=Ducking())


def test_ducking_and_limiting_are_the_same_across_borders():
    """Speech ends, begins and goes on at borders of pieces, louder than the limiter lets through."""
    old, new = speech(16000, (9.0, 9.97), (19.98, 21.0)), noise(8000)
    at_once = ducked(0.0, [old, new])
    in_pieces = combined([streamed(old), streamed(new)], ducked, SECONDS)
    assert (in_pieces.rate_hz, in_pieces.channels, in_pieces.length) == (16000, 2, at_once.samples.shape[-1])
    torch.testing.assert_close(in_pieces.gathered().samples, at_once.samples, atol=1e-5, rtol=0)


def test_splicing_is_the_same_across_borders():
    old, new = noise(16000, 2), noise(8000, seed=1)
    for span_s in ((9.995, 20.001), (0.0, SECONDS), (4.0, 4.5)):
        in_pieces = combined(
            [streamed(old), streamed(new)],
            lambda at_s, pair, span_s=span_s: splice(*pair, *(edge_s - at_s for edge_s in span_s)),
            SECONDS,
        ).gathered()
        torch.testing.assert_close(in_pieces.samples, splice(old, new, *span_s).samples, atol=1e-6, rtol=0)


def test_no_click_at_a_border_where_ducking_counts_in_steps_that_do_not_fit():
    times_s = torch.arange(round(SECONDS * 11025)) / 11025
    tone = Audio(0.3 * torch.sin(2 * math.pi * 200 * times_s)[None], 11025)
    said = speech(11025, (9.0, 9.93), (20.02, 21.0))
    said = Audio(said.samples * 0.02, 11025)  # heard, and no louder than the tone's own steps
    jumps = combined([streamed(said), streamed(tone)], ducked, SECONDS).gathered().samples.diff().abs().amax(0)
    border = torch.zeros(len(jumps), dtype=torch.bool)
    for at_s in (10, 20):
        border[round((at_s - 0.01) * 11025) : round((at_s + 0.04) * 11025)] = True
    assert jumps[border].max() <= 1.1 * jumps[~border].max()


def test_no_more_is_read_than_a_piece_and_what_is_around_it():
    rate_hz, read = 4000, [0]

    def blocks():
        for _ in range(100):
            read[0] += rate_hz
            yield torch.zeros(1, rate_hz)

    stream, made = AudioStream(blocks, rate_hz, 1, 100 * rate_hz), 0
    for block in combined([stream], lambda _, sounds: sounds[0], 100.0).blocks():
        made += block.shape[-1]
        assert read[0] <= made + (AROUND_S + 1) * rate_hz and block.shape[-1] <= 1.5 * PIECE_S * rate_hz
    assert made == 100 * rate_hz


@pytest.mark.parametrize("seconds", [0.5, 9.9999, 10.00004, 14.99, 15.01])
def test_any_length(seconds):
    sounds = [noise(rate_hz, seconds=seconds) for rate_hz in (8000, 11025)]
    mixed = combined([streamed(sound) for sound in sounds], lambda _, each: each[1], seconds).gathered()
    assert torch.equal(mixed.samples, sounds[1].samples)


def test_a_sound_is_placed_in_silence():
    sound = Audio(torch.ones(2, 300), 1000)
    for given in (sound, streamed(sound, 77)):
        whole = placed(given, 0.4, 1.0).gathered().samples
        assert whole.shape == (2, 1000) and whole[:, 400:700].eq(1).all() and whole.sum() == 600
        assert placed(given, 0.8, 1.0).gathered().samples.sum() == 400


def test_what_is_not_finite_is_refused():
    sound = noise(8000)
    sound.samples[0, -1] = math.nan
    with pytest.raises(InputError, match="not finite"):
        combined([streamed(sound)], lambda _, sounds: sounds[0], SECONDS).gathered()


def sum_of(*sounds):
    return summed(*sounds, max(sound.duration_s for sound in sounds)).gathered()


def test_mixing_adds_and_does_not_clip():
    low = Audio(torch.full((1, 24000), 0.25), 24000)
    wide = Audio(torch.stack([torch.full((24000,), 0.5), torch.zeros(24000)]), 48000)
    mixed = sum_of(low, wide)
    assert mixed.rate_hz == 48000 and mixed.samples.shape == (2, 48000)
    assert mixed.samples[:, 10000].tolist() == pytest.approx([0.75, 0.25], abs=0.01)
    assert mixed.samples[:, 40000].tolist() == pytest.approx([0.25, 0.25], abs=0.01)
    loud = sum_of(Audio(torch.full((1, 100), 0.8), 48000), Audio(torch.full((1, 100), -0.9), 48000))
    assert loud.samples[0, 0] == pytest.approx(-0.1)
    full = sum_of(Audio(torch.full((1, 100), 0.8), 48000), Audio(torch.full((1, 100), 0.8), 48000))
    assert full.samples.abs().max() == pytest.approx(1.0)


@pytest.mark.parametrize("channels", [1, 2])
def test_surround_gets_other_sounds_in_front(channels):
    front, surround = torch.full((channels, 100), 0.25), torch.full((6, 100), 0.5)
    mixed = sum_of(Audio(front, 48000), Audio(surround, 48000)).samples
    assert mixed[:, 50].tolist() == [0.75, 0.75, 0.5, 0.5, 0.5, 0.5]
