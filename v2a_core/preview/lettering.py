"""Letters of the preview: the font that a text can be written in, and how much of it fits."""

from bisect import bisect_right
from functools import cache, lru_cache

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

# Pillow's own font has English letters alone. Others are looked for where the system keeps its fonts: on Linux, Windows
# and macOS, from those with most letters of Europe to those of Asia.
ELSEWHERE = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "segoeui.ttf", "arial.ttf", "Arial.ttf", "Arial Unicode.ttf"),
    *("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "msyh.ttc", "YuGothM.ttc", "malgun.ttf", "Hiragino Sans GB.ttc"),
)
NO_LETTER = "\U0010fffd"  # of private use, which no font has
LONGEST = 500  # characters that are looked at


def plain(text: str) -> str:
    """A text on one line, of what can be written at all: no controls and no halves of characters."""
    text = " ".join(text[:LONGEST].split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def font_for(text: str, size: int) -> FreeTypeFont:
    """The first font that has all of a text's letters, or that lacks the fewest: it shows a box for each it lacks."""
    best, fewest = _own(size), len(text) + 1
    for name in (None, *ELSEWHERE):
        font = _own(size) if name is None else _found(name, size)
        lacking = len(text) if font is None else sum(_lacks(font, letter) for letter in set(text))
        if lacking < fewest:
            best, fewest = font, lacking
        if not fewest:
            break
    return best


def fitted(text: str, width: float, size: int) -> tuple[str, FreeTypeFont]:
    """As much of a text as fits a width in pixels, shortened with an ellipsis, and its font; empty where none does."""
    text = plain(text)
    font = font_for(text, size)
    if font.getlength(text) <= width:
        return text, font
    length = bisect_right(range(1, len(text)), width, key=lambda n: font.getlength(text[:n].rstrip() + "…"))
    return (text[:length].rstrip() + "…" if length > 1 else ""), font


@cache
def _own(size: int) -> FreeTypeFont:
    return ImageFont.load_default(size)


@cache
def _found(name: str, size: int) -> FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _lacks(font: FreeTypeFont, letter: str) -> bool:
    return not letter.isspace() and bytes(font.getmask(letter)) == bytes(font.getmask(NO_LETTER))
