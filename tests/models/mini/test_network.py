"""Mini's network sees each condition where it stands, and does the same at any length."""

import pytest
import torch

from v2a_core.models.mini.network import MiniNetwork, NetworkConfig

WIDTHS = {"text": 129, "video": 129, "speech": 42}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MiniNetwork(NetworkConfig(width=64, inner=96, depth=4, attention_in=(2,), reach=10)).eval()


def conditions(tokens, value=0.3):
    return {name: torch.full((1, tokens, width), value) for name, width in WIDTHS.items()}


@torch.inference_mode()
def test_a_change_of_the_picture_is_heard_near_where_it_is(network):
    torch.manual_seed(1)
    x, sigma = torch.randn(1, 80, 400), torch.tensor([0.5])
    plain, changed = conditions(100), conditions(100)
    changed["video"][:, 50] += 2.0
    difference = (network(x, sigma, **plain) - network(x, sigma, **changed)).abs().sum(1)[0]
    assert difference.argmax().item() // 4 == 50
    # Four convolutions of three tokens' reach and one attention of ten.
    reach = (4 * 3 + 10) * 4
    assert difference[: 200 - reach].max() == 0
    assert difference[204 + reach :].max() == 0


@torch.inference_mode()
def test_far_from_the_ends_length_does_not_matter(network):
    torch.manual_seed(1)
    x, sigma = torch.randn(1, 80, 800), torch.tensor([0.5])
    long = network(x, sigma, **conditions(200))
    short = network(x[..., :400], sigma, **conditions(100))
    torch.testing.assert_close(long[..., :300], short[..., :300], atol=1e-4, rtol=0)


@torch.inference_mode()
def test_absence_differs_from_zero_and_noise_level_matters(network):
    x = torch.ones(1, 80, 40)
    absent, zero = conditions(10, 0.0), conditions(10, 0.0)
    zero["video"][..., -1] = 1
    one = torch.tensor([0.2])
    assert not torch.allclose(network(x, one, **absent), network(x, one, **zero), atol=1e-4)
    assert not torch.allclose(network(x, one, **absent), network(x, one * 3, **absent), atol=1e-4)
