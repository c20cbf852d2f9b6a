"""Masks: what is hidden is grey, what is not is untouched, and each mask has its share of the time."""

from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from PIL import Image

from v2a_core.errors import InputError
from v2a_core.media.mask import GREY, masked, read_mask
from v2a_core.media.video import FrameChunk, FrameRate, VideoInfo, VideoSource, probe, read_frames

RATES = {"sync": FrameRate(25.0, 4, 4)}


def video(duration_s=0.8, width=96, height=64):
    return VideoInfo(width, height, Fraction(25), duration_s, round(duration_s * 25), 0, None, "frames", False)


def seen(mask, *, frames=10, first=0, duration_s=0.8):
    pictures = torch.full((frames, 4, 4, 3), 200, dtype=torch.uint8)
    chunk = FrameChunk(pictures, (first + np.arange(frames)) / 25, first)
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


@pytest.mark.parametrize("pick", ["nearest", "next"])
@pytest.mark.parametrize(("fps", "rate_hz"), [(25, 25.0), (30, 25.0), (24, 8.0), (Fraction(30000, 1001), 16.0)])
def test_a_mask_a_frame_hides_all_but_its_own_frame(fps, rate_hz, pick):
    count = 48
    shades = torch.arange(count, dtype=torch.uint8) * 2
    source = VideoSource.from_frames(shades[:, None, None, None].expand(-1, 8, 8, 3), fps)
    rates = {"eye": FrameRate(rate_hz, 4, 4, pick=pick)}
    for shown in (0, 7, 20, 47):
        mask = torch.zeros(count, 6, 6)
        mask[shown] = 1
        for _, chunk in masked(read_frames(source, rates), rates, mask, probe(source)):
            seen = set(chunk.frames.unique().tolist()) - {int(GREY)}
            # At its lower rate an eye may have missed the frame; it never sees another.
            assert seen <= {2 * shown}
            assert seen or 2 * shown not in _plain(source, rates)


def _plain(source, rates):
    return {value for _, chunk in read_frames(source, rates) for value in chunk.frames.unique().tolist()}


def test_a_mask_and_its_inverse_hide_everything_together():
    mask = torch.rand(3, 11, 7, generator=torch.Generator().manual_seed(0))
    both = (seen(one).int() - int(GREY) for one in (mask, 1 - mask))
    assert (sum(both) - (200 - int(GREY))).abs().max() <= 1


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


def test_a_picture_of_a_mask(tmp_path):
    pixels = np.zeros((40, 400, 3), np.uint8)
    pixels[:, 200:] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    mask = read_mask(tmp_path / "mask.png", 0.0, 2.0)
    assert mask.shape == (1, 40, 192)
    assert (mask[..., :96] == 0).all() and (mask[..., 96:] == 1).all()


def test_a_video_of_masks_is_trimmed_like_its_video(tmp_path):
    path = tmp_path / "mask.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            pixels = np.full((48, 64, 3), 255 * (index >= 25), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    whole, part = read_mask(path, 0.0, 2.0), read_mask(path, 0.8, 0.8)
    assert torch.equal(read_mask(path, 1.6, 1.6, Fraction(25, 2)), part)
    assert (whole.shape, part.shape) == ((50, 48, 64), (20, 48, 64))
    assert whole[:25].max() < 0.02 and whole[25:].min() > 0.98
    assert part[:5].max() < 0.02 and part[5:].min() > 0.98
    with pytest.raises(InputError, match=r"mask\.mp4: 3\.5 s .* is 2\.000 s long"):
        read_mask(path, 0.0, 3.5)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 30])
def test_a_file_that_is_no_mask(tmp_path, content):
    path = tmp_path / "mask.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"mask\.png"):
        read_mask(path, 0.0, 1.0)


def test_a_mask_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"mask\.png"):
        read_mask(tmp_path / "mask.png", 0.0, 1.0)
