"""What a curve of the preview looks like: panels of pixels [H, W, 3] over one time axis."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .colours import GRID, MOTION, ONSET, PANEL, STRENGTH, TEXT, WAVE, heat

QUIET = 1e-3  # the waveform is drawn as high as its panel, but a peak below this (-60 dBFS) as silence
RISE_DB = 20.0  # onset strength is drawn as high as its panel, but not what stays below this
STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Axis:
    """So many seconds over so many columns of pixels, with a mark every step."""

    duration_s: float
    columns: int
    step_s: float

    @classmethod
    def of(cls, duration_s: float, columns: int, least: float) -> "Axis":
        """An axis whose marks are at least so many pixels apart."""
        steps = (step for step in STEPS_S if step / duration_s * columns > least)
        return cls(duration_s, columns, next(steps, STEPS_S[-1]))

    @property
    def marks_s(self) -> np.ndarray:
        return np.arange(0, self.duration_s, self.step_s)

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Where times in seconds are, in pixels."""
        return np.asarray(times_s) / self.duration_s * self.columns


@dataclass(frozen=True)
class Marks:
    """Onsets of the sound and peaks of the motion, in seconds, and which of them are pairs."""

    onsets_s: np.ndarray
    peaks_s: np.ndarray
    matched_s: tuple[tuple[float, float], ...]  # (onset, peak)

    @property
    def met_s(self) -> np.ndarray:
        return np.array([onset for onset, _ in self.matched_s])

    @property
    def alone_s(self) -> np.ndarray:
        return np.setdiff1d(self.onsets_s, self.met_s)


def motion_panel(level: np.ndarray, axis: Axis, height: int) -> np.ndarray:
    """How much the picture moves, 0..1 over the whole axis, filled from the ground."""
    panel = _panel(axis, height)
    _fill(panel, 0.96 - 0.9 * _curve(level, axis.columns), 0.96, MOTION, 0.85)
    return panel


def strength_panel(rise_db: np.ndarray, axis: Axis, height: int, marks: Marks) -> np.ndarray:
    """How suddenly sound starts, in decibels over the whole axis."""
    panel = _panel(axis, height)
    _fill(panel, 0.96 - 0.9 * _curve(rise_db, axis.columns) / max(rise_db.max(), RISE_DB), 0.96, STRENGTH, 0.85)
    _mark(panel, axis, marks)
    return panel


def waveform_panel(wave: np.ndarray, axis: Axis, height: int, marks: Marks) -> np.ndarray:
    """Peaks of a waveform [N], and its power in a lighter colour."""
    wave = wave.astype(np.float64) / max(np.abs(wave).max(), QUIET)
    peak = _per_column(np.abs(wave), axis.columns, np.maximum)
    power = _per_column(wave**2, axis.columns, np.add) * axis.columns / len(wave)
    panel = _panel(axis, height)
    _mark(panel, axis, marks)
    for half, weight in ((peak, 0.6), (np.sqrt(power).clip(0, 1), 1.0)):
        _fill(panel, 0.5 - 0.48 * half - 0.5 / height, 0.5 + 0.48 * half + 0.5 / height, WAVE, weight)
    return panel


def spectrogram_panel(wave: Tensor, rate_hz: int, axis: Axis, height: int) -> np.ndarray:
    """The spectrogram of a waveform [N], its rows evenly apart on the mel scale."""
    fft = 2 ** round(np.log2(rate_hz / 24))  # about 42 ms
    hop = max(rate_hz // 200, len(wave) // (2 * axis.columns), 1)
    spectrum = torch.stft(
        F.pad(wave, (0, fft)), fft, hop, window=torch.hann_window(fft), pad_mode="constant", return_complex=True
    )
    power = spectrum[:, : max(1, -(-len(wave) // hop))].abs().square().double()
    # Each row of pixels is the mean power between two frequencies on the mel scale.
    below = F.pad(power.cumsum(0), (0, 0, 1, 0))
    edges = torch.from_numpy(hertz(np.linspace(1, 0, height + 1), rate_hz) / rate_hz * fft).clamp_max(len(power))
    low = edges.long().clamp_max(len(power) - 1)
    cumulated = torch.lerp(below[low], below[low + 1], (edges - low)[:, None])
    level = 10 * (-cumulated.diff(dim=0) / -edges.diff()[:, None]).clamp_min(1e-12).log10()
    level = F.interpolate(level[None, None].float(), (height, axis.columns), mode="bilinear", antialias=True)[0, 0]
    return heat(level.numpy(), max(level.max().item(), -60))


def hertz(height: np.ndarray, rate_hz: int) -> np.ndarray:
    """Frequency at a height 0..1 of the spectrogram, on the mel scale up to half the sample rate."""
    top = np.log1p(rate_hz / 2 / 700)
    return 700 * np.expm1(height * top)


def _curve(values: np.ndarray, columns: int) -> np.ndarray:
    """Values spread over the columns, the highest where there are several for one."""
    if len(values) > columns:
        return _per_column(values, columns, np.maximum)
    return np.interp(np.linspace(0, len(values), columns, endpoint=False), np.arange(len(values)), values)


def _per_column(values: np.ndarray, columns: int, reduce: np.ufunc) -> np.ndarray:
    edges = np.linspace(0, len(values), columns, endpoint=False).astype(int)
    return reduce.reduceat(values, edges)


def _panel(axis: Axis, height: int) -> np.ndarray:
    panel = np.empty((height, axis.columns, 3), np.uint8)
    panel[:] = PANEL
    _rule(panel, axis.at(axis.marks_s[1:]), GRID, 1.0)
    return panel


def _mark(panel: np.ndarray, axis: Axis, marks: Marks) -> None:
    """Onsets as upright lines: whole ones where motion is at its height too, dashed ones elsewhere."""
    _rule(panel, axis.at(marks.met_s), ONSET, 0.7)
    dash = max(2, axis.columns // 360)
    for row in range(0, len(panel), 2 * dash):
        _rule(panel[row : row + dash], axis.at(marks.alone_s), TEXT, 0.6)


def _fill(panel: np.ndarray, top: np.ndarray, bottom: np.ndarray | float, colour: tuple, weight: float) -> None:
    """Paint each column between two heights (0 top, 1 bottom), edges smoothed by how much of a pixel they cover."""
    y = np.arange(len(panel))[:, None]
    cover = np.minimum(bottom * len(panel), y + 1) - np.maximum(top * len(panel), y)
    cover = (cover.clip(0, 1) * weight)[..., None]
    panel[:] = np.rint(panel * (1 - cover) + np.array(colour) * cover)


def _rule(panel: np.ndarray, at: np.ndarray, colour: tuple, weight: float) -> None:
    """Draw upright lines at places in pixels."""
    x = at.astype(int).clip(0, panel.shape[1] - 1)
    panel[:, x] = np.rint(panel[:, x] * (1 - weight) + np.array(colour) * weight)
