"""What the pack adds to ComfyUI: nodes, sockets, help, templates, and hardly any start-up time."""

import json
import re
import urllib.request

import pytest

from .server import ROOT
from .write_locale import PATH, definitions

# Saved workflows depend on these: ids and socket types never change once landed.
SOCKETS = {
    "V2AVideoToAudio": ("VIDEO", "VIDEO AUDIO"),
    "V2ALoadVideo": ("", "VIDEO FLOAT FLOAT"),
    "V2AFindIntertitles": ("VIDEO", "STRING"),
    "V2ALoadModel": ("", "MODEL V2A_ENCODERS VAE"),
    "V2AEncodeVideo": ("V2A_ENCODERS VIDEO IMAGE MASK", "V2A_FEATURES"),
    "V2APrompt": ("V2A_ENCODERS", "CONDITIONING CONDITIONING"),
    "V2ATranscript": ("", "V2A_TRANSCRIPT STRING STRING"),
    "V2ACondition": ("CONDITIONING CONDITIONING V2A_FEATURES V2A_TRANSCRIPT", "CONDITIONING CONDITIONING LATENT"),
    "V2ASampler": ("MODEL CONDITIONING CONDITIONING LATENT V2A_GUIDANCE", "LATENT"),
    "V2AGuidance": ("", "V2A_GUIDANCE"),
    "V2AGuider": ("MODEL CONDITIONING CONDITIONING V2A_GUIDANCE", "GUIDER"),
    "V2APlaceSpeech": ("V2A_TRANSCRIPT AUDIO", "AUDIO STRING"),
    "V2ADecodeAudio": ("VAE LATENT", "AUDIO"),
    "V2AEncodeAudio": ("VAE AUDIO", "LATENT"),
    "V2AKeepSpan": ("LATENT AUDIO", "LATENT"),
    "V2AMixAudio": ("AUDIO AUDIO AUDIO AUDIO V2A_TRANSCRIPT MASK", "AUDIO STRING"),
    "V2AVariations": ("AUDIO VIDEO", "AUDIO AUDIO STRING"),
    "V2AMuxVideo": ("VIDEO AUDIO", "VIDEO"),
    "V2ASyncPreview": ("VIDEO AUDIO CONDITIONING,STRING V2A_TRANSCRIPT", "IMAGE"),
    "V2ASaveCaption": ("", "STRING"),
    "V2ATrainDataset": ("", "V2A_DATASET STRING"),
    "V2ATrainLoRA": ("V2A_DATASET MODEL V2A_ENCODERS VAE", "MODEL STRING IMAGE"),
}
WIDGETS = {"INT", "FLOAT", "STRING", "COMBO", "BOOLEAN"}


@pytest.fixture(scope="module")
def nodes(server):
    return {name: info for name, info in server.get("/object_info").items() if name.startswith("V2A")}


def inputs_of(info):
    return {**info["input"].get("required", {}), **info["input"].get("optional", {})}


def test_nodes_and_their_sockets(nodes):
    found = {}
    for name, info in nodes.items():
        sockets = [kind for kind, _ in inputs_of(info).values() if kind not in WIDGETS]
        found[name] = (" ".join(sockets), " ".join(info["output"]))
    assert found == SOCKETS


def test_every_input_and_output_has_a_tooltip(nodes):
    for name, info in nodes.items():
        assert info["description"], name
        assert all(options.get("tooltip") for _, options in inputs_of(info).values()), name
        assert all(info["output_tooltips"]), name


def test_the_licence_shows_where_the_model_is_chosen(nodes):
    from v2a_core.weights.catalog import catalog

    options = nodes["V2ALoadModel"]["input"]["required"]["model"][1]
    assert options["options"][: len(catalog())] == list(catalog())
    for model in catalog().values():
        assert all(part.licence in options["tooltip"] for part in model.parts), model.name
    assert options["tooltip"].count("CC-BY-NC-4.0 (not for commercial use)") == 1
    assert "no licence in the European Union, the United Kingdom and South Korea" in options["tooltip"]
    assert len(options["tooltip"]) < 700  # a tooltip, not a page


def test_the_fast_mini_is_chosen_and_its_own_settings(nodes):
    for name in ("V2ALoadModel", "V2AVideoToAudio"):
        assert inputs_of(nodes[name])["model"][1]["default"] == "mini_fast"
    for name in ("V2ASampler", "V2AVideoToAudio"):
        defaults = {key: options.get("default") for key, (_, options) in inputs_of(nodes[name]).items()}
        assert (defaults["steps"], defaults["cfg"], defaults["video_cfg"]) == (0, -1, -1)


def test_solvers_are_those_of_the_library(nodes):
    from v2a_core.sampling.solvers import SOLVERS

    assert nodes["V2ASampler"]["input"]["required"]["solver"][1]["options"] == list(SOLVERS)


@pytest.mark.parametrize("name", SOCKETS)
def test_every_node_has_a_help_page_that_names_its_inputs_and_outputs(name, server, nodes):
    with urllib.request.urlopen(f"{server.url}/extensions/comfyui-v2a/docs/{name}.md") as answer:
        page = answer.read().decode()
    assert page == (ROOT / f"web/docs/{name}.md").read_text()
    assert page.startswith(f"# {nodes[name]['display_name']}\n")
    for key in inputs_of(nodes[name]):
        assert re.search(rf"\b{key}\b", page), f"{name}.md does not mention {key}"
    outputs = page.partition("| output |")[2]
    for key in nodes[name]["output_name"]:
        assert re.search(rf"^\|[^|]*\b{key}\b", outputs, re.MULTILINE), f"{name}.md does not say what {key} is"
    assert page.partition("**Common mistakes**")[2].count("\n- ")


def test_every_help_page_shows_its_node(in_browser, nodes):
    found = json.loads((in_browser("show_help.mjs") / "help.json").read_text())
    assert found.keys() == nodes.keys()
    for name, page in found.items():
        assert page["title"] == nodes[name]["display_name"]
        assert page["picture"] == f"/extensions/comfyui-v2a/docs/pictures/{name}.webp"
        assert page["width"] > 150, name
    pictures = list((ROOT / "web/docs/pictures").iterdir())
    assert {path.stem for path in pictures} == found.keys(), "run python -m tests.comfyui.make_pictures"
    assert sum(path.stat().st_size for path in pictures) < 500_000


def test_translations_are_those_of_the_schemas(server):
    assert json.loads(PATH.read_text()) == definitions(server) == server.get("/i18n")["en"]["nodeDefs"], (
        "run python -m tests.comfyui.write_locale"
    )


def test_templates_are_listed_with_a_thumbnail(server):
    listed = server.get("/api/workflow_templates")["comfyui-v2a"]
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))
    for name in listed:
        assert (ROOT / f"workflows/{name}.jpg").stat().st_size < 300_000


def test_the_pack_adds_little_to_the_start(server):
    (line,) = re.findall(r"^ *([0-9.]+) seconds( .*)?: .*/comfyui-v2a$", server.log.read_text(), re.MULTILINE)
    assert line[1] == "", "the import failed"
    assert float(line[0]) < 0.5
