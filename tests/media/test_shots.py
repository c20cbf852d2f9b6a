"""Where shots change."""

import pytest
import torch

from v2a_core.media.shots import find_shots
from v2a_core.media.video import VideoSource


def film(*shots, fps=25):
    return VideoSource.from_frames(torch.cat(shots), fps)


def shot(colour, frames=50, moving=False):
    pictures = torch.zeros(frames, 48, 64, 3, dtype=torch.uint8) + torch.tensor(colour, dtype=torch.uint8)
    for index in range(frames if moving else 0):
        pictures[index, 10:20, index % 50 : index % 50 + 10] = 255
    return pictures


def test_cuts_are_found_when_they_happen():
    cuts = find_shots(film(shot((200, 30, 30)), shot((30, 30, 200), 40), shot((30, 200, 30))))
    assert cuts == pytest.approx([2.0, 3.6], abs=0.09)


def test_motion_and_stillness_are_no_cuts():
    assert find_shots(film(shot((90, 90, 90), moving=True))) == []
    assert find_shots(film(shot((90, 90, 90), 3))) == []


def test_flicker_is_no_cut():
    flicker = torch.cat([shot((250, 250, 250) if index % 2 else (0, 0, 0), 4) for index in range(20)])
    assert find_shots(film(flicker)) == []


def test_a_cut_near_the_end_is_found():
    assert find_shots(film(shot((200, 30, 30)), shot((30, 30, 200), 5))) == pytest.approx([2.0], abs=0.09)
