"""The translations in a real ComfyUI: served by it, and shown by its frontend."""

import json

import pytest

from .server import ROOT

LANGUAGES = sorted(path.name for path in (ROOT / "locales").iterdir())


def nodes_in(language: str) -> dict:
    return json.loads((ROOT / f"locales/{language}/nodeDefs.json").read_text(encoding="utf-8"))


def test_every_language_is_served(server):
    served = server.get("/i18n")
    assert {language: served[language]["nodeDefs"] for language in LANGUAGES} == {
        language: nodes_in(language) for language in LANGUAGES
    }


# The frontend has texts of its own in Japanese, which it loads over those of packs, and so far none in German.
@pytest.mark.parametrize("language", ["ja-JP", "de-DE"])
def test_a_browser_of_the_language_shows_its_names(language, in_browser):
    shown = json.loads((in_browser("read_names.mjs", language) / "names.json").read_text())
    assert shown.keys() == nodes_in(language[:2]).keys()
    for node, texts in nodes_in(language[:2]).items():
        inputs = {key: text["name"] for key, text in texts["inputs"].items()}
        assert shown[node]["title"] == texts["display_name"]
        assert {key: shown[node]["inputs"][key] for key in inputs} == inputs, node
        assert shown[node]["outputs"] == [text["name"] for text in texts["outputs"].values()], node
