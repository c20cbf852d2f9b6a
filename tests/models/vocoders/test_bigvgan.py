"""BigVGAN: both published ones against upstream's own output, every way of storing them, and decoding in chunks."""

from dataclasses import replace

import pytest
import torch
from golden_cases import distance, draw, fill, fill_state, manifest, outputs

from v2a_core.errors import InputError
from v2a_core.models.vocoders.bigvgan import BigVGAN, BigVGANConfig

EXACT = 1e-4
GAIN = 0.7
V1 = BigVGANConfig(bands=80, width=1536, strides=(4, 4, 2, 2, 2, 2), kernels=(3, 7, 11), tanh=True)
CONFIGS = {"bigvgan_16k": V1, "bigvgan_v2_44k": replace(V1, bands=128, strides=(8, 4, 2, 2, 2, 2), tanh=False)}
SPELLINGS = [("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1")]


def weight_norm(shapes, gain, direction):
    """The names and shapes of plain weights under weight normalisation."""
    spelled = {}
    for name, shape in shapes.items():
        stem = name.removesuffix("weight")
        if stem == name:
            spelled[name] = shape
        else:
            spelled |= {stem + gain: (shape[0], *[1] * (len(shape) - 1)), stem + direction: shape}
    return spelled


def blank(shapes):
    return {name: torch.zeros(shape, device="meta") for name, shape in shapes.items()}


def little():
    """Names and shapes of a BigVGAN of the published layout with two narrow stages."""
    shapes = {}
    for name, shape in manifest("bigvgan_v2_44k").items():
        index = int(name.split(".")[1]) if name.startswith(("ups.", "resblocks.")) else 0
        if name.startswith("ups.") and index < 2:
            shape = (16 >> index, 8 >> index, *shape[2:]) if len(shape) > 1 else (8 >> index,)
        elif name.startswith("resblocks.") and index < 6:
            width = 8 >> index // 3
            shape = tuple(width if size > 100 else size for size in shape)
        elif name.startswith(("ups.", "resblocks.")):
            continue
        else:
            shape = tuple({1536: 16, 128: 5, 24: 4}.get(size, size) for size in shape)
        shapes[name] = shape
    return shapes


@pytest.mark.parametrize("case", CONFIGS)
@torch.inference_mode()
def test_vocoder_is_upstreams(case):
    vocoder = BigVGAN.from_state(fill_state(manifest(case), GAIN))
    mel = draw(f"{case}.mel", (1, CONFIGS[case].bands, 12)) - 4
    assert distance(vocoder.decode(mel), outputs(case)["wave"]) < EXACT


@pytest.mark.parametrize("case", CONFIGS)
def test_vocoder_takes_every_published_tensor_in_every_spelling(case):
    plain = manifest(case)
    for spelled in (plain, *(weight_norm(plain, *spelling) for spelling in SPELLINGS)):
        assert BigVGAN.from_state(blank(spelled)).config == CONFIGS[case]


def test_weight_normalisation_is_folded():
    shapes = little()
    for gain, direction in SPELLINGS:
        spelled = fill_state(weight_norm(shapes, gain, direction))
        plain = {name: fill(name, shape) for name, shape in shapes.items() if not name.endswith("weight")}
        for name in shapes:
            if name.endswith("weight"):
                v, g = spelled[name.removesuffix("weight") + direction], spelled[name.removesuffix("weight") + gain]
                plain[name] = torch._weight_norm(v, g, 0)
        torch.testing.assert_close(BigVGAN.from_state(spelled).state_dict(), BigVGAN.from_state(plain).state_dict())


def test_chunks_change_nothing():
    vocoder = BigVGAN.from_state(fill_state(little(), GAIN))
    config, mel = vocoder.config, draw("mel", (2, 5, 3 * vocoder.config.reach))
    whole = vocoder.decode(mel)
    assert whole.shape == (2, 1, mel.shape[2] * config.hop)
    for frames in (1, 7, config.reach, 2 * config.reach):
        torch.testing.assert_close(vocoder.decode(mel, frames * config.hop), whole, rtol=1e-5, atol=1e-6)


def test_a_frame_reaches_no_further_than_a_chunk_is_widened():
    vocoder = BigVGAN.from_state(fill_state(little(), GAIN))
    config, mel = vocoder.config, draw("mel", (1, 5, 4 * vocoder.config.reach))
    changed = mel.clone()
    changed[..., 2 * config.reach] += 3
    heard = (vocoder(changed) - vocoder(mel))[0, 0].nonzero() // config.hop
    assert heard.min() >= config.reach
    assert heard.max() <= 3 * config.reach


def test_fewer_frames_than_filters_reach():
    out = BigVGAN.from_state(fill_state(little(), GAIN)).decode(draw("mel", (1, 5, 1)))
    assert out.shape == (1, 1, 32)
    assert out.isfinite().all()


def test_another_file_is_named():
    with pytest.raises(InputError, match=r"some\.safetensors does not hold a BigVGAN vocoder: it has 0 ups, 0 resbl"):
        BigVGAN.from_state(blank(manifest("vae_16k")), "some.safetensors")


def test_a_file_with_holes_is_named():
    state = blank(weight_norm(little(), *SPELLINGS[0]))
    for name in ("resblocks.2.convs1.1.weight_g", "resblocks.3.activations.0.act.beta", "conv_post.weight_v"):
        del state[name]
    with pytest.raises(InputError, match=r"some\.safetensors does not .* it has no resblocks\.2\.convs1\.1\.weight, "):
        BigVGAN.from_state(state, "some.safetensors")
