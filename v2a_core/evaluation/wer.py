"""Does a sound say the words of its transcript: the word error rate.

(substitutions + deletions + insertions) / words of the transcript, by the edit distance of Levenshtein 1966; over
several clips errors and words are summed first. It can be above 1. Capitals and punctuation don't count, and whole
numbers are spelled out, as a recogniser may write 20 for twenty.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..prompts.spelling import number_words

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True)
class WordErrors:
    """Errors of what was heard against a transcript, and the words that the transcript has."""

    errors: int = 0
    words: int = 0

    def __add__(self, other: "WordErrors") -> "WordErrors":
        return WordErrors(self.errors + other.errors, self.words + other.words)

    @property
    def rate(self) -> float:
        """Errors a word; nan where no word was to be heard."""
        return self.errors / self.words if self.words else float("nan")


def words(text: str) -> list[str]:
    """The words of a text in small letters, numbers up to 999,999 spelled out."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.lower().replace("’", "'"))
    out: list[str] = []
    for word in _WORD.findall(plain):
        out += number_words(str(int(word))).split() if word.isascii() and word.isdigit() and len(word) < 7 else [word]
    return out


def word_errors(heard: Sequence[str], said: Sequence[str]) -> WordErrors:
    """The fewest words to substitute, delete and insert that turn what was said into what was heard."""
    places = np.arange(len(heard) + 1)
    row = places.copy()
    heard_words = np.array(heard, dtype=object)
    for word in said:
        other = np.concatenate(([row[0] + 1], np.minimum(row[1:] + 1, row[:-1] + (heard_words != word))))
        # An insertion costs one more than its left neighbour, all along the row at once.
        row = np.minimum.accumulate(other - places) + places
    return WordErrors(int(row[-1]), len(said))
