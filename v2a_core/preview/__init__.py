"""Picture and sound below each other on one time axis: filmstrip, words, motion, onsets, waveform and spectrogram."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import InputError
from ..evaluation.motion import MotionMeter, motion_peaks, motion_rate, standing_out, without_repeats
from ..evaluation.onsets import match_onsets, onset_strength, onsets_in
from ..media.audio import Audio, fit_length
from ..media.video import FrameRate, VideoInfo, VideoSource, probe, read_frames
from ..prompts.cues import CueSheet
from ..prompts.transcript import Transcript
from .colours import CUE, DIM, GRID, GROUND, MOTION, ONSET, PANEL, SPEECH, TEXT, WAVE
from .page import Page, Row, left_of, legend_of, small_letters
from .panels import QUIET, Axis, Marks, motion_panel, spectrogram_panel, strength_panel, waveform_panel
from .shapes import bridge, cue_spans, lane, line_spans

__all__ = ["DIM", "GRID", "GROUND", "MOTION", "ONSET", "PANEL", "TEXT", "WAVE", "save_png", "sync_preview"]

MIN_WIDTH, MAX_WIDTH = 480, 8192
TOLERANCE_S = 0.05
NARROWEST = 1 / 8  # of a thumbnail, its width by its height
APART = 12  # pixels that marks are apart on average; closer together they would be a wall


def sync_preview(
    source: VideoSource,
    audio: Audio,
    *,
    width: int = 1600,
    cues: CueSheet | None = None,
    transcript: Transcript | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Tensor:
    """Draw a video and its sound on one time axis, uint8 [H, width, 3].

    Onsets of the sound are marked, and joined to the peaks of the motion within 50 ms of them. cues and a
    transcript have lanes with their words. The video is read once, in bounded memory. Raises InputError for a width
    that is not from 480 to 8192, and for samples that are not finite.
    """
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise InputError(f"The preview's width is {width} pixels: it takes {MIN_WIDTH} to {MAX_WIDTH:,}.")
    if not audio.samples.isfinite().all():
        raise InputError(f"The sound of {source.name} can't be drawn: it holds samples that are not finite.")
    info = probe(source)
    unit = max(12, width // 100)  # the size of the letters, and of everything with it
    axis = Axis.of(info.duration_s, width - left_of(unit) - 2 * unit, 5.5 * unit)
    strip, change = _watch(source, info, axis.columns, 7 * unit, progress)
    moving = standing_out(without_repeats(change))
    audio = fit_length(audio, info.duration_s)
    mono = audio.samples.float().mean(0)
    strength = onset_strength(Audio(mono[None], audio.rate_hz))
    marks, count = _marks(strength, change, motion_rate(info).rate_hz, axis)
    drawn = marks or Marks(np.zeros(0), np.zeros(0), ())
    level = 20 * np.log10(max(float(mono.abs().max()), QUIET))
    rows = [Row("video", "", strip)]
    for name, spans, colour in (
        ("prompt", cue_spans(cues) if cues else [], CUE),
        ("speech", line_spans(transcript) if transcript else [], SPEECH),
    ):
        if spans:
            pixels, hidden = lane(spans, axis, unit, small_letters(unit), colour)
            rows.append(Row(name, f"+{hidden} more" if hidden else "", pixels))
    rows += [
        Row("motion", "change", motion_panel(moving, axis, 5 * unit), joined=marks is not None),
        *([Row("", "", bridge(axis, unit, marks), joined=True)] if marks else []),
        Row("onsets", "rise", strength_panel(strength.numpy(), axis, 4 * unit, drawn)),
        Row("sound", f"{round(level)} dB peak", waveform_panel(mono.numpy(), axis, 6 * unit, drawn)),
        Row("spectrum", "kHz", spectrogram_panel(mono, audio.rate_hz, axis, 12 * unit)),
    ]
    fps = f"{float(info.fps):.5g} fps"
    named = isinstance(source.origin, Path) and Path(source.name).name == source.origin.name
    size = f"{info.width} x {info.height}, {fps}, {info.duration_s:.2f} s"
    title = f"{source.origin.name}, {size}" if named else size
    page = Page(axis, unit, title, rows)
    page.legend(legend_of(marks, count, TOLERANCE_S, _chance(drawn, info.duration_s)))
    page.time_axis()
    page.frequency_axis(audio.rate_hz)
    return torch.from_numpy(np.array(page.image))


def save_png(image: Tensor, path: str | Path) -> None:
    """Write an image uint8 [H, W, 3] as a PNG file."""
    Image.fromarray(image.numpy()).save(path, format="PNG")


def _watch(source: VideoSource, info: VideoInfo, columns: int, height: int, progress) -> tuple[np.ndarray, np.ndarray]:
    """One pass over the video: the filmstrip [height, columns, 3] and how much each frame differs from the last."""
    # A picture like a thread is drawn wider than it is: of its own width there would be nothing but gaps.
    count = max(1, round(columns / (height * max(info.width / info.height, NARROWEST))))
    edges = np.linspace(0, columns, count + 1).round().astype(int)
    strip = np.empty((height, columns, 3), np.uint8)
    strip[:] = GROUND
    meter = MotionMeter(info)
    rates = {
        "film": FrameRate(count / info.duration_s, int(np.diff(edges).max()), height),
        "motion": motion_rate(info),
    }
    for name, chunk in read_frames(source, rates, progress=progress):
        if name == "film":
            for k, frame in enumerate(chunk.frames.numpy(), chunk.first):
                strip[:, edges[k] : edges[k + 1] - 1] = frame[:, : edges[k + 1] - edges[k] - 1]
        else:
            meter.see(chunk)
    return strip, meter.change


def _marks(strength: Tensor, change: np.ndarray, rate_hz: float, axis: Axis) -> tuple[Marks | None, int]:
    """Onsets and peaks of the motion in pairs, None where there is no room for them, and how many onsets there are."""
    onsets_s, peaks_s = onsets_in(strength), motion_peaks(change, rate_hz)
    onsets_s, peaks_s = (times_s[times_s < axis.duration_s] for times_s in (onsets_s, peaks_s))
    if len(onsets_s) > axis.columns / APART:
        return None, len(onsets_s)
    return Marks(onsets_s, peaks_s, match_onsets(onsets_s, peaks_s, TOLERANCE_S).matched_s), len(onsets_s)


def _chance(marks: Marks, duration_s: float) -> float:
    """How many of the onsets would be that near to a peak of the motion, were they anywhere in the sound."""
    edges_s = (np.sort(marks.peaks_s)[:, None] + (-TOLERANCE_S, TOLERANCE_S)).clip(0, duration_s)
    # Each peak's surroundings as far as those before it have not covered them.
    covered_s = edges_s[:, 1] - np.maximum(edges_s[:, 0], np.concatenate(([0.0], edges_s[:-1, 1]))[: len(edges_s)])
    return len(marks.onsets_s) * covered_s.sum() / duration_s
