"""A scene and a sound class to a soundtrack."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from ...errors import InputError
from .classes import SOUND_CLASSES
from .packs import SAMPLE_RATE_HZ
from .pitch import PITCHES, at_pitch
from .scene import Scene
from .sounds import Recording, SoundLibrary

_LEVEL_RATE_HZ = 100
_BEDS = ("wind", "rain", "stream")
_TAPS, _BLOCK = 129, 1024


def mix(scene: Scene, sound_class: str, library: SoundLibrary, rng: Generator) -> np.ndarray:
    """The soundtrack of a scene if everything in it sounded like `sound_class`: float32 [duration * 24000].

    Events: each triggers one of a few recordings of one take, its attack on the event's time to the sample, louder
    and brighter with the event's strength. Textures: one recording, as loud as the scene's level.
    """
    length = round(scene.duration_s * SAMPLE_RATE_HZ)
    is_texture = SOUND_CLASSES[sound_class].kind == "texture"
    wave = (_texture if is_texture else _events)(scene, sound_class, library, length, rng)
    peak = max(np.abs(wave).max(), 1e-9)
    if is_texture:
        wave *= min(1, 0.98 / peak)
    else:
        wave *= _gain(rng.uniform(-12, -3)) / peak
        wave = _settled(wave, scene, library, rng)
    if rng.random() < 0.5:  # the other half is digitally silent where nothing sounds
        wave += _gain(rng.uniform(-100, -80)) * rng.standard_normal(length, dtype=np.float32)
    return wave


def mix_speech(scene: Scene, library: SoundLibrary, rng: Generator) -> np.ndarray:
    """What the faces of a scene say, each word to the sample under the lips that say it: float32 [duration * 24000].

    Raises InputError for a scene whose talk has no recordings.
    """
    wave = np.zeros(round(scene.duration_s * SAMPLE_RATE_HZ), np.float32)
    tilt, room = _tilt(rng), _room(rng)
    for talk in scene.talk:
        if talk.wave is None:
            raise InputError(f"scene {scene.seed} was made without voices: give make_scene the `draw` of Speakers")
        voice = _filter(torch.from_numpy(talk.wave), tilt)
        voice = (voice if room is None else _convolve(voice, room)).numpy()
        first = round(talk.start_s * SAMPLE_RATE_HZ)
        part = wave[first : first + len(voice)]
        part += voice[: len(part)]
    wave *= _gain(rng.uniform(-12, -3)) / max(np.abs(wave).max(), 1e-9)
    return _settled(wave, scene, library, rng)


def _settled(wave: np.ndarray, scene: Scene, library: SoundLibrary, rng: Generator) -> np.ndarray:
    """At times a faint bed under events or speech."""
    if rng.random() < 0.25:
        bed = library.draw(_BEDS[rng.integers(len(_BEDS))], scene.split, rng)
        wave += _gain(rng.uniform(-32, -20)) * _loop(library, bed, len(wave), rng)
    return wave


def _events(scene: Scene, sound_class: str, library: SoundLibrary, length: int, rng: Generator) -> np.ndarray:
    wave = np.zeros(length, np.float32)
    take = library.draw_take(sound_class, scene.split, rng)
    chosen = [take[i] for i in rng.permutation(len(take))[: rng.integers(1, 5)]]
    pitch, tilt, room = PITCHES[rng.integers(len(PITCHES))], _tilt(rng), _room(rng)
    voices = [_voice(library, recording, pitch, tilt, room) for recording in chosen]
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


def _voice(
    library: SoundLibrary, recording: Recording, pitch: int, tilt: Tensor, room: Tensor | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """A recording at another pitch in a room, the same without its highs, and the index of the attack in both."""
    bright = _filter(at_pitch(library.wave(recording), pitch), tilt)
    if room is not None:
        bright = _convolve(bright, room)
    # A short symmetric window keeps the attack in its place.
    dull = F.avg_pool1d(bright[None], 9, stride=1, padding=4, count_include_pad=False)[0]
    return bright.numpy(), dull.numpy(), round(recording.attack * 20 / pitch)


def _texture(scene: Scene, sound_class: str, library: SoundLibrary, length: int, rng: Generator) -> np.ndarray:
    wave = _loop(library, library.draw(sound_class, scene.split, rng), length, rng)
    wave = _filter(torch.from_numpy(wave), _tilt(rng)).numpy()
    loudness = _gain(rng.uniform(-3, 4))
    if scene.level is None:
        return loudness * wave
    times = np.arange(length) / SAMPLE_RATE_HZ
    gain = loudness * scene.level**1.5
    return np.interp(times, np.arange(len(gain)) / _LEVEL_RATE_HZ, gain).astype(np.float32) * wave


def _loop(library: SoundLibrary, recording: Recording, length: int, rng: Generator) -> np.ndarray:
    """Play from a random place; where the recording is too short, repeat it with overlaps of equal power."""
    pitch = PITCHES[rng.integers(len(PITCHES))]
    need = length * pitch // 20 + 64
    start = rng.integers(max(recording.length - need, 1))
    piece = at_pitch(library.wave(recording, start, start + need), pitch).numpy()
    if len(piece) >= length:
        return piece[:length].copy()
    piece = piece.copy()
    overlap = min(len(piece) // 3, SAMPLE_RATE_HZ // 2)
    ramp = np.sqrt(np.linspace(0, 1, overlap, dtype=np.float32))
    piece[:overlap] *= ramp
    piece[-overlap:] *= ramp[::-1]
    step = len(piece) - overlap
    out = np.zeros(length + 2 * len(piece), np.float32)
    for start in range(0, length + len(piece), step):
        out[start : start + len(piece)] += piece
    offset = overlap + rng.integers(step)
    return out[offset : offset + length]


def _tilt(rng: Generator) -> Tensor:
    """A symmetric filter that tilts the spectrum around 1 kHz by up to 2 dB an octave."""
    octaves = np.log2(np.clip(np.fft.rfftfreq(_TAPS - 1, 1 / SAMPLE_RATE_HZ) / 1000, 0.1, 12))
    kernel = np.fft.fftshift(np.fft.irfft(10 ** (rng.uniform(-2, 2) * octaves / 20)))
    kernel = np.append(kernel, kernel[0]) * np.hanning(_TAPS)
    return torch.from_numpy(kernel.astype(np.float32))


def _filter(wave: Tensor, kernel: Tensor) -> Tensor:
    """Convolve with a symmetric kernel, keeping every sample in its place, by small Fourier transforms."""
    hop = _BLOCK - _TAPS + 1
    blocks = F.pad(wave, (_TAPS // 2, hop + _TAPS)).unfold(0, _BLOCK, hop)
    product = torch.fft.rfft(blocks) * torch.fft.rfft(kernel, _BLOCK)
    return torch.fft.irfft(product, _BLOCK)[:, _TAPS - 1 :].flatten()[: len(wave)]


def _room(rng: Generator) -> Tensor | None:
    """Every other time, the response of a small room: the direct sound, then decaying noise."""
    if rng.random() < 0.5:
        return None
    length_s = rng.uniform(0.15, 0.5)
    seconds = np.arange(round(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    response = rng.standard_normal(len(seconds), dtype=np.float32) * np.exp(-6.9 / length_s * seconds)
    response[: round(rng.uniform(0.004, 0.015) * SAMPLE_RATE_HZ)] = 0
    response *= _gain(rng.uniform(-22, -10)) / np.sqrt(np.sum(response**2))
    response[0] = 1
    return torch.from_numpy(response)


def _convolve(wave: Tensor, response: Tensor) -> Tensor:
    length = len(wave) + len(response) - 1
    size = -(-length // 4096) * 4096
    return torch.fft.irfft(torch.fft.rfft(wave, size) * torch.fft.rfft(response, size), size)[:length]


def _gain(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))
