"""Guidance: scales act on their own condition, and evaluations that cancel are not made."""

import pytest
import torch

from v2a_core.sampling.guidance import Guidance, guided_velocity


class Linear:
    """A network whose velocity is text + 10 * video, counting the conditions it was asked about."""

    rows = 0

    def __call__(self, x, sigma, text, video):
        self.rows += len(x)
        assert sigma.shape == (len(x),)
        return text + 10 * video + 0 * x


def tensors(text, video):
    return {"text": torch.full((1, 1, 1), text), "video": torch.full((1, 1, 1), video)}


POSITIVE, NEGATIVE, NEGATIVE_SEEN = tensors(1.0, 1.0), tensors(-1.0, 0.0), tensors(-1.0, 1.0)


def guided(text, video, batch=1):
    network = Linear()
    deltas = Guidance(text, video).deltas(POSITIVE, NEGATIVE, NEGATIVE_SEEN)
    out = guided_velocity(network, NEGATIVE, deltas)(torch.zeros(batch, 1, 1), torch.tensor(0.5))
    assert out.shape == (batch, 1, 1)
    return out.unique().item(), network.rows


@pytest.mark.parametrize("batch", [1, 3])
def test_scales_act_apart(batch):
    base, text_gap, video_gap = -1.0, 2.0, 10.0
    assert guided(3.0, 5.0, batch) == (base + 3 * text_gap + 5 * video_gap, 3 * batch)


def test_equal_scales_are_plain_guidance_with_two_evaluations():
    assert guided(4.5, 4.5) == (-1.0 + 4.5 * 12.0, 2)


def test_scale_one_is_the_positive_condition_alone():
    assert guided(1.0, 1.0) == (11.0, 1)


def test_scale_zero_leaves_the_condition_out():
    assert guided(0.0, 0.0) == (-1.0, 1)


def test_outside_the_interval_the_positive_condition_is_alone():
    network = Linear()
    deltas = Guidance(4.5, 4.5).deltas(POSITIVE, NEGATIVE, NEGATIVE_SEEN)
    velocity = guided_velocity(network, NEGATIVE, deltas, (0.2, 0.6))
    out = {sigma: velocity(torch.zeros(1, 1, 1), torch.tensor(sigma)).item() for sigma in (0.1, 0.2, 0.5, 0.7)}
    assert out == {0.1: 11.0, 0.2: 53.0, 0.5: 53.0, 0.7: 11.0}
    assert network.rows == 6


def test_conditions_are_prepared_once_and_only_where_they_are_used():
    class Preparing(Linear):
        prepared = 0

        def prepare(self, text, video):
            self.prepared += 1
            return {"text": 2 * text, "video": 2 * video}

    network = Preparing()
    deltas = Guidance(4.5, 4.5).deltas(POSITIVE, NEGATIVE, NEGATIVE_SEEN)
    velocity = guided_velocity(network, NEGATIVE, deltas)
    for sigma in (0.9, 0.5):
        assert velocity(torch.zeros(2, 1, 1), torch.tensor(sigma)).unique().item() == 2 * 53.0
    assert network.prepared == 2
