"""How English words are pronounced: the CMU dictionary, and rules learned from it for words that it lacks."""

import lzma
from functools import lru_cache
from pathlib import Path

_VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"
_CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"
VOWELS, CONSONANTS = tuple(_VOWELS.split()), tuple(_CONSONANTS.split())
# ARPAbet, a vowel with its stress: AH0 none, AH1 main, AH2 second. In the files one character stands for each.
SYMBOLS = tuple(sorted([*CONSONANTS, *(vowel + stress for vowel in VOWELS for stress in "012")]))
CODES = {symbol: chr(0x21 + i) for i, symbol in enumerate(SYMBOLS)}
LONGEST_CONTEXT = 9
EDGE = "#"

_SYMBOL_OF = {code: symbol for symbol, code in CODES.items()}
_FOLDER = Path(__file__).parent


def pronounce(word: str) -> tuple[str, ...]:
    """ARPAbet with stress for a word of a-z and apostrophes; never empty for a word that holds a letter.

    >>> pronounce("hello")
    ('HH', 'AH0', 'L', 'OW1')
    """
    codes = _table("lexicon").get(word)
    return tuple(_SYMBOL_OF[code] for code in codes) if codes else spell_out(word)


def spell_out(word: str) -> tuple[str, ...]:
    """The pronunciation by rules alone: each letter speaks as it mostly does in the longest known context.

    A context of n letters has the letter itself at (n - 1) // 2 (Daelemans and van den Bosch 1996, "Language-
    independent data-oriented grapheme-to-phoneme conversion"). A word without vowels is read letter by letter.
    """
    rules, reach = _table("letters"), LONGEST_CONTEXT // 2
    bare = word.replace("'", "")
    padded = EDGE * reach + bare + EDGE * reach
    codes = []
    for at in range(reach, reach + len(bare)):
        windows = (padded[at - (n - 1) // 2 : at + n // 2 + 1] for n in range(LONGEST_CONTEXT, 0, -1))
        codes.append(next(rules[window] for window in windows if window in rules))
    said = tuple(_SYMBOL_OF[code] for code in "".join(codes))
    if bare and not any(symbol[-1].isdigit() for symbol in said):
        return tuple(symbol for letter in bare for symbol in letter_name(letter))
    return said


def letter_name(letter: str) -> tuple[str, ...]:
    """How a letter of a-z is called."""
    return tuple(_LETTER_NAMES[letter].split())


@lru_cache(maxsize=2)
def _table(name: str) -> dict[str, str]:
    """A file of lines "key value" (value: codes, may be empty), read when first asked for."""
    lines = lzma.decompress((_FOLDER / f"{name}.txt.xz").read_bytes()).decode().splitlines()
    return dict(line.split(" ") for line in lines)


_NAMES = (
    "EY1|B IY1|S IY1|D IY1|IY1|EH1 F|JH IY1|EY1 CH|AY1|JH EY1|K EY1|EH1 L|EH1 M|EH1 N|OW1|P IY1|K Y UW1|AA1 R|EH1 S"
    "|T IY1|Y UW1|V IY1|D AH1 B AH0 L Y UW0|EH1 K S|W AY1|Z IY1"
)
_LETTER_NAMES = dict(zip("abcdefghijklmnopqrstuvwxyz", _NAMES.split("|"), strict=True))
