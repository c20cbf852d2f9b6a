"""Sounds made on the spot for the tests of the world's sounds."""

import wave

import numpy as np

RATE = 24_000
LEAD_S = 0.02  # silence before the click in every one-shot
CLICK_HZ = {name: 300 + 130 * i for i, name in enumerate("abcdefgh")}


def write_wav(path, samples, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def click(hertz, seed=0, seconds=0.3):
    """A decaying tone with a hard start after LEAD_S of silence."""
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(t)) * np.exp(-t / 0.004)
    body = np.cos(2 * np.pi * hertz * t) * np.exp(-t / 0.05) + 0.3 * noise
    return np.concatenate([np.zeros(int(LEAD_S * RATE)), 0.5 * body])
