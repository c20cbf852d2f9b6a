"""Picture and sound below each other on one time axis: filmstrip, motion, waveform and spectrogram."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .errors import InputError
from .evaluation.motion import MotionMeter, motion_rate, standing_out
from .evaluation.onsets import detect_onsets
from .media.audio import Audio, fit_length
from .media.video import FrameRate, VideoInfo, VideoSource, probe, read_frames

# Okabe and Ito's palette, told apart by every kind of colour vision, on a dark ground.
GROUND, PANEL, GRID = (18, 20, 24), (26, 29, 35), (52, 57, 66)
TEXT, DIM = (228, 231, 236), (150, 157, 169)
MOTION, WAVE, ONSET = (86, 180, 233), (0, 158, 115), (240, 228, 66)
# The spectrogram's colours rise evenly in lightness, so that it reads in grey too.
HEAT = np.array([(26, 29, 35), (58, 28, 92), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)])

MIN_WIDTH = 480
RANGE_DB = 70.0
QUIET = 1e-3  # the waveform is drawn as high as its panel, but a peak below this (-60 dBFS) as silence
STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

Row = tuple[str, str, np.ndarray]  # its name, what it shows, and its pixels [H, W, 3]


def sync_preview(
    source: VideoSource,
    audio: Audio,
    *,
    width: int = 1600,
    progress: Callable[[str, int, int], None] | None = None,
) -> Tensor:
    """Draw a video and its sound on one time axis, uint8 [H, width, 3].

    Thin lines across the motion and the waveform mark where sounds start. The video is read once, in bounded memory.
    Raises InputError for a width below 480.
    """
    if width < MIN_WIDTH:
        raise InputError(f"The preview's width is {width} pixels: it takes at least {MIN_WIDTH}.")
    info = probe(source)
    unit = max(11, width // 100)  # the size of the letters, and of everything with it
    columns = width - 9 * unit
    strip, motion = _watch(source, info, columns, 7 * unit, progress)
    audio = fit_length(audio, info.duration_s)
    mono = audio.samples.float().mean(0)
    onsets = detect_onsets(Audio(mono[None], audio.rate_hz)) / info.duration_s
    level = 20 * np.log10(max(float(mono.abs().max()), QUIET))
    marks = np.zeros(0) if len(onsets) > columns / 12 else onsets  # closer together they would be a wall
    step = next((s for s in STEPS_S if s / info.duration_s * columns > 5.5 * unit), STEPS_S[-1])
    seconds = np.arange(0, info.duration_s, step) / info.duration_s
    rows: list[Row] = [
        ("video", "", strip),
        ("motion", "change", _motion(motion, columns, 6 * unit, seconds, marks)),
        ("sound", f"{level:.0f} dB peak", _waveform(mono.numpy(), columns, 8 * unit, seconds, marks)),
        ("spectrum", "kHz", _spectrogram(mono, audio.rate_hz, columns, 13 * unit)),
    ]
    fps = f"{float(info.fps):.5g} fps"
    title = f"{Path(source.name).name}   {info.width} x {info.height}, {fps}, {info.duration_s:.2f} s"
    page = _Page(width, unit, title, rows)
    page.legend(f"{len(onsets)} onset{'s'[: len(onsets) != 1]} in the sound")
    page.time_axis(seconds, step)
    page.frequency_axis(audio.rate_hz)
    return torch.from_numpy(np.array(page.image))


def save_png(image: Tensor, path: str | Path) -> None:
    """Write an image uint8 [H, W, 3] as a PNG file."""
    Image.fromarray(image.numpy()).save(path, format="PNG")


def _watch(source: VideoSource, info: VideoInfo, columns: int, height: int, progress) -> tuple[np.ndarray, np.ndarray]:
    """One pass over the video: the filmstrip [height, columns, 3] and how much each frame differs from the last."""
    count = max(1, round(columns / (height * info.width / info.height)))
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


def _motion(change: np.ndarray, columns: int, height: int, seconds: np.ndarray, marks: np.ndarray) -> np.ndarray:
    scaled = standing_out(change)
    curve = np.interp(np.linspace(0, len(scaled), columns, endpoint=False), np.arange(len(scaled)), scaled)
    if len(scaled) > columns:
        curve = _per_column(scaled, columns, np.maximum)
    panel = _panel(columns, height, seconds)
    _fill(panel, 0.96 - 0.9 * curve, np.full(columns, 0.96), MOTION, 0.85)
    _rule(panel, marks, ONSET, 0.8)
    return panel


def _waveform(wave: np.ndarray, columns: int, height: int, seconds: np.ndarray, marks: np.ndarray) -> np.ndarray:
    wave = wave.astype(np.float64) / max(np.abs(wave).max(), QUIET)
    peak = _per_column(np.abs(wave), columns, np.maximum)
    power = _per_column(wave**2, columns, np.add) * columns / len(wave)
    panel = _panel(columns, height, seconds)
    _rule(panel, marks, ONSET, 0.45)
    for half, weight in ((peak, 0.6), (np.sqrt(power).clip(0, 1), 1.0)):
        _fill(panel, 0.5 - 0.48 * half - 0.5 / height, 0.5 + 0.48 * half + 0.5 / height, WAVE, weight)
    return panel


def _spectrogram(wave: Tensor, rate_hz: int, columns: int, height: int) -> np.ndarray:
    fft = 2 ** round(np.log2(rate_hz / 24))  # about 42 ms
    hop = max(rate_hz // 200, len(wave) // (2 * columns), 1)
    spectrum = torch.stft(
        F.pad(wave, (0, fft)), fft, hop, window=torch.hann_window(fft), pad_mode="constant", return_complex=True
    )
    power = spectrum[:, : max(1, -(-len(wave) // hop))].abs().square().double()
    # Each row of pixels is the mean power between two frequencies on the mel scale.
    below = F.pad(power.cumsum(0), (0, 0, 1, 0))
    edges = torch.from_numpy(_hertz(np.linspace(1, 0, height + 1), rate_hz) / rate_hz * fft).clamp_max(len(power))
    low = edges.long().clamp_max(len(power) - 1)
    cumulated = torch.lerp(below[low], below[low + 1], (edges - low)[:, None])
    level = 10 * (-cumulated.diff(dim=0) / -edges.diff()[:, None]).clamp_min(1e-12).log10()
    level = F.interpolate(level[None, None].float(), (height, columns), mode="bilinear", antialias=True)[0, 0]
    shade = (1 + (level - level.max().clamp_min(-60)) / RANGE_DB).clamp(0, 1).numpy() * (len(HEAT) - 1)
    return np.stack([np.interp(shade, np.arange(len(HEAT)), channel) for channel in HEAT.T], -1).astype(np.uint8)


def _hertz(height: np.ndarray, rate_hz: int) -> np.ndarray:
    """Frequency at a height 0..1 of the spectrogram, on the mel scale up to half the sample rate."""
    top = np.log1p(rate_hz / 2 / 700)
    return 700 * np.expm1(height * top)


def _per_column(values: np.ndarray, columns: int, reduce: np.ufunc) -> np.ndarray:
    edges = np.linspace(0, len(values), columns, endpoint=False).astype(int)
    return reduce.reduceat(values, edges)


def _panel(columns: int, height: int, seconds: np.ndarray) -> np.ndarray:
    panel = np.empty((height, columns, 3), np.uint8)
    panel[:] = PANEL
    _rule(panel, seconds[1:], GRID, 1.0)
    return panel


def _fill(panel: np.ndarray, top: np.ndarray, bottom: np.ndarray, colour: tuple, weight: float) -> None:
    """Paint each column between two heights (0 top, 1 bottom), edges smoothed by how much of a pixel they cover."""
    y = np.arange(len(panel))[:, None]
    cover = np.minimum(bottom * len(panel), y + 1) - np.maximum(top * len(panel), y)
    cover = (cover.clip(0, 1) * weight)[..., None]
    panel[:] = np.rint(panel * (1 - cover) + np.array(colour) * cover)


def _rule(panel: np.ndarray, at: np.ndarray, colour: tuple, weight: float) -> None:
    """Draw upright lines at places 0..1."""
    x = (at * panel.shape[1]).astype(int).clip(0, panel.shape[1] - 1)
    panel[:, x] = np.rint(panel[:, x] * (1 - weight) + np.array(colour) * weight)


class _Page:
    """The rows under each other, with the letters around them."""

    def __init__(self, width: int, unit: int, title: str, rows: list[Row]):
        self.unit, self.left, self.gap = unit, 7 * unit, unit // 2
        self.font, self.small = ImageFont.load_default(unit), ImageFont.load_default(round(0.85 * unit))
        self.width, self.right = width, width - 2 * unit
        self.bottom = 3 * unit + sum(len(pixels) + self.gap for *_, pixels in rows)
        self.image = Image.new("RGB", (width, self.bottom + 2 * unit), GROUND)
        self.draw = ImageDraw.Draw(self.image)
        self.draw.text((unit, 1.5 * unit), title, TEXT, self.font, "lm")
        y = 3 * unit
        for name, shows, pixels in rows:
            self.image.paste(Image.fromarray(pixels), (self.left, y))
            self.draw.text((unit, y), name, TEXT, self.font, "la")
            self.draw.text((unit, y + 1.5 * unit), shows, DIM, self.small, "la")
            self.spectrum = y, len(pixels)
            y += len(pixels) + self.gap

    def legend(self, text: str) -> None:
        """Explain the lines, at the right end of the title."""
        y, x = 1.5 * self.unit, self.right - self.draw.textlength(text, self.font)
        self.draw.text((x, y), text, DIM, self.font, "lm")
        self.draw.line((x - self.unit, y - 0.6 * self.unit, x - self.unit, y + 0.6 * self.unit), ONSET, 2)

    def time_axis(self, seconds: np.ndarray, step: float) -> None:
        """Label the marks at places 0..1, a step of seconds apart."""
        for k, x in enumerate(self.left + seconds * (self.right - self.left)):
            self.draw.line((x, self.bottom - self.gap, x, self.bottom), DIM)
            at = k * step
            text = f"{at:.1f} s" if step < 1 else f"{at:.0f} s" if step < 60 else f"{at / 60:.0f} min"
            self.draw.text((x, self.bottom + 0.2 * self.unit), text, DIM, self.small, "ma" if k else "la")

    def frequency_axis(self, rate_hz: int) -> None:
        """Label the spectrogram, the last row."""
        top, height = self.spectrum
        for hertz in (500, 1000, 2000, 4000, 8000, 16000):
            place = np.log1p(hertz / 700) / np.log1p(rate_hz / 2 / 700)
            if place < 0.97:
                y = top + height * (1 - place)
                self.draw.line((self.left - 0.4 * self.unit, y, self.left, y), DIM)
                self.draw.text((self.left - 0.6 * self.unit, y), f"{hertz / 1000:g}", DIM, self.small, "rm")
