"""Where motion is at its height, and pictures that are shown twice."""

import numpy as np
import pytest

from v2a_core.evaluation.motion import motion_peaks, without_repeats
from v2a_core.evaluation.onsets import match_onsets

RATE_HZ = 25.0


def swings(*tops_s, seconds=6.0):
    """Changes of a picture in which something comes faster and faster and stops, at some times."""
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    before = [np.clip(1 - (top - times_s) / 0.4, 0, 1) * (times_s <= top + 1e-9) for top in tops_s]
    return (20 * sum(before) + 1).astype(np.float32)


def test_heights_are_found_where_motion_stops():
    tops_s = (1.0, 2.0, 2.6, 4.4)
    assert motion_peaks(swings(*tops_s), RATE_HZ) == pytest.approx(tops_s)


def test_of_a_flash_the_first_picture_counts():
    change = np.zeros(100, np.float32)
    change[50:52] = 30
    assert motion_peaks(change, RATE_HZ) == pytest.approx([2.0])


def test_still_and_steady_pictures_have_none():
    noise = np.random.default_rng(0).normal(0, 0.02, 150)
    for level in (0.3, 30):
        assert len(motion_peaks(np.float32(noise + level), RATE_HZ)) == 0
    for length in (1, 2, 3):
        assert len(motion_peaks(np.zeros(length, np.float32), RATE_HZ)) == 0


def test_none_are_closer_than_the_gap():
    change = np.tile(np.float32([6, 20]), 75)
    found = motion_peaks(change, RATE_HZ)
    assert len(found) > 10
    assert np.diff(found).min() > 0.12


def test_pictures_shown_twice_are_no_stop():
    steady = np.full(150, 20, np.float32)
    twice = steady.copy()
    twice[25::25] = 0.1
    assert np.array_equal(without_repeats(twice), steady)
    assert len(motion_peaks(twice, RATE_HZ)) == 0
    stopped = steady.copy()
    stopped[75:77] = 0.1  # for two pictures
    assert np.array_equal(without_repeats(stopped), stopped)


def test_pairs_are_told_with_their_times():
    score = match_onsets(np.array([1.02, 2.0, 3.0]), np.array([2.04, 0.99, 5.0]))
    assert score.matched_s == ((1.02, 0.99), (2.0, 2.04))
    assert score.offsets_s == tuple(onset - event for onset, event in score.matched_s)
    assert (score + score).matched_s == score.matched_s * 2
