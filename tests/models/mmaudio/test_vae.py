"""MMAudio's autoencoder: its halves against upstream's own outputs, each without the other, and files that lack one."""

import pytest
import torch
from golden_cases import distance, draw, fill, manifest, outputs

from v2a_core.errors import InputError
from v2a_core.models.mmaudio.vae import VAEConfig, VAEDecoder, VAEEncoder

EXACT = 1e-4
CONFIGS = {"16k": VAEConfig(bands=80, latent=20, width=384), "44k": VAEConfig(bands=128, latent=40, width=512)}
OTHER = {"encoder": "decoder.", "decoder": "encoder."}


def weights(rate, half, drawn=fill):
    """Published tensors of one half, without the other's."""
    shapes = manifest(f"vae_{rate}")
    return {name: drawn(name, shape) for name, shape in shapes.items() if not name.startswith(OTHER[half])}


def blank(_, shape):
    return torch.zeros(shape, device="meta")


@pytest.mark.parametrize("rate", CONFIGS)
@torch.inference_mode()
def test_decoder_is_upstreams(rate):
    case, config = f"mmaudio_vae_{rate}", CONFIGS[rate]
    decoder = VAEDecoder.from_state(weights(rate, "decoder"))
    assert distance(decoder(draw(f"{case}.z", (1, config.latent, 40))), outputs(case)["decoded"]) < EXACT


@pytest.mark.parametrize("rate", CONFIGS)
@torch.inference_mode()
def test_encoder_is_upstreams(rate):
    case, config = f"mmaudio_vae_{rate}", CONFIGS[rate]
    encoder = VAEEncoder.from_state(weights(rate, "encoder"))
    mean, deviation = encoder(draw(f"{case}.mel", (1, config.bands, 80)))
    assert distance(mean, outputs(case)["mode"]) < EXACT
    assert distance(deviation, outputs(case)["std"]) < EXACT


@pytest.mark.parametrize("rate", CONFIGS)
@pytest.mark.parametrize(("half", "kind"), [("decoder", VAEDecoder), ("encoder", VAEEncoder)])
def test_a_half_takes_every_published_tensor_and_no_other(rate, half, kind):
    module = kind.from_state(weights(rate, half, blank))
    assert module.config == CONFIGS[rate]
    published = {name.removeprefix(f"{half}."): shape for name, shape in manifest(f"vae_{rate}").items()}
    folded = {"conv_out.bias": (CONFIGS[rate].bands,)} if half == "decoder" else {}
    expected = {name: published[name] for name in published if not name.startswith(OTHER[half])} | folded
    gone = {"learnable_gain", "data_mean", "data_std"} if half == "decoder" else {"learnable_gain"}
    assert {name: tuple(value.shape) for name, value in module.state_dict().items()} == {
        name: shape for name, shape in expected.items() if name not in gone
    }


def test_the_other_half_is_not_looked_at():
    whole = weights("16k", "decoder", blank) | weights("16k", "encoder", blank)
    assert VAEDecoder.from_state(whole).config == VAEEncoder.from_state(whole).config == CONFIGS["16k"]


def test_a_file_without_the_half_is_named():
    only = weights("16k", "decoder", blank)
    with pytest.raises(InputError, match=r"my\.safetensors does not hold the encoder of an MMAudio VAE: it has no enc"):
        VAEEncoder.from_state(only, "my.safetensors")


def test_a_file_with_a_hole_is_named():
    state = weights("16k", "decoder", blank)
    del state["decoder.mid.attn_1.proj_out.weight"]
    with pytest.raises(InputError, match=r"my\.safetensors .* it has no mid\.attn_1\.proj_out\.weight\. Choose"):
        VAEDecoder.from_state(state, "my.safetensors")


def test_a_kernel_of_another_size_is_named():
    state = weights("16k", "decoder", blank) | {"decoder.up.1.upsample.conv.weight": blank("", (768, 768, 5))}
    with pytest.raises(InputError, match=r"its up\.1\.upsample\.conv\.weight is \(768, 768, 5\), not \(768, 768, 3\)"):
        VAEDecoder.from_state(state)
