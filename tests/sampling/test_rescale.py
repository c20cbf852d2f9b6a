"""Rescaled guidance: the contrast of each item comes back as far as is asked, and its direction stays."""

import pytest
import torch

from v2a_core.sampling.guidance import Guidance, guided_velocity
from v2a_core.sampling.rescale import rescaled


def drawn(seed, scale, shape=(2, 3, 50)):
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("share", [0.0, 0.7, 1.0])
def test_each_item_gets_its_own_contrast_back(share):
    positive = drawn(0, 1.0) * torch.tensor([1.0, 0.2])[:, None, None]
    guided = drawn(1, 2.0)
    out = rescaled(guided, positive, share)
    for one, before, aim in zip(out, guided, positive, strict=True):
        assert one.std().item() == pytest.approx((share * aim.std() + (1 - share) * before.std()).item())
        assert torch.nn.functional.cosine_similarity(one.flatten(), before.flatten(), 0) > 0.9999


def test_a_flat_estimate_stays_finite():
    assert rescaled(torch.zeros(1, 3, 50), drawn(0, 1.0, (1, 3, 50)), 0.7).eq(0).all()


class Told:
    """A network whose estimate of the data is what the conditions name, whatever x is; it counts its rows."""

    rows = 0

    def __call__(self, x, sigma, data):
        self.rows += len(x)
        return (x - data) / sigma[:, None, None]


def guided(guidance, sigma=0.4):
    """The estimate of the data, that under the positive conditions alone, and how many rows were asked for."""
    data = {"positive": drawn(0, 1.0, (1, 3, 50)), "negative": drawn(1, 1.0, (1, 3, 50))}
    data["negative_with_video"] = data["negative"] + 0.3 * drawn(2, 1.0, (1, 3, 50))
    network, x = Told(), drawn(3, 1.0, (1, 3, 50))
    conditions = {name: (({"data": one}, None),) for name, one in data.items()}
    velocity = guided_velocity(network, guidance, **conditions)(x, torch.tensor(sigma))
    return x - sigma * velocity, data["positive"], network.rows


def test_guidance_takes_the_contrast_it_adds_back():
    plain, positive, _ = guided(Guidance(4.0, 3.0))
    assert plain.std() > 2 * positive.std()
    back, _, rows = guided(Guidance(4.0, 3.0, rescale=1.0))
    assert back.std().item() == pytest.approx(positive.std().item(), rel=1e-4) and rows == 3
    assert torch.allclose(back / back.std(), plain / plain.std(), atol=1e-4)


def test_without_guidance_there_is_nothing_to_take_back():
    out, positive, rows = guided(Guidance(1.0, 1.0, rescale=1.0))
    assert torch.allclose(out, positive, atol=1e-5) and rows == 1


def test_the_prompt_says_how_loud_it_is_even_where_its_scale_is_nothing():
    out, positive, rows = guided(Guidance(0.0, 3.0, rescale=1.0))
    assert out.std().item() == pytest.approx(positive.std().item(), rel=1e-4) and rows == 3
