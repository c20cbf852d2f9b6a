"""CLIP's two towers against open_clip's own outputs, apart from each other, and over a stream of frames."""

import numpy as np
import pytest
import torch
from golden_cases import distance, draw, fill_state, manifest, outputs

from v2a_core.errors import InputError
from v2a_core.models.encoders.clip import (
    ClipImage,
    ClipText,
    ImageConfig,
    TextConfig,
    image_state,
    text_state,
)
from v2a_core.models.encoders.clip_tokens import tokenize

EXACT = 1e-4
PUBLISHED = "clip_dfn5b_vit_h14_384"


@pytest.fixture(scope="module")
def state():
    return fill_state(manifest("clip_tiny"))


@pytest.fixture(scope="module")
def image(state):
    return ClipImage.from_state(state)


@pytest.fixture(scope="module")
def text(state):
    return ClipText.from_state(state)


@torch.inference_mode()
def test_the_image_tower_is_exact(image):
    found = image(draw("clip_tiny.image", (3, 3, 384, 384)))
    assert distance(found, outputs("clip_tiny")["image_features"]) < EXACT
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(3))


@torch.inference_mode()
def test_the_text_tower_is_exact_at_every_token(text):
    golden = outputs("clip_tiny")
    found = text(golden["token_ids"])
    assert distance(found, golden["text_features"]) < EXACT
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(found.shape[:2]))


@torch.inference_mode()
def test_a_prompt_is_its_tokens(text):
    expected = text(torch.tensor([tokenize("footsteps on gravel")]))[0]
    torch.testing.assert_close(text.encode("Footsteps  on gravel "), expected)


def test_half_a_file_is_enough_for_half_a_model(state):
    assert ClipImage.from_state({k: v for k, v in state.items() if k.startswith("visual.")})
    assert ClipText.from_state({k: v for k, v in state.items() if not k.startswith("visual.")})


@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_scale_of_similarities_is_of_no_account(state, shape):
    assert ClipText.from_state({**state, "logit_scale": torch.ones(shape)})


def test_the_published_model_has_exactly_these_parameters():
    shapes = manifest(PUBLISHED)
    image = ClipImage(ImageConfig.of(image_state(shapes)), device="meta")
    text = ClipText(TextConfig.of(text_state(shapes)), device="meta")
    found = {f"visual.{k}": tuple(v.shape) for k, v in image.state_dict().items()}
    found |= {k: tuple(v.shape) for k, v in text.state_dict().items()}
    renamed = {k.replace("in_proj.", "in_proj_"): v for k, v in found.items()}
    assert renamed | {"text_projection": (1024, 1024), "logit_scale": ()} == shapes
    assert image.transformer.resblocks[0].attn.heads == text.transformer.resblocks[0].attn.heads == 16


def test_weights_that_have_the_type_are_not_copied(state):
    towers = ClipImage.from_state(state), ClipText.from_state(state)
    assert towers[0].proj.data_ptr() == state["visual.proj"].data_ptr()
    assert towers[1].token_embedding.weight.data_ptr() == state["token_embedding.weight"].data_ptr()
    half = ClipImage.from_state(state, dtype=torch.bfloat16)
    assert {value.dtype for value in half.state_dict().values()} == {torch.bfloat16}


@torch.inference_mode()
def test_bfloat16_is_near(state, image, text):
    pictures, golden = draw("clip_tiny.image", (2, 3, 384, 384)), outputs("clip_tiny")
    half = ClipImage.from_state(state, dtype=torch.bfloat16)(pictures)
    assert half.dtype == torch.float32
    assert distance(half, image(pictures)) < 3e-2
    half = ClipText.from_state(state, dtype=torch.bfloat16)(golden["token_ids"])
    assert distance(half, golden["text_features"]) < 3e-2


@pytest.mark.parametrize("tower", [ClipImage, ClipText])
@pytest.mark.parametrize("fault", ["missing", "shape", "other"])
def test_weights_that_do_not_fit_are_named(state, tower, fault):
    name = "visual.ln_post.bias" if tower is ClipImage else "ln_final.bias"
    faulty = {"missing": {k: v for k, v in state.items() if k != name}, "shape": {**state, name: torch.zeros(3)}}
    with pytest.raises(InputError, match=rf"clip\.safetensors does not hold a whole {tower.__name__}"):
        tower.from_state(faulty.get(fault, {"conv_pre.weight": torch.zeros(1)}), source="clip.safetensors")


def counted(image):
    """A tower that notes how many pictures each call had."""
    calls, encode = [], image.encode
    image = ClipImage.from_state(
        {f"visual.{k.replace('in_proj.', 'in_proj_')}": v for k, v in image.state_dict().items()}
    )
    image.encode = lambda frames: (calls.append(len(frames)), encode(frames))[1]
    return image, calls


@torch.inference_mode()
@pytest.mark.parametrize("size", [1, 5, 40])
def test_a_stream_gives_each_frame_its_features(image, size):
    random = torch.Generator().manual_seed(1)
    different = torch.randint(0, 256, (19, 384, 384, 3), dtype=torch.uint8, generator=random)
    times = np.repeat(np.arange(19), [1, 3] + [1] * 16 + [4])
    frames = different[torch.from_numpy(times)]
    tower, calls = counted(image)
    stream = tower.stream()
    for first in range(0, len(frames), size):
        stream.add(frames[first : first + size])
    found = stream.features()
    assert calls == [4, 4, 4, 4, 3]
    whole = image.encode(different)[torch.from_numpy(times)]
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_bytes_are_normalised(image):
    frames = torch.full((1, 384, 384, 3), 51, dtype=torch.uint8)
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711])
    expected = image(((0.2 - mean) / std)[None, :, None, None].expand(1, 3, 384, 384))
    torch.testing.assert_close(image.encode(frames), expected, atol=1e-5, rtol=1e-4)
