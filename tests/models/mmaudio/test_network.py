"""MMAudio's network against upstream's own outputs, and in other types, layouts and batches."""

import pytest
import torch
from golden_cases import distance, draw, fill_state, manifest, outputs
from torch import nn

from v2a_core.models.base import Conditions
from v2a_core.models.layers import time_conv, windows
from v2a_core.models.mmaudio.config import VARIANTS, MMAudioConfig
from v2a_core.models.mmaudio.family import MMAudioDecoder
from v2a_core.models.mmaudio.network import MMAudioNetwork
from v2a_core.settings import Settings
from v2a_core.stages import sample

CASES = {  # lengths of latent, CLIP and Synchformer features
    "mmaudio_tiny_v1": (250, 64, 192),
    "mmaudio_tiny_v2": (345, 64, 192),
    "mmaudio_tiny_v2_5s": (215, 40, 120),
}
EXACT = 1e-4
EVERY = 5  # the stored outputs are of every fifth latent frame


def build(case, **make):
    shapes = manifest(case)
    network = MMAudioNetwork(MMAudioConfig.of(shapes), **make).eval().requires_grad_(False)
    network.load_state_dict(fill_state(shapes))
    return network


def unit(name, *shape):
    tensor = draw(name, shape)
    return tensor / tensor.norm(dim=-1, keepdim=True)


class Case:
    """One golden case: the network and what it is shown."""

    def __init__(self, name):
        latent, clip, sync = CASES[name]
        self.network, self.reference = build(name), outputs(name)
        self.latent = draw(f"{name}.latent", (2, latent, self.network.config.latent_dim)).transpose(1, 2)
        empty = {
            "clip": self.network.empty_clip_feat.expand(2, clip, -1),
            "sync": self.network.empty_sync_feat.expand(2, sync, -1),
        }
        self.cond = {
            "text": unit(f"{name}.text_f", 2, 77, 1024),
            "clip": unit(f"{name}.clip_f", 2, clip, 1024),
            "sync": draw(f"{name}.sync_f", (2, sync, 768)),
        }
        self.null = {"text": self.network.empty_string_feat.expand(2, -1, -1), **empty}
        self.negative = {"text": unit(f"{name}.negative_text_f", 2, 77, 1024), **empty}

    def away(self, latent, row):
        return distance(latent.transpose(1, 2)[:, ::EVERY], self.reference[row])


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


@pytest.mark.parametrize("row", ["cond", "null", "negative"])
def test_velocity_is_upstreams(case, row):
    # In float64, so that the time comes out as upstream's float32 one: v2 tells times apart that float32 rounds.
    sigma = 1 - torch.tensor([0.15, 0.8]).double()
    velocity = case.network(case.latent, sigma, **getattr(case, row))
    assert case.away(-velocity, f"flow_{row}") < EXACT


def test_sampling_is_upstreams(case):
    def conditions(tensors):
        return Conditions({"text": tensors["text"]}, {"clip": tensors["clip"], "sync": tensors["sync"]})

    settings = Settings(0, 5, 4.5, 4.5, "euler", 1.0)
    latent = sample(case.network, conditions(case.cond), conditions(case.negative), case.latent, settings)
    assert case.away(latent, "euler5_cfg4.5") < EXACT
    decoder = MMAudioDecoder(case.network.state_dict(), nn.Identity(), nn.Identity())
    assert case.away(decoder.unnormalized(latent), "unnormalized") < EXACT


@pytest.mark.parametrize("name", VARIANTS)
def test_parameters_are_the_published_ones(name):
    state = MMAudioNetwork(VARIANTS[name].config, device="meta").state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == manifest(name)


def test_what_is_prepared_is_what_the_network_would_do(case):
    sigma = torch.tensor([0.3, 0.3])
    prepared = case.network.prepare(**case.cond)
    assert torch.equal(case.network(case.latent, sigma, **case.cond), case.network(case.latent, sigma, **prepared))


@pytest.mark.parametrize("name", ["mmaudio_tiny_v1", "mmaudio_tiny_v2"])
def test_bfloat16_stays_near_float32_over_a_whole_run(name):
    case, settings = Case(name), Settings(0, 25, 4.5, 4.5, "euler", 1.0)
    # Float32 constants stay what they are in a bfloat16 network.
    narrow = build(name, dtype=torch.bfloat16)
    assert torch.equal(narrow.latent_std, case.network.latent_std)
    positive, negative = (
        Conditions({"text": tensors["text"][:1]}, {key: tensors[key][:1] for key in ("clip", "sync")})
        for tensors in (case.cond, case.negative)
    )
    exact, rounded = (sample(net, positive, negative, case.latent[:1], settings) for net in (case.network, narrow))
    assert rounded.dtype == torch.float32
    assert distance(rounded, exact) < 2e-2


@pytest.mark.parametrize("kernel", [3, 7])
def test_a_convolution_over_time_is_a_convolution(kernel):
    torch.manual_seed(0)
    plain, ours = nn.Conv1d(5, 6, kernel, padding=kernel // 2), time_conv(nn)(5, 6, kernel)
    ours.load_state_dict(plain.state_dict())
    x = torch.randn(2, 11, 5)
    expected = plain(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(ours(windows(x, kernel)).unflatten(0, (2, 11)), expected)
    # A weight that was put there in another layout, as a LoRA loader may, works as well.
    ours.weight.data = ours.weight.data.contiguous()
    torch.testing.assert_close(ours(windows(x, kernel)).unflatten(0, (2, 11)), expected)


def test_weights_keep_the_layout_that_is_fast():
    conv = time_conv(nn)(5, 6, 3, device="meta").to_empty(device="cpu").to(torch.bfloat16)
    conv.load_state_dict(nn.Conv1d(5, 6, 3).state_dict())
    assert conv.weight.transpose(1, 2).is_contiguous()
