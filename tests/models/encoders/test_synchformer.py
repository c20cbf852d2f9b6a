"""Synchformer's picture half against upstream's own outputs, and over a stream of frames."""

import pytest
import torch
from golden_cases import distance, draw, fill_state, manifest, outputs

from v2a_core.errors import InputError
from v2a_core.models.encoders.synchformer import SEGMENT, STRIDE, SegmentStream, Synchformer

EXACT = 1e-4
CASE = "synchformer_visual"


@pytest.fixture(scope="module")
def state():
    return fill_state(manifest(CASE))


@pytest.fixture(scope="module")
def encoder(state):
    return Synchformer.from_state(state)


@pytest.fixture(scope="module")
def golden_input():
    return draw(f"{CASE}.video", (1, 2, 16, 3, 224, 224)).clamp(-1, 1)[0].transpose(1, 2)


@torch.inference_mode()
def test_it_is_exact(encoder, golden_input):
    assert distance(encoder(golden_input), outputs(CASE)["features"][0]) < EXACT


@torch.inference_mode()
def test_bfloat16_is_near(state, golden_input):
    half = Synchformer.from_state(state, dtype=torch.bfloat16)(golden_input[:1])
    assert half.dtype == torch.float32
    assert distance(half[0], outputs(CASE)["features"][0, 0]) < 3e-2


def test_it_has_exactly_the_published_parameters(encoder, state):
    found = {f"vfeat_extractor.{k}".replace("in_proj.", "in_proj_"): v.shape for k, v in encoder.state_dict().items()}
    published = {k: v.shape for k, v in state.items() if not k.startswith("vfeat_extractor.patch_embed.")}
    assert found == published


def test_what_else_a_file_holds_is_left_alone(encoder, state):
    more = Synchformer.from_state(
        {**state, "afeat_extractor.cls_token": torch.zeros(1), "transformer.x": torch.ones(2)}
    )
    assert more.state_dict().keys() == encoder.state_dict().keys()
    with pytest.raises(InputError, match=r"sync\.safetensors does not hold a whole Synchformer: .*temp_embed"):
        Synchformer.from_state({k: v for k, v in state.items() if "temp_embed" not in k}, source="sync.safetensors")


class Watcher:
    """Stands in for the encoder: its features are the first pixel of every second frame of a segment."""

    def __init__(self):
        self.calls = []

    def encode(self, segments):
        self.calls.append(len(segments))
        assert segments.shape[1:] == (SEGMENT, 4, 4, 3)
        return segments[:, ::2, 0, 0, :1].float()


def numbered(count):
    return torch.arange(count, dtype=torch.uint8)[:, None, None, None].expand(-1, 4, 4, 3)


@pytest.mark.parametrize("size", [1, 7, 16, 200])
def test_segments_overlap_by_half_whatever_the_chunks(size):
    watcher, frames = Watcher(), numbered(200)
    stream = SegmentStream(watcher.encode, 4)
    for first in range(0, 200, size):
        stream.add(frames[first : first + size])
        assert len(stream.frames) < SEGMENT
    found = stream.features(24)
    assert found[:, 0].tolist() == [STRIDE * s + 2 * slot for s in range(24) for slot in range(8)]
    assert watcher.calls == [4] * 6


@pytest.mark.parametrize(("count", "segments"), [(1, 1), (10, 1), (16, 1), (17, 2), (23, 2), (20, 4)])
def test_a_video_that_is_too_short_is_held(count, segments):
    watcher = Watcher()
    stream = SegmentStream(watcher.encode, 4)
    stream.add(numbered(count))
    found = stream.features(segments)
    assert found[:, 0].tolist() == [min(STRIDE * s + 2 * slot, count - 1) for s in range(segments) for slot in range(8)]


def test_segments_that_are_not_asked_for_are_left_out():
    stream = SegmentStream(Watcher().encode, 4)
    stream.add(numbered(40))
    assert stream.features(2).shape == (16, 1)


def test_a_still_is_encoded_once():
    watcher = Watcher()
    stream = SegmentStream(watcher.encode, 4)
    stream.add(torch.full((200, 4, 4, 3), 7, dtype=torch.uint8))
    assert (stream.features(24) == 7).all() and watcher.calls == [1]


@torch.inference_mode()
def test_bytes_become_minus_one_to_one(encoder, monkeypatch):
    seen = []
    monkeypatch.setattr(Synchformer, "forward", lambda self, x: seen.append(x))
    frames = torch.tensor([0, 51, 255], dtype=torch.uint8).expand(1, 16, 2, 2, 3)
    encoder.encode(frames)
    assert seen[0].shape == (1, 3, 16, 2, 2)
    torch.testing.assert_close(seen[0][0, :, 0, 0, 0], torch.tensor([-1.0, -0.6, 1.0]))
