"""Workflows by a stranger: each input of each node, as /object_info has them, with values of every wrong kind.

Each gets one clear error, nothing outside ComfyUI's folders is opened or written, and the server goes on.
"""

import itertools
import json
import math
import shutil

import pytest

from .conftest import CLIP, CLIPS, SHIPPED
from .graphs import node, one_node
from .hostile import NAN, NUMBERS, SOCKETS, TEXTS, WIRED, Watch, around, names, tree, tried
from .server import RIG, Refused


@pytest.fixture(scope="module")
def outside(server, tmp_path_factory):
    """A folder beside ComfyUI's, with whatever a node may want, and links to it in the input folder."""
    folder, inputs = tmp_path_factory.mktemp("outside"), server.base / "input"
    shutil.copytree(inputs / CLIPS, folder / "canaries")
    for name, source in (("canary.mp4", inputs / CLIP), ("canary.safetensors", SHIPPED)):
        shutil.copy(source, folder / name)
    (folder / "canary.srt").write_text("1\n0:00 --> 0:01\nTHE CANARY SINGS\n")
    for name in ("plain", "half"):
        (inputs / name).mkdir()
        shutil.copy(inputs / CLIP, inputs / name / "own.mp4")
    links = {"link.mp4": "canary.mp4", "link.srt": "canary.srt", "linked": "canaries"}
    links |= {"half/tone.mp4": "canary.mp4", "half/own.txt": "canary.srt"}
    for link, target in links.items():
        (inputs / link).symlink_to(folder / target)
    yield folder
    for link in links:
        (inputs / link).unlink()
    for name in ("plain", "half"):
        shutil.rmtree(inputs / name)


@pytest.fixture(scope="module")
def nodes(server):
    """{node: {input: (type, options, whether it is required)}} of the pack."""
    found = {}
    for name, info in server.get("/object_info").items():
        if name.startswith("V2A"):
            sides = [(side == "required", info["input"].get(side, {})) for side in ("required", "optional")]
            found[name] = {
                key: (kind, options, needed) for needed, side in sides for key, (kind, options) in side.items()
            }
    return found


@pytest.fixture(scope="module")
def fails(server):
    """Run a prompt that must fail by an InputError, or by validation: the nodes that did not pass it."""

    def run(graph, what) -> set:
        try:
            error = server.run(graph).error
        except Refused as refused:
            told = json.loads(str(refused))["node_errors"]
            kinds = {error["type"] for each in told.values() for error in each["errors"]}
            assert told and not [kind for kind in kinds if kind.startswith("exception")], (what, kinds)
            return {*told}
        assert error is not None, f"{what}: it ran"
        assert "errors.InputError: " in error and len(error) < 200_000, f"{what}: {error[:400]}"
        return set()

    return run


@pytest.fixture(scope="module", autouse=True)
def untouched(server, outside, model):
    """Nothing outside is opened; nothing is written but where ComfyUI's own folders are; ComfyUI goes on."""
    folders = (outside, RIG / "ComfyUI")
    before, watch = tree(*folders), Watch(outside, outside / "canaries")
    roots = {path.name for path in server.base.iterdir()}
    yield
    assert watch.events() == []
    assert tree(*folders) == before
    assert {path.name for path in server.base.iterdir()} == roots
    assert server.run(one_node(CLIP, model, steps=1)).error is None


def test_every_type_of_socket_is_known(nodes):
    kinds = {kind for inputs in nodes.values() for kind, _, _ in inputs.values()}
    assert kinds - {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"} <= {*SOCKETS}, "say above what to give a new type"


def test_numbers_that_are_typed_in(server, nodes, model):
    for kind, inputs in nodes.items():
        bad = [(key, value) for key, (type_, *_) in inputs.items() for value in NUMBERS.get(type_, [])]
        if not bad:
            continue
        # NaN passes ComfyUI's bounds: those come one by one, below.
        bad = [(key, value) for key, value in bad if not (isinstance(value, float) and math.isnan(value))]
        graph = around(kind, inputs, model)
        rest = graph["x0"]["inputs"]
        for number, (key, value) in enumerate(bad):
            graph |= tried(number, kind, {**rest, key: value})
        with pytest.raises(Refused) as refused:
            server.post("/prompt", {"prompt": graph})
        told = json.loads(str(refused.value))["node_errors"]
        assert {f"x{number}" for number in range(len(bad))} <= {*told}, kind


def test_numbers_that_pass_comfyui_s_bounds(nodes, fails, model):
    """NaN, and what comes over a wire from a node of numbers."""
    for kind, inputs in nodes.items():
        graph = around(kind, inputs, model)
        for number, (key, (type_, options, _)) in enumerate(inputs.items()):
            if type_ == "FLOAT":
                fails({**graph, **tried(0, kind, {**graph["x0"]["inputs"], key: NAN})}, (kind, key, NAN))
            if type_ == "INT" or (type_ == "FLOAT" and number % 3 == 0):
                primitive, beyond = WIRED[type_]
                value = next(value for value in beyond if not options["min"] <= value <= options["max"])
                wired = {**graph["x0"]["inputs"], key: ["number", 0]}
                fails({**graph, "number": node(primitive, value=value), **tried(0, kind, wired)}, (kind, key, value))


def test_choices_that_are_none(server, nodes, fails, model, outside):
    """Files are looked at by validation, all at once; of the others some, one by one, as a run ends at the first."""
    wrong = names(server, outside)
    some = itertools.cycle(wrong)
    for kind, inputs in nodes.items():
        graph = around(kind, inputs, model)
        rest = graph["x0"]["inputs"]
        for key in (key for key, (type_, *_) in inputs.items() if type_ == "COMBO"):
            for number, value in enumerate(wrong):
                graph |= tried(number, kind, {**rest, key: value})
            refused = fails(graph, (kind, key))
            if not {f"x{number}" for number in range(len(wrong))} <= refused:
                assert key not in ("file", "folder", "clip"), f"{kind}'s {key} is run with what is no file of ComfyUI's"
                for value in itertools.islice(some, 3):
                    fails({**around(kind, inputs, model), **tried(0, kind, {**rest, key: value})}, (kind, key, value))


def test_values_in_place_of_wires(nodes, fails, model, outside):
    held = [5, str(outside / "canary.mp4"), {"__value__": []}, {"__value__": {"samples": 1, "waveform": 2}}]
    turns = itertools.cycle([*held, "wire"])
    for kind, inputs in nodes.items():
        graph = around(kind, inputs, model)
        for key in (key for key, (type_, *_) in inputs.items() if type_ in SOCKETS):
            value = next(turns)
            if value == "wire":  # one that ComfyUI does not look at
                value = {"__value__": ["frames" if inputs[key][0] not in ("IMAGE", "MASK") else "sound", 0]}
            fails({**graph, **tried(0, kind, {**graph["x0"]["inputs"], key: value})}, (kind, key, value))


def test_texts_run_or_are_told_why_not(server, nodes, model):
    turns = itertools.cycle(TEXTS)
    for kind, inputs in nodes.items():
        graph = around(kind, inputs, model)
        for key in (key for key, (type_, *_) in inputs.items() if type_ == "STRING"):
            for value in itertools.islice(turns, 2):
                try:
                    error = server.run({**graph, **tried(0, kind, {**graph["x0"]["inputs"], key: value})}).error
                except Refused:
                    continue
                assert error is None or "errors.InputError: " in error, (kind, key, str(value)[:50], error[:300])


def test_a_lora_s_name_is_only_a_name(nodes, fails, model, outside):
    graph, kind = around("V2ATrainLoRA", nodes["V2ATrainLoRA"], model), "V2ATrainLoRA"
    paths = [str(outside / "x"), "../x", "a/b", "a\\b", "..", "nul\0", "a\nb"]
    wrong = [*paths, ".x", "x.", "", " ", "x" * 300, "界" * 80]
    rest = graph["x0"]["inputs"]
    for number, name in enumerate(wrong):
        graph |= tried(number, kind, {**rest, "name": name})
    assert {f"x{number}" for number in range(len(wrong))} <= fails(graph, "names")


def test_captions_that_lead_out(nodes, fails, model):
    kind = "V2ASaveCaption"
    graph = around(kind, nodes[kind], model)
    fails({**graph, **tried(0, kind, {"clip": "half/own.mp4", "caption": "rain", "again": True})}, "half/own.txt")
