"""Guidance: scales act on their own condition, and evaluations that cancel are not made."""

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.sampling.guidance import Guidance, When, guided_velocity


class Linear:
    """A network whose velocity is text + 10 * video, counting the conditions it was asked about."""

    rows = 0

    def __call__(self, x, sigma, text, video):
        self.rows += len(x)
        assert sigma.shape == (len(x),)
        return text + 10 * video + 0 * x


def tensors(text, video):
    return {"text": torch.full((1, 1, 1), text), "video": torch.full((1, 1, 1), video)}


CONDITIONS = {
    "positive": tensors(1.0, 1.0),
    "negative": tensors(-1.0, 0.0),
    "negative_with_video": tensors(-1.0, 1.0),
    "unprompted": tensors(0.5, 0.0),
    "unprompted_with_video": tensors(0.5, 1.0),
}


def velocity_of(network, guidance, **timed):
    names = list(CONDITIONS)[: 5 if guidance.needs_unprompted else 3]
    return guided_velocity(network, guidance, **{name: ((CONDITIONS[name], None),) for name in names} | timed)


def guided(text, video, batch=1):
    network = Linear()
    out = velocity_of(network, Guidance(text, video))(torch.zeros(batch, 1, 1), torch.tensor(0.5))
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
    when = When((0.2, 0.6))
    velocity = velocity_of(network, Guidance(4.5, 4.5, text_when=when, video_when=when))
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
    velocity = velocity_of(network, Guidance(4.5, 4.5))
    for sigma in (0.9, 0.5):
        assert velocity(torch.zeros(2, 1, 1), torch.tensor(sigma)).unique().item() == 2 * 53.0
    assert network.prepared == 2


def at(guidance, sigma=0.5):
    network = Linear()
    return velocity_of(network, guidance)(torch.zeros(1, 1, 1), torch.tensor(sigma)).item(), network.rows


def test_the_negative_prompt_has_a_strength_of_its_own():
    # No prompt is 0.5, the negative one -1: at strength w what is turned away from is 0.5 - 1.5 w.
    for strength in (0.0, 0.5, 2.0):
        away = 0.5 - 1.5 * strength
        assert at(Guidance(3.0, 5.0, strength))[0] == pytest.approx(away + 5 * 10 + 3 * (1 - away))
    assert at(Guidance(3.0, 5.0, 1.0)) == (-1 + 5 * 10 + 3 * 2, 3)
    assert at(Guidance(3.0, 3.0, 0.0)) == (0.5 + 3 * 10.5, 2)


def test_schedules_act_apart():
    guidance = Guidance(3.0, 5.0, text_when=When((0.0, 0.4)), video_when=When((0.6, 1.0)))
    assert at(guidance, 0.2) == (-1 + 10 + 3 * 2, 2)
    assert at(guidance, 0.8) == (-1 + 5 * 10 + 2, 3)
    assert at(guidance, 0.5) == (11.0, 1)


def test_ramps():
    rising, falling = (When((0.2, 0.6), ramp) for ramp in ("rising", "falling"))
    assert [rising.at(sigma, 5.0, 1.0) for sigma in (0.6, 0.4, 0.2, 0.1)] == pytest.approx([1, 3, 5, 1])
    assert [falling.at(sigma, 5.0, 1.0) for sigma in (0.6, 0.4, 0.2, 0.7)] == pytest.approx([5, 3, 1, 1])
    assert When((0.3, 0.3), "rising").at(0.3, 5.0, 1.0) == 5
    assert When((0.5, 1.0)).at(0.2, 2.0, 0.0) == 0
    with pytest.raises(InputError, match="no ramp called 'up'"):
        When(ramp="up")


def test_conditions_count_where_they_govern():
    early = torch.tensor([1.0, 0.75, 0.25, 0.0])
    parts = (tensors(1.0, 1.0), early), (tensors(4.0, 1.0), 1 - early)
    velocity = velocity_of(network := Linear(), Guidance(2.0, 2.0), positive=parts)
    out = velocity(torch.zeros(2, 1, 4), torch.tensor(0.5))
    expected = -1 + 2 * (early * 11 + (1 - early) * 14 + 1)
    assert torch.allclose(out, expected.expand(2, 1, 4)) and network.rows == 3 * 2


def test_parts_that_say_the_same_are_one():
    early = torch.tensor([1.0, 0.6, 0.4, 0.0])
    parts = (CONDITIONS["positive"], early), (CONDITIONS["positive"], 1 - early)
    both = [
        velocity_of(Linear(), Guidance(3.0, 5.0), **timed)(torch.zeros(1, 1, 4), torch.tensor(0.5))
        for timed in ({}, {"positive": parts})
    ]
    assert torch.allclose(*both)
