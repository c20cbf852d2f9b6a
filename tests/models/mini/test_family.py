"""Mini as a family: streamed eyes see what whole ones see, and its file gives back what was put in."""

import numpy as np
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.video import FrameChunk
from v2a_core.models import load_family
from v2a_core.models.base import TextFeatures, VisualFeatures
from v2a_core.models.mini.family import save
from v2a_core.prompts.transcript import Line, Transcript


@pytest.fixture(scope="module")
def mini():
    return load_family("mini", weights="random")


def chunks(frames, size):
    for first in range(0, len(frames), size):
        part = frames[first : first + size]
        yield "sync", FrameChunk(part, np.arange(first, first + len(part)) / 25, first)


@torch.inference_mode()
@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_a_streamed_video_is_seen_as_a_whole_one(mini, size):
    frames = torch.randint(0, 256, (30, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    whole = mini.visual(frames[None])[0]
    streamed = mini.visual.encode(chunks(frames, size), 30 / 25).tensors["sync"]
    torch.testing.assert_close(streamed, whole, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_one_frame_is_a_video(mini):
    frames = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    assert mini.visual.encode(chunks(frames, 64), 0.04).tensors["sync"].shape == (1, 128)


def test_conditions_say_what_is_there(mini):
    text = TextFeatures("mini", torch.full((1, 128), 2.0), "rain")
    video = VisualFeatures("mini", {"sync": torch.full((25, 128), 3.0)}, {"sync": 25.0}, 1.0)
    both = mini.condition(text, video, None, 1.0)
    assert both.text["text"].shape == both.video["video"].shape == (1, 25, 129)
    assert both.text["text"][0, :, -1].unique().tolist() == [1.0]
    assert both.video["video"][0, 7, 0] == 3
    neither = mini.condition(None, None, None, 1.0)
    assert all(tensor.abs().max() == 0 for tensor in neither.tensors().values())
    # A video that ends early leaves the rest of the time unseen.
    longer = mini.condition(text, video, None, 2.0).video["video"][0, :, -1]
    assert longer.tolist() == [1.0] * 25 + [0.0] * 25


def test_a_transcript_is_refused_not_ignored(mini):
    with pytest.raises(InputError, match="can't speak"):
        mini.condition(None, None, Transcript((Line(0.0, 1.0, "hello"),)), 1.0)
    mini.condition(None, None, Transcript(), 1.0)


def test_the_file_gives_back_what_was_put_in(mini, tmp_path):
    save(mini, tmp_path / "mini.safetensors")
    again = load_family("mini", weights=tmp_path / "mini.safetensors")
    assert again.text.words == mini.text.words
    for name in ("network", "visual", "text", "decoder"):
        for key, value in getattr(mini, name).state_dict().items():
            assert torch.equal(getattr(again, name).state_dict()[key].float(), value.half().float()), f"{name}.{key}"


def test_a_file_of_other_shapes_is_named(mini, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    save(mini, tmp_path / "mini.safetensors")
    state = load_file(tmp_path / "mini.safetensors")
    with safe_open(tmp_path / "mini.safetensors", "pt") as file:
        metadata = file.metadata()
    state["decoder.head.weight"] = state["decoder.head.weight"][:5].clone()
    save_file(state, tmp_path / "cut.safetensors", metadata)
    with pytest.raises(InputError, match=r"cut\.safetensors does not fit Mini's decoder"):
        load_family("mini", weights=tmp_path / "cut.safetensors")


def test_an_unknown_model_is_named():
    with pytest.raises(InputError, match="no model called 'maxi': choose one of mini"):
        load_family("maxi")
