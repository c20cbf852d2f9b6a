"""The preview's layout, measured in its pixels."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.video import VideoSource
from v2a_core.preview import GROUND, MOTION, ONSET, PANEL, WAVE, _chance, save_png, sync_preview
from v2a_core.preview.colours import CUE, SPEECH, TEXT
from v2a_core.preview.lettering import fitted, plain
from v2a_core.preview.page import Page, legend_of
from v2a_core.preview.panels import Axis, Marks
from v2a_core.preview.shapes import LANE_ROWS, Span, cue_spans, lane, line_spans
from v2a_core.prompts.cues import Cue, CueSheet, cue_sheet
from v2a_core.prompts.transcript import Line, Transcript

FPS, SECONDS, RATE_HZ = 20, 4.0, 24_000
HITS_S = (1.0, 2.5)
# At a width of 1600: where the plots begin, the filmstrip, and between motion and onsets the peaks and the onsets.
LEFT, TOP, PEAKS, ONSETS = 7 * 16, 70, 277, 294


def flashes(height=72, width=128):
    """A grey video that turns white for one frame at each hit; its left half is red, its right half blue."""
    frames = torch.full((round(FPS * SECONDS), height, width, 3), 60, dtype=torch.uint8)
    frames[..., : width // 2, 0] = 160
    frames[..., width // 2 :, 2] = 160
    for hit in HITS_S:
        frames[round(hit * FPS)] = 255
    return VideoSource.from_frames(frames, FPS)


def clicks(channels=1, seconds=SECONDS, late_s=0.0):
    wave = torch.zeros(channels, round(seconds * RATE_HZ))
    burst = torch.randn(2400, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.5, 0, 2400)
    for hit in HITS_S:
        start = round((hit + late_s) * RATE_HZ)
        part = wave[:, start : start + len(burst)]
        part += burst[: part.shape[1]]
    return Audio(wave, RATE_HZ)


def columns_of(image, colour, tolerance=40):
    """Columns of the plots that hold a pixel close to a colour."""
    near = (image.numpy().astype(int) - np.array(colour)).__abs__().max(-1) <= tolerance
    return np.flatnonzero(near[TOP:].any(0))  # below the legend, which has the colours too


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
    strength = image[ONSETS + 10 - TOP : ONSETS + 70]
    times = seconds_at(columns_of(strength, ONSET, 70))
    assert len(times) >= 2
    for hit in HITS_S:
        assert np.abs(times - hit).min() < 0.02
    assert all(min(abs(t - hit) for hit in HITS_S) < 0.02 for t in times)


def dots(image, row, colour):
    """Times of what has a colour in one row of pixels, the middle of each."""
    near = np.flatnonzero((image[row].int() - torch.tensor(colour)).abs().amax(-1) <= 60)
    return [seconds_at(run.mean()) for run in np.split(near, np.flatnonzero(np.diff(near) > 8) + 1) if len(run)]


def test_onsets_near_a_peak_of_the_motion_are_filled_and_joined_to_it(image):
    assert dots(image, ONSETS, ONSET) == pytest.approx(HITS_S, abs=0.012)
    assert dots(image, PEAKS, MOTION) == pytest.approx(HITS_S, abs=0.012)
    assert dots(image, (PEAKS + ONSETS) // 2, ONSET) == pytest.approx(HITS_S, abs=0.012)


def test_onsets_elsewhere_are_hollow_and_joined_to_nothing():
    image = sync_preview(flashes(), clicks(late_s=0.2))
    for hit in HITS_S:
        middle = LEFT + round((hit + 0.2) / SECONDS * (1600 - 9 * 16))
        around = image[ONSETS, middle - 8 : middle + 9].int()
        assert (around - torch.tensor(TEXT)).abs().amax(-1).min() <= 30  # the ring
        assert (around[6:11] - torch.tensor(GROUND)).abs().amax(-1).min() <= 10  # and its hollow
    assert len(columns_of(image, ONSET)) == 0
    assert dots(image, PEAKS, MOTION) == []
    assert (image[(PEAKS + ONSETS) // 2 - 1, LEFT : LEFT + 1400].int() - torch.tensor(GROUND)).abs().max() <= 10


def legend(onsets, peaks, matched, marked=True):
    marks = Marks(np.array(onsets), np.array(peaks), tuple(matched)) if marked else None
    return [(filled, text) for _, filled, text in legend_of(marks, len(onsets), 0.05, 0.25)]


def test_the_legend_counts():
    assert legend([1.0, 2.0, 3.0], [1.01, 2.5], [(1.0, 1.01)]) == [
        (True, "1 of 3 onsets within 50 ms of a peak of the motion (0.2 by chance)"),
        (False, "2 elsewhere"),
        (False, "1 peak without"),
    ]
    assert legend([1.0], [1.0], [(1.0, 1.0)])[1:] == []
    assert "no onset" in legend([], [1.0], [])[0][1]
    assert "1 onset, and no peak" in legend([1.0], [], [])[0][1]
    assert "2 onsets in the sound, too close" in legend([1.0, 1.1], [], [], marked=False)[0][1]


def test_chance_is_what_onsets_anywhere_would_meet():
    def chance(onsets, peaks, duration_s=10.0):
        return _chance(Marks(np.array(onsets), np.array(peaks), ()), duration_s)

    assert chance([1.0, 2.0], [5.0]) == pytest.approx(2 * 0.1 / 10)
    # What two peaks cover both counts once, what lies outside the sound not at all.
    assert chance([1.0], [5.0, 5.05]) == pytest.approx(0.15 / 10)
    assert chance([1.0], [0.0, 10.0]) == pytest.approx(0.1 / 10)
    assert chance([1.0], []) == chance([], [1.0]) == 0


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
    row = image[TOP + 50].int()  # through the filmstrip
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


@pytest.mark.parametrize(("height", "width"), [(2, 200), (200, 2), (1, 1), (127, 71), (4000, 2), (1, 16000)])
def test_any_shape_of_video_fits(height, width):
    image = sync_preview(flashes(height, max(width, 2)), clicks(), width=640)
    assert image.shape[1] == 640


def test_a_very_tall_video_has_a_filmstrip():
    frames = torch.full((20, 400, 4, 3), 200, dtype=torch.uint8)
    image = sync_preview(VideoSource.from_frames(frames, 5), clicks(), width=640)
    assert len(columns_of(image, (200, 200, 200), 4)) > 400


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


@pytest.mark.parametrize("width", [479, 8193, 10**9])
def test_too_narrow_or_wide_says_how_wide(width):
    with pytest.raises(InputError, match="480 to 8,192"):
        sync_preview(flashes(), clicks(), width=width)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_samples_that_are_no_numbers_are_refused(value):
    audio = clicks()
    audio.samples[0, 7] = value
    with pytest.raises(InputError, match="samples that are not finite"):
        sync_preview(flashes(), audio)


def test_progress_may_cancel():
    def cancel(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_preview(flashes(), clicks(), progress=cancel)


def test_png_holds_the_same_pixels(image, tmp_path):
    save_png(image, tmp_path / "preview.png")
    assert np.array_equal(np.array(Image.open(tmp_path / "preview.png")), image.numpy())
    assert tuple(image[0, 0].tolist()) == GROUND


SHEET = cue_sheet("meadow, -music\n[0.5-1.5] footsteps\n[1.0-2.0] twig snaps, -wind")
TALK = Transcript.of([Line(0.5, 1.5, "Hello.", "ANNA"), Line(2.0, 3.0, "Nobody here.")])


def test_words_of_cues_and_lines():
    assert cue_spans(SHEET) == [
        Span(0.0, float("inf"), "meadow, -music"),
        Span(0.5, 1.5, "footsteps"),
        Span(1.0, 2.0, "twig snaps, -wind"),
    ]
    assert line_spans(TALK) == [Span(0.5, 1.5, "ANNA: Hello."), Span(2.0, 3.0, "Nobody here.")]


def test_lanes_come_where_there_are_words(image):
    both = sync_preview(flashes(), clicks(), cues=SHEET, transcript=TALK)
    bare = sync_preview(flashes(), clicks(), cues=CueSheet(), transcript=Transcript())
    assert torch.equal(bare, image)
    # The rows of bars and a gap for either lane: cues overlap, lines do not.
    assert both.shape[0] - bare.shape[0] == (3 * 27 - 3 + 8) + (27 - 3 + 8)
    assert torch.equal(both[TOP : TOP + 120], bare[TOP : TOP + 120])
    assert torch.equal(both[-300:], bare[-300:])


def test_bars_stand_at_their_times():
    axis = Axis.of(4.0, 400, 50)
    pixels, hidden = lane(line_spans(TALK), axis, 16, 14, SPEECH)
    edges = np.flatnonzero(np.abs(pixels[12].astype(int) - np.array(SPEECH)).max(-1) < 30)
    assert hidden == 0
    assert [edges[0], edges[len(edges) // 2]] == pytest.approx([50, 200], abs=2)
    drawn = np.flatnonzero((pixels != GROUND).any((0, 2)))
    assert drawn[0] == 50 and drawn[-1] == pytest.approx(299, abs=1)
    assert not (pixels[:, 152:198] != GROUND).any()


def test_words_that_do_not_fit_are_shortened():
    whole, font = fitted("footsteps on gravel", 1000, 14)
    assert whole == "footsteps on gravel"
    for width in range(0, 140, 7):
        part, font = fitted("footsteps on gravel", width, 14)
        assert font.getlength(part) <= width
        assert part == "" or whole.startswith(part.removesuffix("…").rstrip()) or part == whole
    assert fitted("footsteps on gravel", 60, 14)[0].endswith("…")


@pytest.mark.parametrize(
    "words",
    [
        "早上好，再见",
        "안녕하세요",
        "Привет",
        "مرحبا بك",
        "é ß œ",
        "👩‍👩‍👧",
        "\ud800 half",
        "a\x00b\x1b[31m",
        "line\nline\t",
        "\u202e rtl",
        " ",
    ],
)
def test_any_letters_can_be_drawn(words):
    cues = CueSheet((Cue(0.0, 4.0, words, words),))
    said = Transcript((Line(0.0, 4.0, words, words),))
    image = sync_preview(flashes(18, 32), clicks(), width=640, cues=cues, transcript=said)
    assert image.shape[1] == 640


def test_controls_and_halves_of_characters_are_replaced():
    assert plain("a\x00b \n c\ud800") == "a\ufffdb c\ufffd"
    assert len(plain("x" * 10**6)) < 1000


def test_hostile_sheets_are_bounded():
    many = CueSheet(tuple(Cue(0.0, 4.0, "word " * 400) for _ in range(1000)))
    lines = Transcript(tuple(Line(k / 10_000, k / 10_000 + 3, "said " * 100) for k in range(30_000)))
    plain_one = sync_preview(flashes(18, 32), clicks(), width=640)
    image = sync_preview(flashes(18, 32), clicks(), width=640, cues=many, transcript=lines)
    assert image.shape[0] - plain_one.shape[0] < 2 * (LANE_ROWS + 1) * 21
    axis = Axis.of(4.0, 400, 50)
    assert lane(cue_spans(many), axis, 12, 10, CUE)[1] == 1000 - LANE_ROWS
    assert lane([Span(9.0, 10.0, "after the end"), Span(1.0, 2.0, "within")], axis, 12, 10, CUE)[1] == 1


def test_the_title_has_the_name_of_a_file_alone(tmp_path, monkeypatch):
    titles = []

    def page(axis, unit, title, rows):
        titles.append(title)
        return Page(axis, unit, title, rows)

    monkeypatch.setattr("v2a_core.preview.Page", page)
    path = write_video(tmp_path / "street.mp4", seconds=1)
    file, of_bytes = VideoSource.from_path(path), VideoSource.from_bytes(path.read_bytes(), "the input 'video'")
    for source in (file, of_bytes, replace(file, name="the input 'video'"), flashes(18, 32)):
        sync_preview(source, clicks(seconds=1))
    assert [title.partition(" x ")[0] for title in titles] == ["street.mp4, 96", "96", "96", "32"]
    assert all(re.search(r" x \d+, 2[05] fps, [14]\.00 s$", title) for title in titles)
