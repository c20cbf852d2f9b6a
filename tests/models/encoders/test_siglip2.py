"""SigLIP 2's image tower: what transformers' whole model says of a picture, from its picture half alone."""

import pytest
import torch
from golden_cases import manifest

from v2a_core.errors import InputError
from v2a_core.models.encoders.siglip2 import Siglip2Config, Siglip2Image

transformers = pytest.importorskip("transformers")
NARROW = {"hidden_size": 128, "intermediate_size": 192, "num_hidden_layers": 2, "num_attention_heads": 2}
PUBLISHED = "siglip2_base_patch16_512_vision"


@pytest.fixture(scope="module")
def published():
    """transformers' model of pictures and texts with random weights, narrow."""
    torch.manual_seed(0)
    text = {**NARROW, "vocab_size": 10, "bos_token_id": 0, "eos_token_id": 2}
    sizes = transformers.SiglipConfig(text_config=text, vision_config={**NARROW, "image_size": 64, "patch_size": 16})
    model = transformers.SiglipModel(sizes).eval()
    # As drawn, biases are zero and gains one: nothing would tell whether they are used.
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


@pytest.fixture(scope="module")
def tower(published):
    return Siglip2Image.from_state(published.state_dict())


@torch.inference_mode()
def test_a_picture_is_what_transformers_makes_of_it(published, tower):
    x = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    reference = published.get_image_features(x)
    reference = getattr(reference, "pooler_output", reference)
    torch.testing.assert_close(tower(x), reference, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_frames_streamed_are_frames_at_once(tower):
    frames = torch.randint(0, 256, (11, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    stream = tower.stream()
    for part in frames.split(4):
        stream.add(part)
    whole = tower((frames.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5)
    torch.testing.assert_close(stream.features(), whole, atol=1e-5, rtol=1e-5)


def test_parameters_are_the_published_ones():
    shapes = manifest(PUBLISHED)
    config = Siglip2Config.of(shapes)
    assert config == Siglip2Config(width=768, inner=3072, layers=12, patch=16, positions=1024)
    state = Siglip2Image(config, device="meta").state_dict()
    assert {name: tuple(value.shape) for name, value in state.items()} == shapes


def test_the_text_half_is_not_needed_and_a_torn_file_is_named(published):
    state = {name: value for name, value in published.state_dict().items() if name.startswith("vision_model.")}
    Siglip2Image.from_state(state)
    del state["vision_model.head.probe"]
    with pytest.raises(InputError, match=r"torn\.safetensors does not hold a whole SigLIP 2 tower"):
        Siglip2Image.from_state(state, source="torn.safetensors")
    with pytest.raises(InputError, match="does not hold a whole SigLIP 2 tower"):
        Siglip2Image.from_state({"text_model.weight": torch.zeros(1)})
