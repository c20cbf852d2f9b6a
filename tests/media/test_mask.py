"""Masks: what is hidden is grey, what is not is untouched, and each mask has its share of the time."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.mask import GREY, masked
from v2a_core.media.video import FrameChunk, FrameRate, VideoInfo

RATES = {"sync": FrameRate(25.0, 4, 4)}


def video(duration_s=0.8, width=96, height=64):
    return VideoInfo(width, height, Fraction(25), duration_s, round(duration_s * 25), 0, None, "frames", False)


def seen(mask, *, frames=10, first=0, duration_s=0.8):
    pictures = torch.full((frames, 4, 4, 3), 200, dtype=torch.uint8)
    chunk = FrameChunk(pictures, np.arange(frames) / 25, first)
    ((name, out),) = masked([("sync", chunk)], RATES, mask, video(duration_s))
    assert (name, out.first, out.frames.dtype) == ("sync", first, torch.uint8)
    return out.frames


def test_half_a_picture_is_hidden():
    mask = torch.zeros(1, 40, 80)
    mask[..., 40:] = 1
    frames = seen(mask)
    assert (frames[:, :, :2] == GREY).all()
    assert (frames[:, :, 2:] == 200).all()


def test_masks_share_the_time_evenly():
    mask = torch.stack([torch.ones(8, 8), torch.zeros(8, 8)])
    assert (seen(mask, first=0) == 200).all()
    assert (seen(mask, first=10) == GREY).all()
    assert [int(frame[0, 0, 0]) for frame in seen(mask, frames=4, first=8)] == [200, 200, 127, 127]


def test_one_mask_without_a_count():
    assert (seen(torch.ones(8, 8)) == 200).all()


@pytest.mark.parametrize("mask", [torch.ones(1, 8, 8, 3), torch.ones(0, 8, 8), torch.full((1, 8, 8), torch.nan)])
def test_bad_masks(mask):
    with pytest.raises(InputError, match="The mask"):
        seen(mask)


def test_a_picture_is_no_mask():
    with pytest.raises(InputError, match=r"outside 0\.\.1"):
        seen(torch.full((1, 8, 8), 200.0))


def test_a_crop_hides_the_same_part_of_the_picture():
    rates = {"eye": FrameRate(25.0, 8, 8, fit="bicubic_crop")}
    mask = torch.zeros(24, 24)  # of other proportions than the video: it is stretched over it
    mask[:, 12:] = 1
    mask[:, 18:] = 0
    chunk = FrameChunk(torch.full((1, 8, 8, 3), 200, dtype=torch.uint8), np.zeros(1), 0)
    ((_, out),) = masked([("eye", chunk)], rates, mask, video(width=160, height=80))
    assert out.frames[0, 4, :, 0].tolist() == [127] * 4 + [200] * 4
    ((_, out),) = masked([("eye", chunk)], rates, mask, video(width=80, height=160))
    assert out.frames[0, 4, :, 0].tolist() == [127] * 4 + [200] * 2 + [127] * 2
