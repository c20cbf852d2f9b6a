"""Measures how long the voices of the training world make each sound, for `prompts/durations.py`."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from ..prompts.durations import duration_key
from ..prompts.lexicon import SYMBOLS
from ..prompts.phonemes import SILENCE, phoneme_of, words_of
from .world.sentences import draw_sentence
from .world.speech import VOICES, Speakers, aligned

_PLACES = ("initial", "inner", "final")
# Rare sounds lean on what is known of all their places, and that on all sounds: so many measurements count as one.
_LEAN = 5


def write_durations(speakers: Speakers, out: str | Path, sentences: int = 300, progress=None) -> None:
    """Write durations.json from this many sentences of the train split, each in every voice."""
    measured: dict[str, list[float]] = defaultdict(list)
    rng = np.random.default_rng(0)
    for number in range(sentences):
        sentence = draw_sentence(rng)
        for voice in VOICES:
            for key, logarithm in measure(speakers.say(sentence, voice)):
                measured[key].append(logarithm)
        if progress:
            progress("durations", number + 1, sentences)
    table = smoothed(measured)
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(table[key])}" for key in sorted(table))
    Path(out).write_text(f"{{\n{lines}\n}}\n")


def measure(said) -> list[tuple[str, float]]:
    """(duration key, logarithm of seconds) of the sounds of an utterance that are as the lexicon has them."""
    words = words_of(said.text)
    places = [(number, i) for number, word in enumerate(words) for i in range(len(word.symbols))]
    names = [span.phoneme for span in said.spans]
    paused = {span.word for span, after in zip(said.spans, said.spans[1:], strict=False) if after.phoneme == SILENCE}
    found = []
    for span, at in zip(said.spans, aligned(names, words), strict=True):
        if at < 0 or span.phoneme == SILENCE:
            continue
        number, i = places[at]
        if phoneme_of(words[number].symbols[i]) == span.phoneme:
            key = duration_key(words[number].symbols, i, number in paused)
            found.append((key, float(np.log(span.end_s - span.start_s))))
    return found


def smoothed(measured: dict[str, list[float]]) -> dict[str, list[float]]:
    """Mean and deviation for every symbol in every place, leaning on the symbol and on all where few were measured."""
    every = np.concatenate(list(measured.values()))
    whole = np.array([every.mean(), every.std()])
    table = {}
    for symbol in SYMBOLS:
        own = np.concatenate([measured.get(f"{symbol} {place}", []) for place in _PLACES])
        of_symbol = _blend(own, whole)
        for place in _PLACES:
            mean, deviation = _blend(np.array(measured.get(f"{symbol} {place}", [])), of_symbol)
            table[f"{symbol} {place}"] = [round(float(mean), 3), round(float(deviation), 3)]
    return table


def _blend(values: np.ndarray, prior: np.ndarray) -> np.ndarray:
    if not len(values):
        return prior
    share = len(values) / (len(values) + _LEAN)
    return share * np.array([values.mean(), max(values.std(), 0.05)]) + (1 - share) * prior
