"""CLIP's tokens: byte pair encoding (Sennrich et al. 2016) of lower-cased words by the merges that OpenAI published."""

import html
import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

MERGES = Path(__file__).with_name("clip_merges.txt")
WORD_END = "</w>"
_CONTRACTION = re.compile("'(?:s|t|re|ve|m|ll|d)")
# Of a text in which letters are a, numbers 0 and all other things a full stop.
_RUN = re.compile(r"a+|0|\.+")
# Upstream straightens curly quotes first.
_QUOTES = {code: "'" for code in range(0x2018, 0x201C)} | {code: '"' for code in range(0x201C, 0x2020)}


def tokenize(prompt: str, length: int = 77) -> list[int]:
    """Token ids: start, prompt, end, zeros; a prompt that is too long loses its end, never the end token."""
    numbers, ranks, letters = _tables()
    ids = []
    for word in split(clean(prompt)):
        ids += [numbers[piece] for piece in merged([letters[byte] for byte in word.encode(errors="replace")], ranks)]
        if len(ids) > length:
            break
    start, end = len(numbers), len(numbers) + 1
    ids = [start, *ids[: length - 2], end]
    return ids + [0] * (length - len(ids))


def clean(prompt: str) -> str:
    """Lower case, single spaces, straight quotes, and `&amp;` and the like as the characters that they stand for."""
    text = unicodedata.normalize("NFC", html.unescape(html.unescape(prompt)).translate(_QUOTES))
    return " ".join(text.split()).lower()


def split(text: str) -> list[str]:
    """Words: runs of letters, single numbers, contractions, and runs of anything else that isn't a space."""
    kinds = "".join({"L": "a", "N": "0"}.get(unicodedata.category(c)[0], " " if c.isspace() else ".") for c in text)
    words, at = [], 0
    while at < len(text):
        found = _CONTRACTION.match(text, at) or _RUN.match(kinds, at)
        if found:
            words.append(text[at : found.end()])
        at = found.end() if found else at + 1
    return words


def merged(letters: list[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """A word's letters, joined pair by pair in the order in which the merges were learned."""
    pieces = [*letters[:-1], letters[-1] + WORD_END]
    while True:
        first = min(pairwise(pieces), key=lambda pair: ranks.get(pair, len(ranks)), default=None)
        if first not in ranks:
            return pieces
        joined, at = [], 0
        while at < len(pieces):
            both = tuple(pieces[at : at + 2]) == first
            joined.append("".join(first) if both else pieces[at])
            at += 2 if both else 1
        pieces = joined


@cache
def _tables() -> tuple[dict[str, int], dict[tuple[str, str], int], list[str]]:
    """Numbers of the pieces, ranks of the merges, and the letter that stands for each byte."""
    merges = [tuple(line.split()) for line in MERGES.read_text(encoding="utf-8").splitlines()[1:]]
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    # Bytes that print nothing are written as the letters from 256 on, and come after the others.
    hidden = [byte for byte in range(256) if byte not in shown]
    letters = {byte: chr(byte) for byte in shown} | {byte: chr(256 + n) for n, byte in enumerate(hidden)}
    pieces = [*letters.values(), *(letter + WORD_END for letter in letters.values()), *map("".join, merges)]
    numbers = {piece: number for number, piece in enumerate(pieces)}
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    return numbers, ranks, [letters[byte] for byte in range(256)]
