"""Onsets of synthetic hits at known times, and their pairing with events."""

import numpy as np
import pytest
import torch

from v2a_core.evaluation.onsets import OnsetScore, detect_onsets, match_onsets
from v2a_core.media.audio import Audio

TIMES_S = np.array([0.5, 0.93, 1.4, 2.2, 2.35, 3.1, 3.777])


def hits(times_s, rate_hz=24_000, duration_s=4.5, decay=18.0, noise=1e-4, loudness=(0.2, 0.3, 0.4)):
    """Decaying noise bursts of different loudness, each at its time to the sample, over quiet noise."""
    random = np.random.default_rng(0)
    wave = noise * random.standard_normal(round(duration_s * rate_hz))
    for k, start in enumerate(np.round(np.asarray(times_s) * rate_hz).astype(int)):
        t = np.arange(min(rate_hz // 2, len(wave) - start)) / rate_hz
        wave[start : start + len(t)] += (
            loudness[k % len(loudness)] * np.exp(-decay * t) * random.standard_normal(len(t))
        )
    return Audio(torch.from_numpy(wave[None]).float(), rate_hz)


@pytest.mark.parametrize("rate_hz", [24_000, 48_000, 44_100])
def test_every_hit_is_found_within_ten_milliseconds(rate_hz):
    found = detect_onsets(hits(TIMES_S, rate_hz))
    assert len(found) == len(TIMES_S)
    assert np.abs(found - TIMES_S).max() < 0.01


def test_a_faint_rebound_belongs_to_its_hit_but_a_second_hit_counts():
    assert len(detect_onsets(hits([1.0, 1.12], decay=40, loudness=(0.4, 0.02)))) == 1
    assert len(detect_onsets(hits([1.0, 1.12], decay=40, loudness=(0.4, 0.4)))) == 2


def test_gain_changes_nothing():
    audio = hits(TIMES_S)
    quiet = Audio(audio.samples * 0.01, audio.rate_hz)
    np.testing.assert_allclose(detect_onsets(quiet), detect_onsets(audio), atol=1e-4)


def test_stereo_is_heard_as_its_mean():
    audio = hits(TIMES_S)
    stereo = Audio(audio.samples.repeat(2, 1), audio.rate_hz)
    np.testing.assert_allclose(detect_onsets(stereo), detect_onsets(audio), atol=1e-6)


@pytest.mark.parametrize("seconds", [0.005, 0.05, 2.0])
def test_silence_and_slivers_have_no_onset(seconds):
    assert len(detect_onsets(Audio(torch.zeros(1, round(seconds * 24_000)), 24_000))) == 0


def test_steady_noise_and_a_steady_tone_have_no_onset_inside():
    t = torch.arange(3 * 24_000) / 24_000
    noise = 0.1 * torch.randn(len(t), generator=torch.Generator().manual_seed(0))
    for wave in (noise, torch.sin(2 * np.pi * 440 * t)):
        found = detect_onsets(Audio(wave[None], 24_000))
        assert not np.any((found > 0.1) & (found < 2.9))


def test_shifted_hits_shift_their_onsets():
    late = detect_onsets(hits(TIMES_S + 0.1))
    score = match_onsets(late, TIMES_S, tolerance_s=0.15)
    assert score.pairs == len(TIMES_S)
    assert score.median_offset_s == pytest.approx(0.1, abs=0.008)


def test_pairing_is_one_to_one():
    score = match_onsets(np.array([1.0, 1.01, 1.02]), np.array([1.01]))
    assert (score.pairs, score.detected, score.expected) == (1, 3, 1)
    assert score.offsets_s == pytest.approx((0.0,))
    assert score.f1 == pytest.approx(0.5)


def test_pairing_gives_up_a_near_pair_for_two():
    # 1.04 lies nearest to 1.05, but only pairing it with 1.00 leaves 1.09 a partner.
    score = match_onsets(np.array([1.04, 1.09]), np.array([1.0, 1.05]))
    assert score.pairs == 2
    assert score.offsets_s == pytest.approx((0.04, 0.04))


def test_pairing_equals_the_best_of_all_assignments():
    from itertools import permutations

    random = np.random.default_rng(1)
    for _ in range(30):
        onsets, events = np.sort(random.uniform(0, 0.3, 4)), np.sort(random.uniform(0, 0.3, 4))
        offsets = np.abs(onsets[:, None] - events)
        outcomes = []
        for order in permutations(range(4)):
            paired = [offsets[i, j] for i, j in enumerate(order) if offsets[i, j] <= 0.05]
            outcomes.append((-len(paired), sum(paired)))
        score = match_onsets(onsets, events)
        assert (-score.pairs, sum(map(abs, score.offsets_s))) == pytest.approx(min(outcomes))


def test_the_edge_of_the_tolerance_counts_and_beyond_does_not():
    assert match_onsets(np.array([1.05]), np.array([1.0])).pairs == 1
    assert match_onsets(np.array([1.0501]), np.array([1.0])).pairs == 0


def test_scores_pool_over_clips():
    total = match_onsets(np.array([1.0, 2.0]), np.array([1.02])) + match_onsets(np.array([]), np.array([0.5, 3.0]))
    assert (total.pairs, total.detected, total.expected) == (1, 2, 3)
    assert total.precision == 0.5
    assert total.recall == pytest.approx(1 / 3)
    assert total.f1 == pytest.approx(0.4)
    assert total.median_abs_offset_s == pytest.approx(0.02)
    assert total.median_offset_s == pytest.approx(-0.02)


def test_nothing_expected_and_nothing_heard_is_right():
    assert OnsetScore().f1 == 1.0
    assert match_onsets(np.array([1.0]), np.array([])).f1 == 0.0
    assert np.isnan(OnsetScore().median_offset_s)
