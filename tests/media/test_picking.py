"""MMAudio's way with pictures: which frames it takes, and how it brings them to size, on a real file."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from clips import barcode, read_barcode, turn, write_clip

from v2a_core.media.resize import cover
from v2a_core.media.video import FrameRate, VideoSource, read_frames

DEMO = Path(__file__).parents[2] / "demo" / "big_buck_bunny.mp4"
RATES = {
    "clip": FrameRate(8, 384, 384, pick="next", fit="bicubic"),
    "sync": FrameRate(25, 224, 224, pick="next", fit="bicubic_crop"),
}


def ours(source, rates=RATES, chunk_frames=64):
    """Every rate's pictures uint8 [N, H, W, 3] and the times that they say."""
    chunks = list(read_frames(source, rates, chunk_frames=chunk_frames))
    assert max(len(chunk.frames) for _, chunk in chunks) <= chunk_frames
    return {
        name: (
            torch.cat([chunk.frames for key, chunk in chunks if key == name]),
            np.concatenate([chunk.times_s for key, chunk in chunks if key == name]),
        )
        for name in rates
    }


def reference_frames(path, rate_hz, count, clock):
    """The first decoded frame at or after each tick of a clock; a file that is too short is held to the end."""
    taken, tick = [], clock(0, rate_hz)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            while frame.time >= tick and len(taken) < count:
                taken.append(frame.to_ndarray(format="rgb24"))
                tick = clock(len(taken), rate_hz, tick)
            last = frame
    return taken + [last.to_ndarray(format="rgb24")] * (count - len(taken))


def exact_clock(tick, rate_hz, _=None):
    return Fraction(tick, int(rate_hz)) - Fraction(1, 10**9)


def summed_clock(tick, rate_hz, before=None):
    return 0.0 if before is None else before + 1 / rate_hz


def reference_picture(rgb, rate):
    """torch's uint8 bicubic with antialias: squashed, or shorter side first and then the middle."""
    image = torch.from_numpy(rgb).permute(2, 0, 1)[None].contiguous()
    if rate.fit == "bicubic":
        return F.interpolate(image, (rate.height, rate.width), mode="bicubic", antialias=True)[0].permute(1, 2, 0)
    height, width = image.shape[-2:]
    short, long = sorted((height, width))
    longer = int(224 * long / short)
    size = (224, longer) if width >= height else (longer, 224)
    image = F.interpolate(image, size, mode="bicubic", antialias=True)
    top, left = round((size[0] - 224) / 2.0), round((size[1] - 224) / 2.0)
    return image[0, :, top : top + 224, left : left + 224].permute(1, 2, 0)


def differing(found, expected, rate):
    return sum(int((mine != reference_picture(rgb, rate)).sum()) for mine, rgb in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", RATES)
def test_no_pixel_of_a_real_file_differs(name):
    rate, (found, _) = RATES[name], ours(VideoSource.from_path(DEMO))[name]
    expected = reference_frames(DEMO, rate.rate_hz, len(found), exact_clock)
    assert len(found) == np.ceil(5.28 * rate.rate_hz)
    assert differing(found, expected, rate) == 0


def test_a_clock_of_summed_floats_only_moves_ticks_that_fall_on_a_frame():
    # Upstream adds 0.04 up: the sum soon lies a hair above k / 25, and a frame at k / 25 then counts as before it.
    rate, (found, times_s) = RATES["sync"], ours(VideoSource.from_path(DEMO))["sync"]
    assert np.abs(times_s - np.arange(len(found)) / 25).max() < 1e-6
    drifting = reference_frames(DEMO, rate.rate_hz, len(found), summed_clock)
    late = [tick for tick, rgb in enumerate(drifting) if not torch.equal(found[tick], reference_picture(rgb, rate))]
    assert late
    after = [min(tick + 1, len(found) - 1) for tick in late]
    assert all(torch.equal(found[i], reference_picture(drifting[i - 1], rate)) for i in after)


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)], ids=float)
def test_where_no_tick_falls_on_a_frame_the_clocks_agree(tmp_path, name, fps):
    path = write_clip(tmp_path / "clip.mp4", count=round(3 * fps), fps=fps, size=(320, 200))
    rate, (found, _) = RATES[name], ours(VideoSource.from_path(path))[name]
    expected = reference_frames(path, rate.rate_hz, len(found), summed_clock)
    assert differing(found, expected, rate) == 0


@pytest.mark.parametrize("fps", [4, 12, 24, 30, 50])
def test_the_first_frame_at_or_after_a_tick(tmp_path, fps):
    count = 2 * fps
    path = write_clip(tmp_path / "clip.mp4", count=count, fps=fps)
    rates = {"eye": FrameRate(25, 64, 64, pick="next")}
    found, times_s = ours(VideoSource.from_path(path), rates, chunk_frames=7)["eye"]
    due = [min(-(-tick * fps // 25), count - 1) for tick in range(50)]
    assert [read_barcode(picture) for picture in found] == due
    np.testing.assert_allclose(times_s, np.array(due) / fps, atol=1e-6)


def test_a_trim_shows_nothing_from_beyond_its_end(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", count=60, fps=10)
    rates = {"eye": FrameRate(25, 64, 64, pick="next")}
    found, _ = ours(VideoSource.from_path(path, 1.0, 0.95), rates)["eye"]
    assert [read_barcode(picture) for picture in found] == [min(10 + -(-tick * 10 // 25), 19) for tick in range(24)]
    # Between two frames the trim begins with the second, and where there is none with the first.
    assert read_barcode(ours(VideoSource.from_path(path, 1.02, 0.5), rates)["eye"][0][0]) == 11
    assert read_barcode(ours(VideoSource.from_path(path, 5.95), rates)["eye"][0][0]) == 59


def test_one_frame_fills_every_tick():
    picture = torch.from_numpy(barcode(5, 300, 200))[None]
    for frames, seconds in ((picture, 1), (picture.expand(25, -1, -1, -1), 1)):
        for name, (found, _) in ours(VideoSource.from_frames(frames, len(frames))).items():
            assert len(found) == RATES[name].rate_hz * seconds
            assert (found == reference_picture(picture[0].numpy(), RATES[name])).all()


def test_white_edges_stay_white():
    # Bicubic weights overshoot beside an edge: bytes that wrap would turn white into black.
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, 96:160] = 255
    found, _ = ours(VideoSource.from_frames(torch.from_numpy(stripes)[None].float() / 255, 25))["clip"]
    assert found[0, :, 180:204].min() == 255 and found[0, :, :96].max() == 0


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_is_upright_before_it_is_cropped(tmp_path, degrees):
    path = turn(write_clip(tmp_path / "clip.mp4", count=3, size=(320, 160)), degrees)
    found, _ = ours(VideoSource.from_path(path))["sync"]
    with av.open(str(path)) as container:
        rgb = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert torch.equal(found[0], reference_picture(np.ascontiguousarray(np.rot90(rgb, -degrees // 90)), RATES["sync"]))


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (224, 224), (99, 100), (3, 7), (640, 361)])
def test_the_longer_side_is_rounded_down(size):
    short, long = sorted(size)
    width, height = cover(size, (224, 224))
    assert sorted((width, height)) == [224, int(224 * long / short)]
    assert (width >= height) == (size[0] >= size[1])
