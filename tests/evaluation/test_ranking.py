"""Takes in order: what is in time with the picture above what is not, above what is silent or cut off."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.evaluation.clipping import clipped_share
from v2a_core.evaluation.motion import watch_motion
from v2a_core.evaluation.ranking import RULE, Scores, listen, rank, table
from v2a_core.evaluation.silence import silent_share
from v2a_core.evaluation.sync import sync_score
from v2a_core.media.audio import Audio
from v2a_core.media.video import VideoSource

RATE_HZ, FPS, SECONDS = 24_000, 25, 4.0
HITS_S = (0.6, 1.4, 1.72, 2.6, 3.4)
PLAIN = Scores(sync=0.3, prompt=None, loudness_lufs=-20.0, clipping=0.0, silence=0.2)


@pytest.fixture(scope="module")
def motion():
    frames = torch.full((round(SECONDS * FPS), 36, 64, 3), 60, dtype=torch.uint8)
    for hit in HITS_S:
        frames[round(hit * FPS)] = 220
    return watch_motion(VideoSource.from_frames(frames, FPS))


def clicks(shift_s=0.0, gain=1.0, rate_hz=RATE_HZ):
    wave = torch.zeros(1, round(SECONDS * rate_hz))
    length = rate_hz // 10
    burst = torch.randn(length, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.25, 0, length) ** 2
    for hit in HITS_S:
        start = round((hit + shift_s) * rate_hz)
        wave[:, start : start + length] += burst
    return Audio(gain * wave / wave.abs().max() * 0.5, rate_hz)


def clipped():
    loud = clicks(gain=12.0)
    return Audio(loud.samples.clamp(-0.9, 0.9), RATE_HZ)


def silent():
    return Audio(torch.zeros(1, round(SECONDS * RATE_HZ)), RATE_HZ)


def test_in_time_comes_before_late_before_clipped_and_silent(motion):
    takes = [silent(), clicks(0.2), clipped(), clicks()]
    scores = [listen(take, motion) for take in takes]
    assert rank(scores) == [3, 1, 2, 0]
    assert [one.fault for one in scores] == ["silent", "", "clipped", ""]
    assert scores[3].sync > 0.6 > 0.3 > scores[1].sync
    # The clipped one is in time: it is behind for what it is, not for where it falls.
    assert scores[2].sync > scores[1].sync


@pytest.mark.parametrize("shift_s", [-0.3, -0.12, 0.12, 0.5])
def test_a_shift_costs_sync(motion, shift_s):
    assert sync_score(clicks(), *motion) > sync_score(clicks(shift_s), *motion) + 0.3


@pytest.mark.parametrize("gain", [1e-2, -1.0, 1.9])
def test_a_gain_changes_neither_sync_nor_order(motion, gain):
    takes = [clicks(0.2), clicks(), clicks(-0.4)]
    plain = [listen(take, motion) for take in takes]
    other = [listen(Audio(take.samples * gain, RATE_HZ), motion) for take in takes]
    for one, two in zip(plain, other, strict=True):
        assert two.sync == pytest.approx(one.sync, abs=1e-3)
    assert rank(other) == rank(plain)
    assert rank(plain)[0] == 1


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_another_rate_hears_the_same(motion, rate_hz):
    assert sync_score(clicks(rate_hz=rate_hz), *motion) == pytest.approx(sync_score(clicks(), *motion), abs=0.1)


def test_what_never_varies_has_no_sync(motion):
    assert sync_score(silent(), *motion) == 0
    assert sync_score(clicks(), np.zeros(100, np.float32), 25.0) == 0
    assert sync_score(clicks(), np.zeros(1, np.float32), 25.0) == 0


def test_a_sliver_of_a_sound_can_be_scored(motion):
    one = listen(Audio(torch.full((2, 1), 0.1), RATE_HZ), motion)
    assert math.isfinite(one.sync) and one.silence == 0


def test_flat_tops_are_clipped_whatever_their_level():
    time_s = torch.arange(RATE_HZ) / RATE_HZ
    tone = torch.sin(2 * math.pi * 220 * time_s)[None]
    assert clipped_share(Audio(0.99 * tone, RATE_HZ)) == 0
    half = (2 * tone).clamp(-1, 1)  # cut off beyond 30 degrees: two thirds of it
    for gain in (1.0, 0.3, -0.01):
        assert clipped_share(Audio(gain * half, RATE_HZ)) == pytest.approx(2 / 3, abs=0.01)
    # One that is cut off at the top alone, and one of two channels.
    assert clipped_share(Audio((2 * tone).clamp(max=1.0) / 2.1, RATE_HZ)) == pytest.approx(1 / 3, abs=0.01)
    assert clipped_share(Audio(torch.cat([0.3 * half, 0.9 * tone]), RATE_HZ)) == pytest.approx(1 / 3, abs=0.01)


def test_past_full_scale_is_clipped_without_being_flat():
    wave = torch.zeros(1, 1000)
    wave[0, 10:20] = torch.linspace(1.1, 2.0, 10)
    assert clipped_share(Audio(wave, RATE_HZ)) == pytest.approx(0.01)


def test_silence_is_a_share_of_the_time():
    wave = torch.zeros(2, RATE_HZ)
    wave[:, : RATE_HZ // 2] = 0.1
    assert silent_share(Audio(wave, RATE_HZ)) == 0.5
    assert silent_share(Audio(wave * 1e-3, RATE_HZ)) == 1


def test_prompt_and_sync_count_alike():
    best, late, wrong = (
        replace(PLAIN, sync=sync, prompt=prompt) for sync, prompt in ((0.5, 0.4), (0.1, 0.6), (0.4, 0.1))
    )
    assert rank([wrong, late, best]) == [2, 1, 0]
    assert rank([PLAIN, PLAIN]) == [0, 1]
    assert rank([replace(PLAIN, sync=None)] * 3) == [0, 1, 2]
    assert rank([]) == []


def test_the_table_hides_no_take():
    scores = [replace(PLAIN, silence=1.0, loudness_lufs=-math.inf), PLAIN, replace(PLAIN, sync=0.7)]
    head, *rows, between, rule = table(["seed 1", "seed 2", "seed 3"], scores).split("\n")
    assert head.split() == ["take", "sync", "prompt", "loudness", "clipping", "silence"]
    assert [row.split()[2] for row in rows] == ["3", "2", "1"]
    assert rows[0].split()[3:] == ["0.700", "-", "-20.0", "LUFS", "0.00%", "20%", "best"]
    assert rows[2].endswith("silent")
    assert (between, rule) == ("", RULE)
    assert all(line.startswith("    ") for line in (head, *rows))


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (torch.zeros(1, 0), "empty"),
        (torch.zeros(0, 100), "empty"),
        (torch.full((1, 100), torch.nan), "not finite"),
        (torch.full((1, 100), torch.inf), "not finite"),
    ],
)
def test_what_is_no_sound_is_refused(motion, samples, said):
    with pytest.raises(InputError, match=said):
        listen(Audio(samples, RATE_HZ), motion)
