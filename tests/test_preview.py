"""The preview's layout, measured in its pixels."""

import numpy as np
import pytest
import torch
from PIL import Image

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.video import VideoSource
from v2a_core.preview import GROUND, MOTION, ONSET, PANEL, WAVE, save_png, sync_preview

FPS, SECONDS, RATE_HZ = 20, 4.0, 24_000
HITS_S = (1.0, 2.5)
LEFT = 7 * 16  # of the plots, at a width of 1600


def flashes(height=72, width=128):
    """A grey video that turns white for one frame at each hit; its left half is red, its right half blue."""
    frames = torch.full((round(FPS * SECONDS), height, width, 3), 60, dtype=torch.uint8)
    frames[..., : width // 2, 0] = 160
    frames[..., width // 2 :, 2] = 160
    for hit in HITS_S:
        frames[round(hit * FPS)] = 255
    return VideoSource.from_frames(frames, FPS)


def clicks(channels=1, seconds=SECONDS):
    wave = torch.zeros(channels, round(seconds * RATE_HZ))
    burst = torch.randn(2400, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.5, 0, 2400)
    for hit in HITS_S:
        start = round(hit * RATE_HZ)
        part = wave[:, start : start + len(burst)]
        part += burst[: part.shape[1]]
    return Audio(wave, RATE_HZ)


def columns_of(image, colour, tolerance=40):
    """Columns of the plots that hold a pixel close to a colour."""
    near = (image.numpy().astype(int) - np.array(colour)).__abs__().max(-1) <= tolerance
    return np.flatnonzero(near[48:].any(0))  # below the title, whose legend has the colours too


def seconds_at(column, width=1600):
    return (column - LEFT) / (width - 9 * 16) * SECONDS


@pytest.fixture(scope="module")
def image():
    return sync_preview(flashes(), clicks())


def test_is_an_image_of_the_width_asked_for(image):
    assert image.dtype == torch.uint8
    assert image.shape[1:] == (1600, 3)
    assert 400 < image.shape[0] < 1200


def test_onset_lines_stand_at_the_hits(image):
    times = seconds_at(columns_of(image, ONSET))
    assert len(times) >= 2
    for hit in HITS_S:
        assert np.abs(times - hit).min() < 0.02
    assert all(min(abs(t - hit) for hit in HITS_S) < 0.02 for t in times)


def test_motion_rises_at_the_flashes_only(image):
    # A flash changes two frames, drawn with slopes of one frame on either side.
    times = seconds_at(columns_of(image, MOTION, 60))
    rows = np.abs(image.numpy().astype(int) - np.array(MOTION)).max(-1) <= 60
    high = np.flatnonzero(rows.sum(0) > 30)
    assert len(high)
    assert all(min(abs(t - hit) for hit in HITS_S) < 0.16 for t in seconds_at(high))
    assert len(times)


def test_waveform_swells_at_the_hits_only(image):
    near = np.abs(image.numpy().astype(int) - np.array(WAVE)).max(-1) <= 12
    loud = np.flatnonzero(near.sum(0) > 12)
    times = seconds_at(loud)
    assert len(times)
    assert all(any(-0.02 < t - hit < 0.12 for hit in HITS_S) for t in times)


def test_thumbnails_keep_sides_and_colours(image):
    row = image[48 + 50].int()  # through the filmstrip
    reddish = (row[:, 0] > 130) & (row[:, 2] < 100)
    blueish = (row[:, 2] > 130) & (row[:, 0] < 100)
    changes = torch.diff(reddish[LEFT:].int()).eq(1).sum() + reddish[LEFT].int()
    assert changes == 7  # thumbnails of 16:9 at this height
    assert abs(int(reddish.sum()) - int(blueish.sum())) < 40


def test_stereo_and_another_rate_draw_alike(image):
    assert (sync_preview(flashes(), clicks(2)) == image).float().mean() > 0.999


def test_short_audio_is_shown_as_silence_after_its_end():
    image = sync_preview(flashes(), clicks(seconds=1.05))
    spectrum = image[-200:-40, LEFT + 20 + (1600 - 9 * 16) // 2 :][:, :-60].int()
    assert (spectrum - torch.tensor(PANEL)).abs().max() <= 2


def test_no_sound_at_all_draws_no_line():
    silent = sync_preview(flashes(), Audio(torch.zeros(2, 100), 48_000))
    assert len(columns_of(silent, ONSET)) == 0


@pytest.mark.parametrize(("height", "width"), [(2, 200), (200, 2), (1, 1), (127, 71)])
def test_any_shape_of_video_fits(height, width):
    image = sync_preview(flashes(height, max(width, 2)), clicks(), width=640)
    assert image.shape[1] == 640


def test_one_frame_is_enough():
    source = VideoSource.from_frames(torch.full((1, 36, 64, 3), 200, dtype=torch.uint8), 25)
    image = sync_preview(source, clicks(), width=640)
    assert len(columns_of(image, (200, 200, 200), 4)) > 400


def test_many_onsets_are_not_drawn_as_a_wall():
    random = torch.Generator().manual_seed(0)
    wave = torch.randn(round(120 * RATE_HZ), generator=random)
    wave *= (torch.arange(len(wave)) % 4800 < 600) * 0.5  # five bursts a second
    frames = torch.zeros(120, 18, 32, 3, dtype=torch.uint8)
    image = sync_preview(VideoSource.from_frames(frames, 1), Audio(wave[None], RATE_HZ), width=640)
    assert len(columns_of(image, ONSET)) == 0


def test_same_input_same_pixels(image):
    assert torch.equal(sync_preview(flashes(), clicks()), image)


def test_too_narrow_says_how_wide():
    with pytest.raises(InputError, match="480"):
        sync_preview(flashes(), clicks(), width=479)


def test_progress_may_cancel():
    def cancel(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_preview(flashes(), clicks(), progress=cancel)


def test_png_holds_the_same_pixels(image, tmp_path):
    save_png(image, tmp_path / "preview.png")
    assert np.array_equal(np.array(Image.open(tmp_path / "preview.png")), image.numpy())
    assert tuple(image[0, 0].tolist()) == GROUND
