"""Text as it is read aloud: numbers, signs and abbreviations as words of a-z, and where a voice pauses."""

import re
import unicodedata

# Behind a word: nothing, a short pause, the end of a sentence.
NONE, SHORT, LONG = 0, 1, 2

_UNDER_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES, _TENS = _UNDER_TWENTY.split(), _DECADES.split()
_THOUSANDS = ("", "thousand", "million", "billion", "trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LONGEST_NUMBER = 15  # digits; longer ones are read digit by digit
_LONGEST_WORD = 40  # letters; what is longer is no word but is read in pieces
_SHORT_FORMS = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "jr": "junior",
    "sr": "senior",
    "vs": "versus",
    "etc": "et cetera",
    "eg": "for example",
    "ie": "that is",
    "approx": "approximately",
    "dept": "department",
    "no": "number",
    "km": "kilometers",
    "cm": "centimeters",
    "mm": "millimeters",
    "kg": "kilograms",
    "lb": "pounds",
    "ft": "feet",
    "min": "minutes",
    "sec": "seconds",
    "hz": "hertz",
    "khz": "kilohertz",
    "mph": "miles per hour",
}
# These stand for the long word only with a full stop behind them, or behind a number.
_ONLY_WITH_STOP, _ONLY_BEHIND_NUMBER = {"st", "no", "eg", "ie"}, {"ft", "min", "sec", "lb", "mm", "cm"}
_SIGNS = {"&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "°": "degrees", "#": "number"}
# Unicode takes these for no letter of a-z with an accent; the i without a dot counts as one where case does not.
_PLAIN = str.maketrans({"’": "'", "‘": "'", "ß": "ss", "ı": "i"})
_MONEY = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
_TOKEN = re.compile(
    r"(?P<money>[$€£¥]\s?)?(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)(?P<ordinal>(?:st|nd|rd|th)\b)?"
    r"|(?P<dotted>(?:[a-z]\.){2,})"
    r"|(?P<word>[a-z](?:[a-z']*[a-z])?)(?P<stop>\.(?=\s))?"
    r"|(?P<sign>[&+=@%°#])|(?P<pause>[,;:()\[\]\"—–]|[.!?…]+)",
    re.IGNORECASE,
)


def read_aloud(text: str) -> list[tuple[str, int]]:
    """(word of a-z and apostrophes, pause behind it) of a text; what can't be read in English is left out.

    >>> read_aloud("Dr. Who has 12%.")
    [('doctor', 0), ('who', 0), ('has', 0), ('twelve', 0), ('percent', 2)]
    """
    words: list[tuple[str, int]] = []
    behind_number = False
    for token in _TOKEN.finditer(_plain(text)):
        said, pause = "", NONE
        if token["number"]:
            said = _amount(token)
        elif token["dotted"]:
            said = _SHORT_FORMS.get(token["dotted"].replace(".", "").lower()) or " ".join(token["dotted"].split("."))
        elif token["word"]:
            word, stop = token["word"].lower(), token["stop"]
            long = _SHORT_FORMS.get(word)
            if long and (stop or word not in _ONLY_WITH_STOP) and (behind_number or word not in _ONLY_BEHIND_NUMBER):
                said = long
            else:
                said, pause = " ".join(_pieces(word)), LONG if stop else NONE
        elif token["sign"]:
            said = _SIGNS[token["sign"]]
        elif words:
            pause = LONG if token["pause"][0] in ".!?…" else SHORT
            words[-1] = (words[-1][0], max(words[-1][1], pause))
        behind_number = bool(token["number"])
        words += [(word.lower(), NONE) for word in said.split()]
        if pause and said:
            words[-1] = (words[-1][0], pause)
    return words


def _plain(text: str) -> str:
    """Letters without their accents, and one kind of apostrophe and space."""
    decomposed = unicodedata.normalize("NFKD", text).translate(_PLAIN)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _pieces(word: str) -> list[str]:
    return [word[i : i + _LONGEST_WORD] for i in range(0, len(word), _LONGEST_WORD)]


def _amount(token: re.Match) -> str:
    whole, _, part = token["number"].replace(",", "").partition(".")
    is_year = len(whole) == 4 and not (part or token["money"] or "," in token["number"]) and 1100 <= int(whole) < 2100
    said = _year(int(whole)) if is_year and not token["ordinal"] else number_words(whole)
    if part:
        said += " point " + " ".join(_ONES[int(digit)] for digit in part)
    if token["ordinal"]:
        *before, last = said.split()
        last = _ORDINALS.get(last) or (last[:-1] + "ieth" if last[-1] == "y" else last.removesuffix("e") + "th")
        said = " ".join([*before, last])
    return f"{said} {_MONEY[token['money'].strip()]}" if token["money"] else said


def number_words(digits: str) -> str:
    """A whole number in words; a very long one, or one with zeros in front, digit by digit.

    >>> number_words("1204")
    'one thousand two hundred four'
    """
    if len(digits) > _LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(_ONES[int(digit)] for digit in digits)
    value, parts = int(digits), []
    if value == 0:
        return "zero"
    for scale in _THOUSANDS:
        value, group = divmod(value, 1000)
        if group:
            parts.insert(0, f"{_below_thousand(group)} {scale}".strip())
    return " ".join(parts)


def _below_thousand(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    said = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        said.append(_below_hundred(rest))
    return " ".join(said)


def _below_hundred(value: int) -> str:
    if value < 20:
        return _ONES[value]
    return f"{_TENS[value // 10 - 2]} {_ONES[value % 10] if value % 10 else ''}".strip()


def _year(value: int) -> str:
    century, rest = divmod(value, 100)
    if 2000 <= value < 2010 or (rest == 0 and century % 10 == 0):
        return number_words(str(value))
    end = "hundred" if rest == 0 else ("oh " if rest < 10 else "") + _below_hundred(rest)
    return f"{_below_hundred(century)} {end}"
