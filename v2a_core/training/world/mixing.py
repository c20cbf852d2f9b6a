"""A scene and a sound class to a soundtrack."""

from functools import lru_cache

import numpy as np
import torch
import torchaudio
from numpy.random import Generator

from .classes import SOUND_CLASSES
from .packs import SAMPLE_RATE_HZ
from .scene import Scene
from .sounds import Recording, SoundLibrary, pick_take

# Sample-rate ratios n/20: pitch within a tenth up or down.
_PITCHES = (18, 19, 20, 20, 20, 21, 22)
_LEVEL_RATE_HZ = 100
_BEDS = ("wind", "rain", "stream")


def mix(scene: Scene, sound_class: str, library: SoundLibrary, rng: Generator) -> np.ndarray:
    """The soundtrack of a scene if everything in it sounded like `sound_class`: float32 [duration * 24000].

    Events: each triggers one of a few recordings of one take, its attack on the event's time to the sample, louder
    and brighter with the event's strength. Textures: one recording, as loud as the scene's level.
    """
    length = round(scene.duration_s * SAMPLE_RATE_HZ)
    if SOUND_CLASSES[sound_class].kind == "texture":
        wave = _texture(scene, sound_class, library, length, rng)
    else:
        wave = _events(scene, sound_class, library, length, rng)
    wave = _room_and_tilt(wave, rng)
    peak = np.abs(wave).max()
    if SOUND_CLASSES[sound_class].kind == "event" and peak > 0:
        wave *= _gain(rng.uniform(-12, -3)) / peak
        if rng.random() < 0.3:
            wave += _gain(rng.uniform(-30, -18)) * _loop(_bed(library, scene.split, rng), length, rng)
    elif peak > 0.98:
        wave *= 0.98 / peak
    wave += _gain(rng.uniform(-96, -78)) * rng.standard_normal(length, dtype=np.float32)
    return np.clip(wave, -1, 1).astype(np.float32)


def _events(scene: Scene, sound_class: str, library: SoundLibrary, length: int, rng: Generator) -> np.ndarray:
    wave = np.zeros(length, np.float32)
    take = pick_take(library.takes(sound_class, scene.split), rng)
    chosen = [take[i] for i in rng.permutation(len(take))[: rng.integers(1, 5)]]
    pitch = _PITCHES[rng.integers(len(_PITCHES))]
    voices = [_voice(library, recording, pitch) for recording in chosen]
    for event in scene.events:
        bright, dull, attack = voices[rng.integers(len(voices))]
        gain = _gain(18 * (event.strength - 1) + rng.uniform(-1, 1))
        edge = 0.4 + 0.6 * event.strength
        start = round(event.time_s * SAMPLE_RATE_HZ) - attack
        first, last = max(start, 0), min(start + len(bright), length)
        if last > first:
            part = slice(first - start, last - start)
            wave[first:last] += gain * (edge * bright[part] + (1 - edge) * dull[part])
    return wave


def _voice(library: SoundLibrary, recording: Recording, pitch: int) -> tuple[np.ndarray, np.ndarray, int]:
    """A recording at another pitch, the same without its highs, and where the attack is."""
    wave = torch.from_numpy(library.wave(recording))
    bright = _resampler(pitch)(wave) if pitch != 20 else wave
    # A short symmetric window keeps the attack in its place.
    dull = torch.nn.functional.avg_pool1d(bright[None], 9, stride=1, padding=4, count_include_pad=False)[0]
    return bright.numpy(), dull.numpy(), round(recording.attack * 20 / pitch)


@lru_cache(maxsize=len(set(_PITCHES)))
def _resampler(pitch: int) -> torchaudio.transforms.Resample:
    return torchaudio.transforms.Resample(pitch, 20)


def _texture(scene: Scene, sound_class: str, library: SoundLibrary, length: int, rng: Generator) -> np.ndarray:
    wave = _loop(library.pick(sound_class, scene.split, rng), length, rng)
    loudness = 10 ** (rng.uniform(-3, 4) / 20)
    if scene.level is None:
        return loudness * wave
    times = np.arange(length) / SAMPLE_RATE_HZ
    level = np.interp(times, np.arange(len(scene.level)) / _LEVEL_RATE_HZ, scene.level)
    return (loudness * level**1.5 * wave).astype(np.float32)


def _loop(wave: np.ndarray, length: int, rng: Generator) -> np.ndarray:
    """Play from a random place; where the recording is too short, repeat it with overlaps of equal power."""
    pitch = _PITCHES[rng.integers(len(_PITCHES))]
    need = length * pitch // 20 + 64
    if len(wave) > need:
        start = rng.integers(len(wave) - need)
        wave = wave[start : start + need]
    resampled = _resampler(pitch)(torch.from_numpy(wave)).numpy() if pitch != 20 else wave
    if len(resampled) >= length:
        return resampled[:length].copy()
    overlap = min(len(resampled) // 3, SAMPLE_RATE_HZ // 2)
    ramp = np.sqrt(np.linspace(0, 1, overlap, dtype=np.float32))
    piece = resampled.copy()
    piece[:overlap] *= ramp
    piece[-overlap:] *= ramp[::-1]
    step = len(piece) - overlap
    out = np.zeros(length + 2 * len(piece), np.float32)
    for start in range(0, length + len(piece), step):
        out[start : start + len(piece)] += piece
    offset = overlap + rng.integers(step)
    return out[offset : offset + length]


def _bed(library: SoundLibrary, split: str, rng: Generator) -> np.ndarray:
    return library.pick(_BEDS[rng.integers(len(_BEDS))], split, rng)


def _room_and_tilt(wave: np.ndarray, rng: Generator) -> np.ndarray:
    """Tilt the spectrum a little and, every other time, add the tail of a room: both in one Fourier product."""
    tail = SAMPLE_RATE_HZ // 2
    size = _fast_size(len(wave) + tail)
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ).astype(np.float32)
    tilt = rng.uniform(-2, 2) / 20  # decibels an octave, around 1 kHz
    shape = np.clip(hertz / 1000, 0.05, 12) ** np.float32(tilt / np.log10(2))
    filters = torch.from_numpy(shape)
    if rng.random() < 0.5:
        seconds = np.arange(tail, dtype=np.float32) / SAMPLE_RATE_HZ
        decay = np.exp(-6.9 * seconds / rng.uniform(0.15, 0.5))
        room = rng.standard_normal(tail, dtype=np.float32) * decay
        room[: int(rng.uniform(0.004, 0.015) * SAMPLE_RATE_HZ)] = 0
        room *= _gain(rng.uniform(-22, -10)) / np.sqrt(np.sum(room**2))
        room[0] = 1
        filters = filters * torch.fft.rfft(torch.from_numpy(room), size)
    spectrum = torch.fft.rfft(torch.from_numpy(np.ascontiguousarray(wave, np.float32)), size)
    return torch.fft.irfft(spectrum * filters, size)[: len(wave)].numpy()


def _fast_size(size: int) -> int:
    """The next multiple of 4800: few and small prime factors for any usual duration."""
    return -(-size // 4800) * 4800


def _gain(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))
