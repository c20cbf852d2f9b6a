"""A small sound library of clicks and noise, made on the spot."""

import numpy as np
import pytest
from little_sounds import CLICK_HZ, RATE, click, write_wav

from v2a_core.training.world import sounds


@pytest.fixture
def library_root(tmp_path, monkeypatch):
    """A root with one package and a sources.toml that names it."""
    folder = tmp_path / "x" / "pack" / "sounds"
    for seed, (name, hertz) in enumerate(CLICK_HZ.items()):
        write_wav(folder / f"drum-{name}.wav", click(hertz, seed))
    # Edited copies: louder, and later.
    write_wav(folder / "drum-a-copy.wav", np.concatenate([np.zeros(500), 1.5 * click(CLICK_HZ["a"], 0)]))
    for index in range(4):
        noise = np.random.default_rng(100 + index).standard_normal(4 * RATE) * 0.1
        write_wav(folder / f"rain-{index}.wav", noise * np.linspace(0.2, 1, len(noise)))
    sources = tmp_path / "sources.toml"
    takes = "".join(
        f'[[take]]\nsound = "{name}"\npackage = "pack"\nfiles = ["{like}"]\n'
        for name, like in (("drum", "drum-*"), ("rain", "rain-*"), ("wind", "rain-*"), ("stream", "rain-*"))
    )
    about = '[package.pack]\nfiles = "sounds"\nauthor = "nobody"\nlicence = "CC0-1.0"\nabout = "here"\n'
    sources.write_text(about + takes)
    monkeypatch.setattr(sounds, "SOURCES", sources)
    return tmp_path


@pytest.fixture
def library(library_root):
    return sounds.SoundLibrary(library_root)
