"""Mini as a family: streamed eyes see what whole ones see, and its file gives back what was put in."""

import numpy as np
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.video import FrameChunk
from v2a_core.models import load_family
from v2a_core.models.base import TextFeatures, VisualFeatures
from v2a_core.models.mini import family as family_module
from v2a_core.models.mini.family import build, save
from v2a_core.prompts.phonemes import PHONEMES
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


def test_a_transcript_says_which_sound_is_made_when(mini):
    said = Transcript((Line(0.4, 1.2, "Hello there."),))
    speech = mini.condition(None, None, said, 2.0).text["speech"][0]
    assert speech.shape == (50, 42) and speech[:, -1].tolist() == [0.0] * 10 + [1.0] * 20 + [0.0] * 20
    named = [PHONEMES[place] for place in speech[10:30, :-1].argmax(1)]
    assert named[0] == "HH" and "OW" in named and "DH" in named
    assert not mini.condition(None, None, Transcript(), 2.0).text["speech"].any()


def test_lines_wait_for_the_mouth_that_says_them(mini):
    said = Transcript((Line(0.0, 4.0, "Hello there, hello there."),))

    def begins(mouth):
        features = {"sync": torch.zeros(100, 128), "mouth": mouth}
        video = VisualFeatures("mini", features, dict.fromkeys(features, 25.0), 4.0)
        phonemes = mini.condition(None, video, said, 4.0).text["speech"][0, :, 1:-1]
        return phonemes.any(1).nonzero()[0, 0].item()

    late = torch.zeros(100, 1)
    late[55:] = 0.5
    assert begins(torch.zeros(100, 1)) == 0  # nobody is seen to speak: the line has all of its time
    assert 50 <= begins(late) <= 56


@torch.inference_mode()
def test_the_shipped_weights_hear_what_is_to_be_said():
    shipped = load_family("mini")
    noise = torch.randn(1, 80, 100, generator=torch.Generator().manual_seed(1))
    clean = {}
    for text in ("", "Hello.", "Rain falls."):
        said = Transcript((Line(0.0, 1.0, text),)) if text else None
        conditions = shipped.condition(None, None, said, 1.0)
        clean[text] = noise - shipped.network(noise, torch.ones(1), **conditions.tensors())
    spread = clean[""].std()
    # Other phonemes are another sound, by far more than rounding.
    assert (clean["Hello."] - clean[""]).abs().mean() > 0.05 * spread
    assert (clean["Hello."] - clean["Rain falls."]).abs().mean() > 0.05 * spread


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


UNSAID = [None, "{", "[]", '{"network": {"breadth": 3}}', '{"text": 3}', '{"network": {"head_width": 0}}']
HUGE = ['{"decoder": {"width": 1e9}}', '{"network": {"depth": 2000000000}}', '{"visual": {"channels": [true, -1, 3]}}']


@pytest.mark.parametrize("config", UNSAID + HUGE)
def test_a_file_that_does_not_say_its_sizes_is_named(mini, tmp_path, config):
    from safetensors.torch import load_file, save_file

    save(mini, tmp_path / "mini.safetensors")
    metadata = {"family": "mini"} | ({} if config is None else {"config": config})
    save_file(load_file(tmp_path / "mini.safetensors"), tmp_path / "bare.safetensors", metadata)
    with pytest.raises(InputError, match=r"bare\.safetensors does not say Mini's sizes"):
        load_family("mini", weights=tmp_path / "bare.safetensors")


def test_sizes_that_the_file_does_not_have_are_not_allocated(mini, tmp_path, monkeypatch):
    from safetensors.torch import load_file, save_file

    save(mini, tmp_path / "mini.safetensors")
    metadata = {"family": "mini", "config": '{"decoder": {"width": 2048, "inner": 2048, "depth": 300}}'}
    save_file(load_file(tmp_path / "mini.safetensors"), tmp_path / "vast.safetensors", metadata)
    built = []
    monkeypatch.setattr(family_module, "build", lambda *args, **make: built.append(make) or build(*args, **make))
    with pytest.raises(InputError, match=r"vast\.safetensors does not fit Mini's decoder"):
        load_family("mini", weights=tmp_path / "vast.safetensors")
    assert [make["device"] for make in built] == ["meta"]


def test_an_unknown_model_is_named():
    with pytest.raises(InputError, match="no model called 'maxi': choose one of mini"):
        load_family("maxi")
