"""Packs the CMU dictionary for `prompts/lexicon.py` and learns the rules for words that it lacks."""

import hashlib
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..prompts.lexicon import CODES, EDGE, LONGEST_CONTEXT, SYMBOLS, VOWELS

_ROUNDS = 3
# A rule for a longer context stays if it gets this many more letters of the dictionary right than a shorter one.
_LEAST_GAIN = 2
_LONGEST_WORD = 16
_MOST = 2  # sounds of one letter


def held_out(word: str) -> bool:
    """Whether the rules were learned without this word: a tenth of all words, by a hash."""
    return hashlib.sha256(word.encode()).digest()[0] < 26


def read_dictionary(path: str | Path) -> dict[str, str]:
    """Words of a-z and apostrophes with the codes of their first pronunciation, from a file of CMUdict's form."""
    words: dict[str, str] = {}
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        word, *symbols = line.split("#")[0].split()
        if not re.fullmatch(r"[a-z][a-z']*", word):
            continue
        if not symbols or not all(symbol in CODES for symbol in symbols):
            raise InputError(f"{path}, line {number}: {line!r} is no pronunciation in ARPAbet with stress")
        words.setdefault(word, "".join(CODES[symbol] for symbol in symbols))
    return words


def write_lexicon(dictionary: str | Path, out: str | Path) -> tuple[int, int]:
    """Write lexicon.txt.xz and letters.txt.xz into a folder; returns the number of words and of rules."""
    words = read_dictionary(dictionary)
    rules = learn_rules({word: codes for word, codes in words.items() if not held_out(word)})
    for name, table in (("lexicon", words), ("letters", rules)):
        text = "\n".join(f"{key} {value}" for key, value in sorted(table.items()))
        (Path(out) / f"{name}.txt.xz").write_bytes(lzma.compress(text.encode(), preset=9))
    return len(words), len(rules)


def learn_rules(words: dict[str, str]) -> dict[str, str]:
    """What a letter says in a context, for the contexts that matter: {context: codes}."""
    spelled, chunks = [], []
    for word, parts in aligned(words):
        spelled.append(word)
        chunks += parts
    outputs = {part: i for i, part in enumerate(sorted(set(chunks)))}
    names = list(outputs)
    said = np.array([outputs[part] for part in chunks])
    contexts, reach = _windows(spelled), LONGEST_CONTEXT // 2
    rules: dict[str, str] = {}
    known = np.full(len(said), -1)
    for n in range(1, LONGEST_CONTEXT + 1):
        window = contexts[:, reach - (n - 1) // 2 : reach + n // 2 + 1]
        keys, first, place = np.unique(_packed(window), return_index=True, return_inverse=True)
        pairs, counts = np.unique(place.astype(np.int64) * len(names) + said, return_counts=True)
        owner, output = pairs // len(names), pairs % len(names)
        order = np.lexsort((output, -counts, owner))
        best = order[np.searchsorted(owner[order], np.arange(len(keys)))]
        gain = counts[best] - np.bincount(place, known == said, len(keys))
        kept = gain >= (_LEAST_GAIN if n > 1 else 1)
        known = np.where(kept[place], output[best][place], known)
        for k in np.flatnonzero(kept):
            rules["".join(map(chr, window[first[k]]))] = names[output[best[k]]]
    return rules


def _windows(spelled: list[str]) -> np.ndarray:
    """For every letter of every word the LONGEST_CONTEXT characters about it, uint8 [letters, LONGEST_CONTEXT]."""
    reach = LONGEST_CONTEXT // 2
    text = (EDGE * reach).join(["", *spelled, ""]).encode()
    flat = np.frombuffer(text, np.uint8)
    at = np.flatnonzero(flat != ord(EDGE))
    return flat[at[:, None] + np.arange(-reach, reach + 1)]


def _packed(window: np.ndarray) -> np.ndarray:
    """Rows of characters as one whole number each, five bits a character."""
    digits = np.where(window == ord(EDGE), 0, window - ord("a") + 1).astype(np.int64)
    return digits @ (32 ** np.arange(window.shape[1], dtype=np.int64))


def aligned(words: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Words with the codes that each of their letters says (none, one or two), where the two can be matched.

    Viterbi training: the best alignment under the present chances, new chances from it, again.
    """
    bare = [(word.replace("'", ""), codes) for word, codes in words.items()]
    bare = [(w, c) for w, c in bare if len(w) <= _LONGEST_WORD and 0 < len(c) <= min(_LONGEST_WORD, _MOST * len(w))]
    letters, sounds = (_padded([pair[i] for pair in bare]) for i in (0, 1))
    letters = np.where(letters > 0, letters - ord("a") + 1, 0)
    sounds = np.where(sounds > 0, sounds - 0x21 + 1, 0)
    # At first a letter may say anything, but vowels rather vowels and consonants rather consonants.
    vowel_letter = np.array([chr(ord("a") + i - 1) in "aeiouy" for i in range(27)])
    vowel_sound = np.array([False, *(symbol[:2] in VOWELS for symbol in SYMBOLS)])
    says = np.where(vowel_letter[:, None] == vowel_sound, 0.03, 0.001)
    number = np.tile([0.15, 0.8, 0.05], (27, 1))
    for _ in range(_ROUNDS):
        taken = _best_counts(letters, sounds, np.log(says), np.log(number))
        says, number = np.full_like(says, 0.01), np.full_like(number, 0.01)
        fits = (taken >= 0).all(1)
        ends = np.cumsum(np.where(fits[:, None], taken, 0), 1)
        for i in range(letters.shape[1]):
            there = fits & (letters[:, i] > 0)
            np.add.at(number, (letters[there, i], taken[there, i]), 1)
            for back in range(1, _MOST + 1):
                rows = there & (taken[:, i] >= back)
                np.add.at(says, (letters[rows, i], sounds[rows, ends[rows, i] - back]), 1)
        says /= says.sum(1, keepdims=True)
        number /= number.sum(1, keepdims=True)
    for (word, codes), counts, end, fit in zip(bare, taken, ends, fits, strict=True):
        if fit:
            yield word, [codes[end[i] - counts[i] : end[i]] for i in range(len(word))]


def _padded(texts: list[str]) -> np.ndarray:
    rows = np.zeros((len(texts), _LONGEST_WORD), np.int64)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = np.frombuffer(text.encode(), np.uint8)
    return rows


def _best_counts(letters: np.ndarray, sounds: np.ndarray, says: np.ndarray, number: np.ndarray) -> np.ndarray:
    """How many sounds each letter takes in the likeliest alignment, int8 [words, letters]; -1 where there is none."""
    count, width = letters.shape
    score = np.full((count, width + 1), -np.inf, np.float32)
    score[:, 0] = 0
    choices = np.zeros((width, count, width + 1), np.int8)
    for i in range(width):
        here = letters[:, i]
        said = np.where(sounds > 0, says[here[:, None], sounds], -np.inf).astype(np.float32)
        options = np.full((_MOST + 1, count, width + 1), -np.inf, np.float32)
        options[0] = score + number[here, 0, None]
        options[1, :, 1:] = score[:, :-1] + said + number[here, 1, None]
        options[2, :, 2:] = score[:, :-2] + said[:, :-1] + said[:, 1:] + number[here, 2, None]
        best = options.argmax(0).astype(np.int8)
        past = (here == 0)[:, None]
        choices[i] = np.where(past, 0, best)
        score = np.where(past, score, options.max(0))
    at, rows = (sounds > 0).sum(1), np.arange(count)
    taken = np.zeros((count, width), np.int8)
    taken[~np.isfinite(score[rows, at])] = -1
    for i in range(width - 1, -1, -1):
        step = choices[i, rows, at]
        taken[:, i] = np.where(taken[:, i] < 0, -1, step)
        at = np.maximum(at - step, 0)
    return taken
