"""Translations of the nodes: whole, really translated, and faithful in numbers, in values and in names of nodes."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "locales"
LANGUAGES = ("zh", "ja", "ko", "fr", "es", "de", "ru")
# Words that a language spells like English.
SAME = {
    "zh": "latent",
    "fr": "audio clip codec gain image images latent mode pan prompt",
    "es": "audio clip fps prompt video",
    "de": "audio clip codec guidance guider latent loss name prompt sampler seed solver text true_peak video",
}
EVERYWHERE = "cfg lora srt vae"
# What is typed, chosen or found on disk, and what is written alike in all languages.
KEPT = (
    r"(?:AAC|CLAP|ComfyUI|FLAC|LoRA|MIT|Opus|SRT|SubRip|WebM|WebVTT|ANNA|Apache|Apple|Tencent|GPU|LUFS|dBFS|dBTP"
    r"|auto|rising|falling|euler|ab2|heun|midpoint|bfloat16|float16|float32|mini|mmaudio|hunyuan|foley"
    r"|models/\w+|cfg(?!_)|footsteps -music|Hello|soft piano|CC-BY[\w.-]+)"
)
UNITS = {"dB": ("dB", "дБ")}
# What a prompt and a spoken line are written in, which a user of another language would not guess.
IN_ENGLISH = {
    "zh": "英语",
    "ja": "英語",
    "ko": "영어",
    "fr": "anglais",
    "es": "inglés",
    "de": "Englisch",
    "ru": "английском",
}


def texts(tree: dict, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """{path: text} of a file of translations."""
    found = {}
    for key, value in tree.items():
        found |= texts(value, (*path, key)) if isinstance(value, dict) else {(*path, key): value}
    return found


def read(language: str) -> dict[tuple[str, ...], str]:
    return texts(json.loads((FOLDER / language / "nodeDefs.json").read_text(encoding="utf-8")))


ENGLISH = read("en")


def numbers(text: str) -> Counter:
    return Counter(re.findall(r"-?\d+(?:\.\d+)?", text.replace("V2A", "")))


@pytest.fixture(params=LANGUAGES)
def words(request):
    return request.param, read(request.param)


def test_these_are_the_languages():
    assert {path.name for path in FOLDER.iterdir()} == {"en", *LANGUAGES}


def test_a_translation_has_the_keys_of_english_and_a_text_for_each(words):
    _, found = words
    assert found.keys() == ENGLISH.keys()
    assert [path for path, text in found.items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("language", ("en", *LANGUAGES))
def test_no_text_has_what_the_frontend_takes_for_a_placeholder(language):
    # vue-i18n reads {name}, @:link and one | other.
    assert [text for text in read(language).values() if re.search(r"[{}@|]", text)] == []


def test_only_words_that_are_the_same_stay_english(words):
    language, found = words
    same = {*EVERYWHERE.split(), *SAME.get(language, "").split()}
    left = set()
    for path, text in found.items():
        spelled = text.removeprefix("V2A ").casefold().replace(" ", "_")
        if spelled == ENGLISH[path].removeprefix("V2A ").casefold().replace(" ", "_"):
            left.add(re.sub(r"_\d$", "", spelled))
    assert left <= same
    assert same - left - {*EVERYWHERE.split()} == set(), "no longer used"


def test_numbers_values_and_units_stay(words):
    _, found = words
    for path, english in ENGLISH.items():
        if path[-1] == "name":
            continue
        assert numbers(english) <= numbers(found[path]), (path, found[path])
        for value in re.findall(rf"(?<![\w-]){KEPT}(?!\w)|\.(?:srt|vtt|txt)\b", english):
            assert value in found[path], (path, value, found[path])
        for unit, spellings in UNITS.items():
            if re.search(rf"\b{unit}\b", english):
                assert any(spelling in found[path] for spelling in spellings), (path, unit)


def test_what_is_to_be_in_english_says_so(words):
    language, found = words
    paths = [path for path, english in ENGLISH.items() if "English" in english]
    assert paths
    assert [path for path in paths if IN_ENGLISH[language] not in found[path]] == []


def test_a_node_has_one_name_wherever_it_is_named(words):
    _, found = words
    names = {ENGLISH[path]: text for path, text in found.items() if path[-1] == "display_name"}
    assert all(name.startswith("V2A ") for name in names.values())
    assert len(set(names.values())) == len(names)
    for path, english in ENGLISH.items():
        for name in re.findall("|".join(sorted(names, key=len, reverse=True)), english):
            assert names[name] in found[path], (path, found[path])


def test_no_two_inputs_of_a_node_have_one_name(words):
    _, found = words
    names = Counter((*path[:2], text) for path, text in found.items() if path[-1] == "name")
    assert [name for name, times in names.items() if times > 1] == []
