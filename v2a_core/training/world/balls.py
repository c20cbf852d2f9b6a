"""Bouncing balls, made from a model: no licence-clean recording of one was found.

A contact pulse of some milliseconds excites what the ear knows a ball by: the thump of floor and shell, the ring of
the air inside, and the slap of the skin.
"""

import io
import wave

import numpy as np

from .packs import SAMPLE_RATE_HZ, Pack

BALLS = 24
BOUNCES = 4


def made_balls() -> Pack:
    """WAV files of single bounces: BALLS balls from basketball to table tennis, BOUNCES bounces each."""
    names = [(ball, bounce) for ball in range(BALLS) for bounce in range(BOUNCES)]
    return {
        f"ball-{ball:02d}-{bounce}.wav": lambda ball=ball, bounce=bounce: _wav(ball, bounce) for ball, bounce in names
    }


def _wav(ball: int, bounce: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes(np.round(bounce_wave(ball, bounce) * 32000).astype("<i2").tobytes())
    return out.getvalue()


def bounce_wave(ball: int, bounce: int) -> np.ndarray:
    """One bounce of one ball, float64 [0.4 s], peak 1; bounces of a ball differ a little, balls a lot."""
    body, touch = np.random.default_rng([ball, 7]), np.random.default_rng([ball, bounce, 7])
    size = body.uniform(0, 1)  # 0 a basketball, 1 a table tennis ball
    seconds = np.arange(int(0.4 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    contact_s = 10 ** np.interp(size, [0, 1], [-1.95, -3.1]) * touch.uniform(0.85, 1.15)
    pulse = np.where(seconds < contact_s, np.sin(np.pi * seconds / contact_s) ** 2, 0)

    low_hz = 10 ** np.interp(size, [0, 1], [1.9, 2.75]) * body.uniform(0.85, 1.2)
    air_hz = 10 ** np.interp(size, [0, 1], [2.75, 3.65]) * body.uniform(0.9, 1.1)
    modes = [(low_hz, 0.035, 1.0), (low_hz * body.uniform(1.8, 2.6), 0.025, 0.6)]
    modes += [
        (air_hz * k * body.uniform(0.98, 1.02), 0.03 / k, body.uniform(0.15, 0.5) / k) for k in (1, 1.43, 2.05, 2.6)
    ]
    ring = np.zeros_like(seconds)
    for hertz, decay_s, gain in modes:
        hertz = hertz * touch.uniform(0.985, 1.015)
        ring += gain * touch.uniform(0.7, 1.3) * np.exp(-seconds / decay_s) * np.sin(2 * np.pi * hertz * seconds)
    thump = np.convolve(pulse, ring)[: len(seconds)]

    # The skin's slap: noise around a kilohertz or two that dies within some milliseconds of touching.
    noise = touch.standard_normal(len(seconds)) * np.exp(-seconds / body.uniform(0.003, 0.009))
    slap = np.convolve(noise, np.hanning(int(SAMPLE_RATE_HZ / body.uniform(3000, 7000)) + 2))[: len(seconds)]
    mixed = thump / np.abs(thump).max() + body.uniform(0.15, 0.5) * slap / np.abs(slap).max()
    return mixed / np.abs(mixed).max()
