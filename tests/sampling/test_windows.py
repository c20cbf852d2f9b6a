"""Windows of a film: how it is divided, its noise, and what windows see of each other."""

from itertools import pairwise

import pytest
import torch

from v2a_core.sampling.solvers import SOLVERS
from v2a_core.sampling.windows import assembled, film_noise, plan_windows, with_trail


@pytest.mark.parametrize("total", [401, 1000, 1600, 1604, 3333, 100_000])
@pytest.mark.parametrize("cuts", [[], [300.0, 650.2, 651.0, 1400.7, 2000.0]])
def test_windows_cover_a_film_once_and_are_no_longer_than_asked_for(total, cuts):
    windows = plan_windows(total, 400, 40, cuts, 4)
    assert windows[0].first == windows[0].start == 0
    assert windows[-1].stop == windows[-1].end == total
    for window, following in pairwise(windows):
        assert window.stop == following.start
        assert following.start - following.first == 40
        assert window.end >= min(window.stop + 40, total)
        assert following.first > window.first and window.stop % 4 == 0
    assert all(0 < window.end - window.first <= 400 for window in windows)


def test_seams_are_at_shot_changes_that_are_near():
    even = plan_windows(1000, 400, 40, [], 4)
    moved = plan_windows(1000, 400, 40, [even[0].stop + 30.2], 4)
    assert moved[0].stop == even[0].stop + 32 or moved[0].stop == even[0].stop + 28
    assert plan_windows(1000, 400, 40, [10.0], 4) == even


def test_noise_is_that_of_the_time_whatever_the_window():
    whole = film_noise(3, 0, 2000, seed=5)
    assert torch.equal(film_noise(3, 700, 1300, seed=5), whole[..., 700:1300])
    assert not torch.equal(film_noise(3, 0, 2000, seed=6), whole)
    assert abs(whole.mean()) < 0.05 and abs(whole.std() - 1) < 0.05
    assert abs(torch.corrcoef(whole.reshape(-1, 250))).fill_diagonal_(0).max() < 0.35


def local(x, sigma):
    """A velocity that looks two frames to either side."""
    return torch.nn.functional.avg_pool1d(x, 5, 1, 2, count_include_pad=True) * (1 + sigma)


@pytest.mark.parametrize("solver", list(SOLVERS))
def test_a_window_that_sees_the_trail_before_it_ends_like_the_whole(solver):
    # Of a network that sees five frames, windows sharing enough of them on both sides differ in nothing from the whole.
    noise, sigmas = film_noise(2, 0, 200, seed=1), torch.linspace(1, 0, 4)
    whole = SOLVERS[solver](local, noise, sigmas)
    windows, trail, pieces = plan_windows(200, 100, 20), None, []
    for window, following in zip(windows, [*windows[1:], None], strict=True):
        keep = slice(following.first - window.first, window.stop - window.first) if following else slice(0)
        kept = []
        latent = SOLVERS[solver](
            with_trail(local, trail, keep, kept), noise[..., window.first : window.end].clone(), sigmas
        )
        trail = torch.stack(kept)
        pieces.append(latent[..., window.start - window.first : window.stop - window.first])
    torch.testing.assert_close(torch.cat(pieces, -1), whole)


def test_the_trail_takes_the_place_of_what_a_window_made_itself():
    seen, trail = [], torch.full((2, 1, 1, 3), 7.0)
    velocity = with_trail(lambda x, sigma: seen.append(x) or x, trail, slice(4, 6), kept := [])
    for value in (1.0, 2.0):
        velocity(torch.full((1, 1, 6), value), torch.tensor(1.0))
    assert seen[1].flatten().tolist() == [7, 7, 7, 2, 2, 2]
    assert [part.flatten().tolist() for part in kept] == [[1, 1], [2, 2]]


def test_side_by_side_each_window_gives_what_is_its_own():
    windows = plan_windows(200, 100, 20)
    numbers = {window: float(number) for number, window in enumerate(windows)}
    out = assembled(torch.zeros(1, 1, 200), windows, lambda window, x: x + numbers[window])[0, 0]
    for number, window in enumerate(windows):
        assert (out[window.start : window.stop] == number).all()
