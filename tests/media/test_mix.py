"""Stems into a mix: gain, place, room for speech, loudness."""

import math

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.ducking import Ducking, duck_gain
from v2a_core.media.loudness import integrated_lufs, true_peak_dbtp
from v2a_core.media.mix import Stem, mix_stems
from v2a_core.media.pan import mask_track, pan, parse_track, track

RATE = 48000


def hum(seconds=2.0, level=0.1, rate_hz=RATE, channels=1, hz=440.0):
    time_s = torch.arange(round(seconds * rate_hz), dtype=torch.float64) / rate_hz
    return Audio((level * torch.sin(2 * math.pi * hz * time_s)).float().expand(channels, -1), rate_hz)


def said(start_s, end_s, seconds=4.0):
    """A voice that is heard from start_s to end_s."""
    voice = hum(seconds, 0.3, hz=200.0).samples.clone()
    voice[:, : round(start_s * RATE)] = 0
    voice[:, round(end_s * RATE) :] = 0
    return Audio(voice, RATE)


def level_db(samples, start_s, end_s):
    return float(10 * samples[..., round(start_s * RATE) : round(end_s * RATE)].double().square().mean().log10())


# Mixing


def test_gains_add_up():
    mixed = mix_stems([Stem(hum(), -6.0), Stem(hum(hz=1000.0), -20.0)])
    expected = hum().samples * 10 ** (-6 / 20) + hum(hz=1000.0).samples * 0.1
    assert mixed.samples.shape == (1, 96000)
    assert (mixed.samples - expected).abs().max() < 1e-6


def test_the_longest_the_highest_rate_and_the_most_channels():
    mixed = mix_stems([Stem(hum(1.0, rate_hz=24000)), Stem(hum(2.0, channels=2, hz=100.0))])
    assert mixed.rate_hz == RATE and mixed.samples.shape == (2, 96000)
    alone = hum(2.0, channels=2, hz=100.0).samples
    assert (mixed.samples[:, 50000:] - alone[:, 50000:]).abs().max() < 1e-6


def test_a_mix_does_not_clip():
    mixed = mix_stems([Stem(hum(level=0.9)), Stem(hum(level=0.9))])
    assert true_peak_dbtp(mixed) == pytest.approx(-1.0, abs=0.1)


@pytest.mark.parametrize("target_lufs", [-14.0, -23.0])
def test_a_mix_meets_its_target(target_lufs):
    mixed = mix_stems([Stem(hum()), Stem(said(0.5, 3.0))], target_lufs=target_lufs)
    assert integrated_lufs(mixed) == pytest.approx(target_lufs, abs=0.1)
    assert true_peak_dbtp(mixed) <= -0.9


@pytest.mark.parametrize("target_lufs", [None, -14.0])
def test_a_mix_tells_how_far_it_is_and_can_be_stopped(target_lufs):
    stems, told = [Stem(hum(25.0, rate_hz=8000)), Stem(hum(1.0, rate_hz=8000))], []
    mixed = mix_stems(stems, target_lufs=target_lufs, progress=lambda *step: told.append(step))
    assert mixed.samples.equal(mix_stems(stems, target_lufs=target_lufs).samples)
    assert told[:5] == [("mix", 0, 2), ("mix", 1, 2), *(("loudness", at, 200_000) for at in (0, 80_000, 160_000))]

    def cancel(stage, done, total):
        if stage == "loudness" and done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        mix_stems(stems, target_lufs=target_lufs, progress=cancel)


def test_surround_keeps_its_channels():
    assert mix_stems([Stem(hum(channels=6)), Stem(hum())]).samples.shape[0] == 6
    with pytest.raises(InputError, match="6 channels can't be panned"):
        mix_stems([Stem(hum(channels=6), pan=0.5)])


@pytest.mark.parametrize("wide", [6, 8])
@pytest.mark.parametrize("where", [-1.0, 0.0, 0.5])
@pytest.mark.parametrize("channels", [1, 2])
def test_surround_gets_other_stems_in_front_at_their_place(wide, where, channels):
    silent = Stem(Audio(torch.zeros(wide, 96000), RATE))
    mixed = mix_stems([silent, Stem(hum(channels=channels), pan=where)]).samples
    alone = mix_stems([Stem(Audio(torch.zeros(2, 96000), RATE)), Stem(hum(channels=channels), pan=where)]).samples
    torch.testing.assert_close(mixed[:2], alone)
    assert mixed.shape[0] == wide and not mixed[2:].any()


@pytest.mark.parametrize("gain_db", [math.nan, 100.0])
def test_a_gain_out_of_bounds(gain_db):
    with pytest.raises(InputError, match="The gain is"):
        Stem(hum(), gain_db)


@pytest.mark.parametrize("rate_hz", [1, 10_000_000])
def test_a_rate_out_of_bounds(rate_hz):
    with pytest.raises(InputError, match=f"sample rate is {rate_hz} Hz"):
        Stem(Audio(torch.zeros(1, 10), rate_hz))


def test_nothing_to_mix():
    with pytest.raises(InputError, match="nothing to mix"):
        mix_stems([])


# Room for speech


def test_sounds_make_room_for_speech():
    music, speech = hum(6.0), said(2.0, 3.0, 4.0)
    room = Ducking(depth_db=12.0, attack_s=0.1, release_s=0.5)
    mixed = mix_stems([Stem(music), Stem(speech)], speech=1, ducking=room)
    heard = mixed.samples.clone()
    heard[:, : speech.samples.shape[1]] -= speech.samples
    before = level_db(music.samples, 0, 1)
    assert level_db(heard, 0.0, 1.88) == pytest.approx(before, abs=0.01)
    assert level_db(heard, 2.0, 3.0) == pytest.approx(before - 12, abs=0.01)  # down from the first sample on
    assert level_db(heard, 3.26, 3.27) == pytest.approx(before - 6, abs=0.5)  # half way up
    assert level_db(heard, 3.6, 6.0) == pytest.approx(before, abs=0.01)


def test_the_gain_has_no_steps():
    gain = duck_gain(said(1.0, 2.0), Ducking(24.0))
    assert gain.shape == (4 * RATE,) and gain.diff().abs().max() < 2e-3
    assert gain.min() == pytest.approx(10 ** (-24 / 20), rel=1e-4) and gain.max() == 1


def test_speech_from_the_first_sample():
    assert float(duck_gain(said(0.0, 1.0), Ducking(12.0))[0]) == pytest.approx(10 ** (-12 / 20), rel=1e-4)


def test_what_is_below_the_threshold_is_not_speech():
    assert (duck_gain(hum(level=0.005), Ducking(threshold_dbfs=-40.0)) == 1).all()
    assert (duck_gain(hum(level=0.005), Ducking(threshold_dbfs=-60.0)) < 1).any()


@pytest.mark.parametrize(("setting", "value"), [("depth_db", -1), ("attack_s", math.nan), ("release_s", 100)])
def test_ducking_out_of_bounds(setting, value):
    with pytest.raises(InputError, match=setting.split("_")[0]):
        Ducking(**{setting: value})


# Places


def powers(audio):
    return audio.samples.double().square().mean(1)


@pytest.mark.parametrize("where", [-1.0, -0.3, 0.0, 0.7, 1.0])
def test_mono_keeps_its_power_wherever_it_is(where):
    left, right = powers(pan(hum(), where))
    assert left + right == pytest.approx(float(powers(hum())[0]), rel=1e-5)
    assert math.atan2(right**0.5, left**0.5) == pytest.approx((where + 1) * math.pi / 4, abs=1e-5)


def test_stereo_in_the_middle_is_untouched_and_at_a_side_is_all_there():
    sound = Audio(torch.cat([hum().samples, hum(hz=1000.0).samples]), RATE)
    assert (pan(sound, 0.0).samples - sound.samples).abs().max() < 1e-7
    right = pan(sound, 1.0).samples
    assert right[0].abs().max() < 1e-7
    assert (right[1] - sound.samples.sum(0)).abs().max() < 1e-6
    assert (pan(sound, -1.0).samples.flip(0) - right).abs().max() < 1e-6


def test_a_path_from_left_to_right():
    moved = pan(hum(4.0), parse_track("0: -1, 4s 1")).samples
    starts, middle, ends = ([level_db(side, *span) for side in moved] for span in ((0, 0.1), (1.9, 2.1), (3.9, 4)))
    assert starts[0] > starts[1] + 30
    assert middle[0] == pytest.approx(middle[1], abs=0.1)
    assert ends[1] > ends[0] + 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0: left", "point 1, '0: left'"),
        ("0 0, 1", "point 2, '1'"),
        ("1 0, 0 0", "not in order"),
        ("0 2", "position of 2"),
        ("", "0 times"),
        ("0 1.2.3", "point 1"),
        ("x" * 10_000_000, "point 1"),
    ],
)
def test_a_path_that_is_none(text, said):
    with pytest.raises(InputError, match=said):
        parse_track(text)


def square(left, size, height=40, width=80):
    """A mask of a square that begins at a column."""
    mask = torch.zeros(height, width)
    mask[5 : 5 + size, left : left + size] = 1
    return mask


def test_a_sound_follows_what_a_mask_shows():
    path = mask_track(torch.stack([square(0, 20), square(30, 20), square(60, 20)]), 6.0)
    assert path.times_s == pytest.approx([1, 3, 5])
    assert path.positions == pytest.approx([-0.75, 0.0, 0.75])
    assert path.levels_db == pytest.approx([0, 0, 0])


def test_half_the_size_is_twice_as_far():
    path = mask_track(torch.stack([square(0, 20), square(0, 10), square(0, 1)]), 6.0, far_db=12.0)
    assert path.levels_db == pytest.approx([0.0, -20 * math.log10(2), -12.0])
    assert (mask_track(torch.stack([square(0, 20), square(0, 10)]), 6.0, far_db=0.0).levels_db == 0).all()


def test_between_sightings_the_sound_goes_straight_on():
    path = mask_track(torch.stack([square(0, 20), torch.zeros(40, 80), square(60, 20)]), 6.0)
    position, _ = path.at(np.array([0.0, 3.0, 6.0]))
    assert position.tolist() == pytest.approx([-0.75, 0.0, 0.75])


def test_the_mask_s_object_is_heard_where_it_is():
    masks = torch.stack([square(min(60, 2 * i), 20) for i in range(40)])
    moved = mix_stems([Stem(hum(4.0), pan=mask_track(masks, 4.0))]).samples
    left, right = (level_db(moved[c], 0.0, 0.1) for c in (0, 1))
    assert left - right == pytest.approx(-20 * math.log10(math.tan(0.25 * math.pi / 4)), abs=0.5)
    assert level_db(moved[1], 3.8, 4.0) > level_db(moved[0], 3.8, 4.0) + 10


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (torch.zeros(2, 8, 8), "empty throughout"),
        (torch.ones(2, 8, 8, 3), "shape"),
        (torch.full((1, 8, 8), torch.nan), "shape"),
    ],
)
def test_a_mask_that_shows_nothing(mask, said):
    with pytest.raises(InputError, match=said):
        mask_track(mask, 2.0)


def test_many_masks_are_not_copied_at_once():
    class Largest(TorchDispatchMode):
        numbers = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            if isinstance(made, torch.Tensor) and made._base is None:
                self.numbers = max(self.numbers, made.numel())
            return made

    masks = torch.stack([square(2 * i, 20) for i in range(30)])
    with Largest() as largest:
        mask_track(masks, 6.0)
    assert largest.numbers <= masks[0].numel()


@pytest.mark.parametrize("where", [1.5, math.nan])
def test_a_place_outside(where):
    with pytest.raises(InputError, match="The pan is"):
        pan(hum(), where)


def test_points_out_of_order():
    with pytest.raises(InputError, match="not in order"):
        track([0.0, math.nan], [0, 0])
