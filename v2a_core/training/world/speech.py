"""Sentences spoken by the voices of free synthesisers, with the seconds of every sound."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ...errors import InputError
from ...prompts.durations import natural_s, place
from ...prompts.phonemes import PHONEME_IDS, SCHWA, SILENCE, Span, Word, phoneme_of, words_of
from .packs import decode
from .pitch import PITCHES, at_pitch
from .sentences import draw_sentence

VOICES = ("rms", "slt", "awb")
_WOMEN = ("slt",)
_SPEEDS = (0.85, 1.0, 1.2)
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Utterance:
    """A spoken sentence: float32 [N] at 24 kHz (None where only its times are known), and its sounds end to end."""

    text: str
    voice: str
    wave: np.ndarray | None = field(repr=False, compare=False)
    spans: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        return self.spans[-1].end_s


class Speakers:
    """The flite voices under `root` (filled by `make sounds`)."""

    def __init__(self, root: str | Path):
        self.program = Path(root) / "x" / "flite" / "usr" / "bin" / "flite"
        if not self.program.exists():
            raise InputError(f"{self.program} is missing: run `make sounds` to fetch the voices first")

    def draw(self, split: str, rng: Generator) -> Utterance:
        """A sentence of the split in some voice, by a speaker of some size, at some speed."""
        sentence = draw_sentence(rng, split)
        voice, stretch, pitch = (options[rng.integers(len(options))] for options in (VOICES, _SPEEDS, PITCHES))
        return _resized(self.say(sentence, voice, stretch), int(pitch))

    def say(self, sentence: str, voice: str, stretch: float = 1.0) -> Utterance:
        """The sentence in a voice, `stretch` times as slow; sounds are as the synthesiser placed them."""
        if voice not in VOICES:
            raise InputError(f"voice {voice!r} is none of {', '.join(VOICES)}")
        libraries = sorted(str(path) for path in self.program.parents[1].glob("lib/*"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            command = [self.program, "-voice", voice, "-psdur", "--setf", f"duration_stretch={stretch}"]
            done = subprocess.run(
                [*command, "-t", sentence, "-o", path],
                env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)},
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
            )
            if done.returncode or not path.exists():
                raise InputError(f"{self.program} can't say {sentence!r} in voice {voice}: {done.stderr.strip()[:200]}")
            wave = decode(path.read_bytes(), path.name)
        wave = wave / max(float(np.abs(wave).max()), 1e-4) * 0.5
        return Utterance(sentence, voice, wave.astype(np.float32), tuple(_spans(done.stdout, words_of(sentence))))


def who_speaks(voice: str) -> str:
    """ "man" or "woman", for the voice of an utterance."""
    return "woman" if voice.split()[0] in _WOMEN else "man"


def imagined(split: str, rng: Generator) -> Utterance:
    """A sentence of the split with the times that `prompts.durations` gives it, and no wave: for pictures alone."""
    sentence = draw_sentence(rng, split)
    words = words_of(sentence)
    return Utterance(sentence, "", None, tuple(place(words, 0.0, natural_s(words) * rng.uniform(0.85, 1.25))))


def _resized(said: Utterance, pitch: int) -> Utterance:
    """The same said by a larger speaker (pitch under 20), slower and lower, or by a smaller one."""
    times = [Span(s.phoneme, s.start_s * 20 / pitch, s.end_s * 20 / pitch, s.word) for s in said.spans]
    return Utterance(said.text, f"{said.voice} {pitch}/20", at_pitch(said.wave, pitch).numpy(), tuple(times))


def _spans(printed: str, words: list[Word]) -> list[Span]:
    """What `flite -psdur` prints, "name:end" pairs, as spans; each sound belongs to the word that it aligns with."""
    pairs = [part.rsplit(":", 1) for part in printed.split()]
    names = [_arpabet(name) for name, _ in pairs]
    times = [0.0, *(float(end) for _, end in pairs)]
    owners = [number for number, word in enumerate(words) for _ in word.symbols]
    spans, word = [], 0
    for name, at, (start, end) in zip(names, aligned(names, words), pairwise(times), strict=True):
        word = owners[at] if at >= 0 else word
        if end > start:
            spans.append(Span(name, start, end, -1 if name == SILENCE else word))
    return spans


def _arpabet(name: str) -> str:
    if name == "pau":
        return SILENCE
    phoneme = SCHWA if name == "ax" else name.upper()
    if phoneme not in PHONEME_IDS:
        raise InputError(f"the synthesiser's sound {name!r} is not in ARPAbet")
    return phoneme


def aligned(names: Sequence[str], words: Sequence[Word]) -> list[int]:
    """For each phoneme the place among all symbols of the words that it stands for, -1 for none, at the least cost."""
    expected = [phoneme_of(symbol) for word in words for symbol in word.symbols]
    cost = np.zeros((len(names) + 1, len(expected) + 1))
    cost[:, 0], cost[0] = np.arange(len(names) + 1), np.arange(len(expected) + 1)
    for i, name in enumerate(names, 1):
        for j, phoneme in enumerate(expected, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + _differ(name, phoneme), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j, places = len(names), len(expected), [-1] * len(names)
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + _differ(names[i - 1], expected[j - 1]):
            i, j = i - 1, j - 1
            places[i] = j
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return places


def _differ(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return 2.5 if SILENCE in (one, other) else 0.6 if _is_vowel(one) == _is_vowel(other) else 1.5


def _is_vowel(phoneme: str) -> bool:
    return phoneme[0] in "AEIOU"
