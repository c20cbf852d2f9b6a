"""HunyuanVideo-Foley's network against upstream's own outputs, and in other types and batches."""

import pytest
import torch
from golden_cases import distance, draw, fill_state, manifest, outputs

from v2a_core.errors import InputError
from v2a_core.models.hunyuan_foley.config import VARIANTS, FoleyConfig
from v2a_core.models.hunyuan_foley.network import FoleyNetwork

CASES = {  # lengths of latent, text, SigLIP 2 and Synchformer features
    "hunyuan_foley_tiny": (250, 9, 40, 112),
    "hunyuan_foley_tiny_odd": (101, 3, 16, 40),
}
TINY = "hunyuan_foley_tiny"
EXACT = 1e-4
EVERY = 5  # the stored outputs are of every fifth latent frame
SIGMA = torch.tensor([500, 37.5]) / 1000


def weights(case):
    return fill_state(manifest(case))


def inputs(case):
    """Latent, and what the network is shown."""
    latent, text, clip, sync = CASES[case]
    shown = {
        "text": draw(f"{case}.cond", (2, text, 768)),
        "clip": draw(f"{case}.clip_feat", (2, clip, 768)),
        "sync": draw(f"{case}.sync_feat", (2, sync, 768)),
    }
    return draw(f"{case}.x", (2, 128, latent)), shown


@pytest.fixture(scope="module")
def network():
    return FoleyNetwork.from_state(weights(TINY), dtype=torch.float32)


@pytest.mark.parametrize("case", CASES)
def test_velocity_is_upstreams(case):
    network, (x, shown) = FoleyNetwork.from_state(weights(case), dtype=torch.float32), inputs(case)
    assert distance(network(x, SIGMA, **shown)[..., ::EVERY], outputs(case)["velocity"]) < EXACT


@pytest.mark.parametrize("name", VARIANTS)
def test_parameters_are_the_published_ones(name):
    state = FoleyNetwork(VARIANTS[name], device="meta").state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == manifest(name)


def test_the_last_modulation_does_nothing(network):
    state = weights(TINY)
    for key in state:
        if key.startswith("final_layer.adaLN_modulation."):
            state[key] = torch.randn_like(state[key])
    other, (x, shown) = FoleyNetwork.from_state(state, dtype=torch.float32), inputs(TINY)
    assert torch.equal(other(x, SIGMA, **shown), network(x, SIGMA, **shown))


def test_prompts_of_a_batch_are_read_to_the_longest(network):
    x, shown = inputs(TINY)
    text = draw("padded", (2, 77, 768))
    out = network(x, SIGMA, **{**shown, "text": text}, text_length=torch.tensor([4, 7]))
    assert torch.equal(out, network(x, SIGMA, **{**shown, "text": text[:, :7]}))
    # Padding is attended to, so how much there is matters.
    assert distance(network(x, SIGMA, **{**shown, "text": text[:, :4]}), out) > 1e-3


def test_bfloat16_stays_near_float32(network):
    x, shown = inputs(TINY)
    out = FoleyNetwork.from_state(weights(TINY))(x, SIGMA, **shown)
    assert out.dtype == torch.float32
    assert distance(out, network(x, SIGMA, **shown)) < 0.03


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2], ids=str)
def test_float8_tensors_stay_and_count_for_what_they_say(dtype):
    # As published: which tensors are float8 differs between files, kernels and modulations among them.
    state = {key: value.bfloat16() for key, value in weights(TINY).items()}
    small = {key: value.to(dtype) for key, value in state.items() if "_blocks." in key and value.ndim > 1}
    assert {value.ndim for value in small.values()} == {2, 3}
    network = FoleyNetwork.from_state({**state, **small})
    assert {key for key, value in network.state_dict().items() if value.dtype == dtype} == set(small)
    upcast = FoleyNetwork.from_state({**state, **{key: value.bfloat16() for key, value in small.items()}})
    x, shown = inputs(TINY)
    assert torch.equal(network(x, SIGMA, **shown), upcast(x, SIGMA, **shown))


def test_a_torn_file_is_named():
    state = weights(TINY)
    assert FoleyConfig.of({key: value.shape for key, value in state.items()}).triple == 2
    del state["triple_blocks.1.text_cross_kv.bias"]
    with pytest.raises(InputError, match=r"torn\.safetensors does not hold a whole HunyuanVideo-Foley network"):
        FoleyNetwork.from_state(state, source="torn.safetensors")
