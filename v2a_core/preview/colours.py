"""Colours of the preview: on a dark ground, and told apart by every kind of colour vision (Okabe and Ito's palette)."""

import numpy as np

GROUND, PANEL, GRID = (18, 20, 24), (26, 29, 35), (52, 57, 66)
TEXT, DIM = (228, 231, 236), (150, 157, 169)
MOTION, WAVE, ONSET = (86, 180, 233), (0, 158, 115), (240, 228, 66)
STRENGTH, CUE, SPEECH = (230, 159, 0), (204, 121, 167), (86, 180, 233)
# The spectrogram's colours rise evenly in lightness, so that it reads in grey too.
HEAT = np.array([(26, 29, 35), (58, 28, 92), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)])
SHADES = np.linspace(0, len(HEAT) - 1, 256)
HEATS = np.stack([np.interp(SHADES, np.arange(len(HEAT)), channel) for channel in HEAT.T], -1).astype(np.uint8)
RANGE_DB = 70.0


def heat(level_db: np.ndarray, top_db: float) -> np.ndarray:
    """Levels of any shape as colours, uint8 [..., 3]: top_db is the lightest, RANGE_DB below it the ground."""
    shade = (1 + (level_db - top_db) / RANGE_DB).clip(0, 1)
    return HEATS[(shade * (len(HEATS) - 1)).round().astype(np.uint8)]


def mixed(colour: tuple, ground: tuple, weight: float) -> tuple[int, int, int]:
    """A colour laid over another."""
    return tuple(round(c * weight + g * (1 - weight)) for c, g in zip(colour, ground, strict=True))
