"""The DAC codec against upstream's own outputs, by halves and in pieces."""

import pytest
import torch
from golden_cases import distance, draw, fill_state, manifest, outputs

from v2a_core.errors import InputError
from v2a_core.models.hunyuan_foley import dac
from v2a_core.models.hunyuan_foley.dac import CONTEXT, HOP, DACDecoder, DACEncoder
from v2a_core.models.vocoders.weight_norm import plain_weights

CASE = "dac_128d_48k_tiny"
EXACT = 1e-4


@pytest.fixture(scope="module")
def weights():
    shapes = manifest(CASE)
    alphas = {name: 1 + 0.1 * draw(name, shape) for name, shape in shapes.items() if name.endswith(".alpha")}
    return {**fill_state(shapes, gain=0.7), **alphas}


@pytest.fixture(scope="module")
def decoder(weights):
    return DACDecoder.from_state(weights)


def test_sound_is_upstreams(decoder):
    assert distance(decoder.decode(draw(f"{CASE}.z", (1, 16, 7))), outputs(CASE)["audio"]) < EXACT


def test_latent_is_upstreams(weights):
    encoder, wave = DACEncoder.from_state(weights), 0.3 * draw(f"{CASE}.audio", (1, 1, 4800))
    mean, logvar = encoder(wave)
    assert distance(mean, outputs(CASE)["mean"]) < EXACT
    assert distance(logvar, outputs(CASE)["logvar"]) < EXACT
    assert torch.equal(encoder.encode(wave), mean)
    # What is no whole number of frames ends in silence.
    assert torch.equal(encoder.encode(wave[..., :4000]), encoder(wave.index_fill(2, torch.arange(4000, 4800), 0))[0])


def test_pieces_are_the_whole(weights, monkeypatch):
    decoder = DACDecoder.from_state(weights).double()
    monkeypatch.setattr(dac, "CHUNK", 13)
    sizes = []
    decoder.post_quant_conv.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[-1]))
    for frames in (1, 13, 14, 60):
        latent = draw("latent", (2, 16, frames)).double()
        whole = decoder(latent)
        sizes.clear()
        pieces = decoder.decode(latent)
        assert pieces.shape == (2, 1, HOP * frames)
        torch.testing.assert_close(pieces, whole, atol=1e-12, rtol=0)
        assert max(sizes) <= 13 + 2 * CONTEXT


def test_pieces_of_sound_are_the_whole(weights, monkeypatch):
    encoder = DACEncoder.from_state(weights).double()
    monkeypatch.setattr(dac, "CHUNK", 13)
    sizes = []
    encoder.quant_conv.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[-1]))
    for frames in (1, 14, 60):
        wave = draw("wave", (2, 1, HOP * frames)).double()
        whole, _ = encoder(wave)
        sizes.clear()
        torch.testing.assert_close(encoder.encode(wave), whole, atol=1e-12, rtol=0)
        assert max(sizes) <= 13 + 2 * CONTEXT


def test_parameters_are_the_published_ones_once_folded():
    shapes = manifest("dac_128d_48k")
    published = dict(plain_weights({name: torch.empty(shape, device="meta") for name, shape in shapes.items()}))
    state = {**DACDecoder(device="meta").state_dict(), **DACEncoder(device="meta").state_dict()}
    assert {name: value.shape for name, value in state.items()} == {k: v.shape for k, v in published.items()}
    assert len(published) < len(shapes)


def test_halves_load_apart_and_in_any_type(weights, decoder):
    for half, other in ((DACDecoder, DACEncoder), (DACEncoder, DACDecoder)):
        own = {name: value.half() for name, value in weights.items() if name.startswith(half.PREFIXES)}
        assert all(value.dtype == torch.float32 for value in half.from_state(own).state_dict().values())
        with pytest.raises(InputError, match=rf"half\.safetensors does not hold a whole {other.__name__}"):
            other.from_state(own, "half.safetensors")
