"""Crowds made from single voices: many sentences at once, near and far."""

import io
import wave

import numpy as np

from .packs import SAMPLE_RATE_HZ, Pack
from .speech import Speakers

_CROWDS, _VOICES, _SENTENCES, _LENGTH_S = 8, 10, 4, 10


def made_babble(speakers: Speakers) -> Pack:
    """Ten seconds each of babble as WAV files; the last two crowds say sentences of the test split."""
    names = {f"babble-{number:02d}": number for number in range(_CROWDS)}
    return {name: lambda number=number: _wav(_crowd(speakers, number)) for name, number in names.items()}


def _crowd(speakers: Speakers, number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    split = "test" if number >= _CROWDS - 2 else "train"
    length = _LENGTH_S * SAMPLE_RATE_HZ
    babble = np.zeros(length, np.float32)
    for _ in range(_VOICES):
        distance = rng.uniform(0.15, 1.0)
        for _ in range(_SENTENCES):
            said = speakers.draw(split, rng).wave
            # What runs over the end goes on at the start, so that the babble can be looped.
            np.add.at(babble, (int(rng.integers(length)) + np.arange(len(said))) % length, distance * said)
    return babble / np.abs(babble).max() * 0.7


def _wav(samples: np.ndarray) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()
