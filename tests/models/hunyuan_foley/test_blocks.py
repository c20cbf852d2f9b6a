"""Rotary positions of latent and picture by time: what upstream gets by spreading, interleaving and picking."""

import pytest
import torch
import torch.nn.functional as F

from v2a_core.models.hunyuan_foley.blocks import Rotations, nearest_exact
from v2a_core.models.hunyuan_foley.config import HEAD_WIDTH
from v2a_core.models.rope import rope_table, rotate

# Latent frames and pictures: of 1, 2, ... 15 s, of a drifting clock, odd ones, and as many of one as of the other.
LENGTHS = [(50 * s, 8 * s) for s in range(1, 16)]
LENGTHS += [(248, 40), (752, 121), (101, 16), (57, 9), (115, 19), (405, 65), (7, 3), (13, 13), (2, 1), (1, 1)]


def stretched(x, length):
    """Tokens [heads, n, D] to [heads, length, D] by nearest neighbour."""
    return F.interpolate(x.transpose(1, 2), length, mode="nearest-exact").transpose(1, 2)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_closed_form_is_interleaving(lengths):
    frames, pictures = lengths
    generator = torch.Generator().manual_seed(0)
    latent, clip = (torch.randn(2, n, HEAD_WIDTH, generator=generator) for n in lengths)
    in_turns = torch.stack([latent, stretched(clip, frames)], 2).flatten(1, 2)
    turned = rotate(in_turns, rope_table(2 * frames, HEAD_WIDTH)).unflatten(1, (frames, 2))

    rope = Rotations(frames, pictures, 1)
    assert torch.equal(rotate(latent, rope.latent_in_time), turned[:, :, 0])
    assert torch.equal(rotate(clip, rope.clip_in_time), stretched(turned[:, :, 1], pictures))


def test_nearest_is_by_centres():
    assert nearest_exact(3, 7).tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert nearest_exact(7, 3).tolist() == [1, 3, 5]
