"""Every statistic on cases whose answer is known in closed form."""

import itertools
import math

import numpy as np
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.evaluation.cosine import cosine
from v2a_core.evaluation.desync import desync
from v2a_core.evaluation.frechet import Gaussian, frechet_distance, frechet_infinity
from v2a_core.evaluation.hearing import Heard
from v2a_core.evaluation.inception import inception_score
from v2a_core.evaluation.intervals import bootstrap_interval, jackknife_interval
from v2a_core.evaluation.kl import kl_divergence
from v2a_core.evaluation.measures import Case
from v2a_core.evaluation.sets import set_rows


def normal(count, width, seed=0):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact(count, mean, covariance, seed=0):
    """Embeddings whose sample mean and unbiased covariance are exactly these."""
    rows = normal(count, len(mean), seed)
    rows = rows - rows.mean(0)
    factor = torch.linalg.cholesky(rows.T @ rows / (count - 1))
    wanted = torch.linalg.cholesky(torch.as_tensor(covariance, dtype=torch.float64))
    return rows @ torch.linalg.inv(factor).T @ wanted.T + torch.tensor(mean, dtype=torch.float64)


class TestFrechet:
    def test_gaussians_whose_axes_agree(self):
        # Diagonal covariances commute: the distance is |m1 - m2|² and the squared differences of the deviations.
        one = Gaussian.of(exact(50, [1.0, 2.0, 3.0], np.diag([1.0, 4.0, 9.0])))
        other = Gaussian.of(exact(60, [0.0, 2.0, 5.0], np.diag([4.0, 4.0, 1.0]), seed=1))
        assert frechet_distance(one, other) == pytest.approx((1 + 4) + (1 + 0 + 4), abs=1e-9)

    def test_any_gaussians_are_those_of_the_formula(self):
        draws = [normal(8, 4, seed) for seed in (3, 4)]
        covariances = [rows.T @ rows for rows in draws]
        sets = [exact(40, [0.0] * 4, covariance, seed) for seed, covariance in enumerate(covariances)]
        roots = np.sqrt(np.linalg.eigvals(covariances[0].numpy() @ covariances[1].numpy()).real)
        expected = sum(float(torch.trace(covariance)) for covariance in covariances) - 2 * roots.sum()
        assert frechet_distance(*map(Gaussian.of, sets)) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("count", [3, 20, 400])
    def test_a_set_and_itself_are_not_apart_however_few(self, count):
        rows = 100 * normal(count, 64)
        assert frechet_distance(Gaussian.of(rows), Gaussian.of(rows)) == pytest.approx(0, abs=1e-6)

    def test_a_shift_is_its_square_where_there_are_fewer_embeddings_than_dimensions(self):
        rows = normal(5, 64)
        assert frechet_distance(Gaussian.of(rows), Gaussian.of(rows + 2)) == pytest.approx(4 * 64, rel=1e-9)

    def test_few_come_out_too_far_and_the_extrapolation_does_not(self):
        reference = Gaussian.of(normal(20_000, 8, seed=9))
        distances = [frechet_distance(Gaussian.of(normal(count, 8)), reference) for count in (50, 100, 400)]
        assert distances[0] > distances[1] > distances[2] > 0
        sets = [normal(400, 8, seed) for seed in range(20, 30)]
        plain = np.mean([frechet_distance(Gaussian.of(rows), reference) for rows in sets])
        assert abs(np.mean([frechet_infinity(rows, reference) for rows in sets])) < 0.25 * plain
        again = [frechet_infinity(sets[0], reference) for _ in range(2)]
        assert again[0] == pytest.approx(again[1], abs=1e-9)

    def test_what_is_no_set_is_refused(self):
        with pytest.raises(InputError, match="at least two"):
            Gaussian.of(torch.zeros(1, 3))
        with pytest.raises(InputError, match="not finite"):
            Gaussian.of(torch.full((3, 3), torch.nan))
        with pytest.raises(InputError, match="3 and 4 dimensions"):
            frechet_distance(Gaussian.of(normal(5, 3)), Gaussian.of(normal(5, 4)))
        with pytest.raises(InputError, match="39 embeddings are too few"):
            frechet_infinity(normal(39, 3), Gaussian.of(normal(5, 3)))


class TestClasses:
    def test_divergence_of_two_coins(self):
        true, made = torch.tensor([0.75, 0.25]).log() + 3, torch.tensor([0.5, 0.5]).log()
        expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
        assert kl_divergence(true, made) == pytest.approx(expected, abs=1e-7)
        # The true one comes first: the other way round it is another number.
        backwards = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
        assert kl_divergence(made, true) == pytest.approx(backwards, abs=1e-7)
        assert kl_divergence(true, true) == 0

    def test_a_class_that_is_all_but_ruled_out_stays_finite(self):
        assert kl_divergence(torch.tensor([0.0, -400.0]), torch.tensor([-400.0, 0.0])) == pytest.approx(400)

    @pytest.mark.parametrize("count", [40, 200])
    def test_sure_and_varied_scores_the_number_of_classes(self, count):
        logits = 200 * torch.eye(4).repeat(count // 4, 1)
        # Splits draw the classes unevenly, so the score of each is a little under it.
        assert 4 + 1e-9 > inception_score(logits) > (3.4 if count > 100 else 4 - 1e-9)

    def test_unsure_or_monotonous_scores_one(self):
        assert inception_score(torch.zeros(200, 7)) == pytest.approx(1)
        assert inception_score(torch.tensor([[9.0, 0.0, 1.0]]).repeat(150, 1)) == pytest.approx(1)

    def test_two_kinds_of_clips_by_hand(self):
        logits = torch.tensor([[0.9, 0.1], [0.1, 0.9]]).log().repeat(20, 1)
        expected = math.exp(0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5))
        assert inception_score(logits) == pytest.approx(expected, rel=1e-6)


def test_cosine_is_that_of_the_angle():
    assert cosine(torch.tensor([1.0, 0.0]), torch.tensor([1.0, math.sqrt(3)])) == pytest.approx(0.5)
    assert cosine(torch.tensor([2.0, 1.0]), torch.tensor([-4.0, -2.0])) == pytest.approx(-1)


def test_offsets_are_those_of_the_likeliest_classes():
    logits = torch.zeros(2, 21)
    logits[0, 10], logits[1, 3] = 1, 1  # 0 s and -1.4 s
    assert desync(logits) == pytest.approx(0.7)
    assert desync(logits[1]) == pytest.approx(1.4)


class TestIntervals:
    def test_bootstrap_of_a_mean_is_about_that_of_the_normal(self):
        items = np.random.default_rng(0).normal(3, 2, 400).tolist()
        low, high = bootstrap_interval(items, np.mean)
        assert (low, high) == pytest.approx((np.mean(items) - 1.96 * 0.1, np.mean(items) + 1.96 * 0.1), abs=0.03)
        assert bootstrap_interval(items, np.mean) == (low, high)

    def test_jackknife_of_a_mean_is_about_that_of_the_normal(self):
        widths = []
        for seed in range(20):
            items = np.random.default_rng(seed).normal(3, 2, 400).tolist()
            low, high = jackknife_interval(items, np.mean)
            assert (low + high) / 2 == pytest.approx(np.mean(items))
            widths.append(high - low)
        assert np.mean(widths) == pytest.approx(2 * 1.96 * 0.1, rel=0.1)

    def test_none_where_there_is_too_little(self):
        assert bootstrap_interval([1.0], np.mean) is None
        assert jackknife_interval([1.0] * 9, np.mean) is None
        assert bootstrap_interval([1.0, 2.0], lambda items: float("nan")) is None


def test_the_interval_of_an_inception_score_splits_as_the_score_does():
    logits = 3 * normal(111, 20)
    cases = [Case(None, Heard(features={"panns_logits": row})) for row in logits]
    rows = {row.key: row for row in set_rows(cases, lambda judge, needs: "")}
    low, high = rows["is_panns"].interval
    # A tenth left out of 111 leaves 99 or 100 clips: without splits the one scores far above the other.
    assert high - low < 0.4 * rows["is_panns"].value


def test_pairs_found_pause_by_pause_are_those_of_the_whole():
    from v2a_core.evaluation.onsets import _paired, match_onsets

    random = np.random.default_rng(5)
    for count in itertools.chain(range(6), (20, 40)):
        onsets, events = random.uniform(0, 1.5, count), random.uniform(0, 1.5, 12)
        one, whole = match_onsets(onsets, events), _paired(np.sort(onsets), np.sort(events), 0.05)
        assert (one.pairs, one.detected, one.expected) == (whole.pairs, whole.detected, whole.expected)
        assert sum(map(abs, one.offsets_s)) == pytest.approx(sum(map(abs, whole.offsets_s)))
