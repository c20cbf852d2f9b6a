"""Workflows by a stranger: each input of each node, as /object_info has them, with values of every wrong kind.

Each gets one clear error, nothing outside ComfyUI's folders is opened or written, and the server goes on.
"""

import ctypes
import itertools
import json
import math
import os
import shutil
import struct
from contextlib import suppress

import pytest

from .conftest import CLIP, CLIPS, SHIPPED
from .graphs import full, node, one_node
from .server import RIG, Refused

INF, NAN = math.inf, math.nan
# What a node gets where it isn't what is tried: by type, by node and input, by input. Numbers and choices are its own.
SOCKETS = {
    "VIDEO": ["load", 0],
    "IMAGE": ["frames", 0],
    "MASK": ["mask", 0],
    "AUDIO": ["sound", 0],
    "MODEL": ["model", 0],
    "V2A_ENCODERS": ["model", 1],
    "VAE": ["model", 2],
    "V2A_FEATURES": ["encode", 0],
    "CONDITIONING": ["condition", 0],
    "LATENT": ["condition", 2],
    "V2A_TRANSCRIPT": ["lines", 0],
    "V2A_GUIDANCE": ["guidance", 0],
    "V2A_DATASET": ["dataset", 0],
}
VALUES = {"steps": 1, "width": 480, "file": CLIP, "folder": CLIPS, "clip": "plain/own.mp4"}
VALUES |= {("V2ATranscript", "file"): "none", ("V2ATranscript", "text"): "ANNA [0.5-1]: Hello."}
VALUES |= {("V2ACondition", "positive"): ["prompt", 0], ("V2ACondition", "negative"): ["prompt", 1]}
NUMBERS = {
    "FLOAT": [NAN, INF, -INF, 1e308, -1e308, "much", {"a": 1}, None],
    "INT": [10**30, -(10**30), NAN, INF, "much", {"a": 1}, None],
}
WIRED = {"FLOAT": ("PrimitiveFloat", [NAN, 9e18, -9e18]), "INT": ("PrimitiveInt", [2**63 - 1, 1 - 2**63])}
TEXTS = ["\0", "\u202e../\ud800\ufeff", "[0-1] " * 1000, "x" * 2_000_000, "[9" * 5000, {"a": 1}]
EVENTS = 0x00000FFF  # inotify's IN_ALL_EVENTS


class Watch:
    """What happens to folders, told by Linux: every file that is opened, read, written, made or deleted there."""

    def __init__(self, *folders):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self.libc.inotify_init1(os.O_NONBLOCK)
        for folder in folders:
            assert self.libc.inotify_add_watch(self.descriptor, os.fsencode(folder), EVENTS) >= 0

    def events(self) -> list:
        """What has happened: the event's mask, and the name of the file."""
        found, data = [], b""
        with suppress(BlockingIOError):
            data = os.read(self.descriptor, 1 << 16)
        while data:
            _, mask, _, length = struct.unpack_from("iIII", data)
            found.append((hex(mask), data[16 : 16 + length].rstrip(b"\0")))
            data = data[16 + length :]
        return found


def tree(*folders) -> dict:
    """Every file of folders with its size and time of change, but for what Python keeps."""
    paths = (path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.is_file()}


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


def around(kind: str, inputs: dict, model: str, number: int = 0) -> dict:
    """Just the node `kind` called x, wired to a graph in which everything is right."""
    graph = {name: step for name, step in full(CLIP, model).items() if name not in ("sampler", "decode")}
    graph["frames"] = node("EmptyImage", width=64, height=64, batch_size=2, color=0)
    graph["mask"] = node("SolidMask", value=1.0, width=64, height=64)
    graph["sound"] = node("EmptyAudio", duration=1.0, sample_rate=44100, channels=1)
    graph["lines"] = node("V2ATranscript", text="ANNA [0.5-1]: Hello.")
    graph["dataset"] = node("V2ATrainDataset", folder=CLIPS)
    ramps = {
        f"{part}_{end}": value
        for part in ("text", "video", "negative")
        for end, value in (("start", 0.0), ("end", 1.0))
    }
    ramps |= {f"{part}_ramp": "constant" for part in ("text", "video", "negative")}
    graph["guidance"] = node("V2AGuidance", negative_strength=1.0, **ramps)
    given = {key: right(kind, key, *spec, model) for key, spec in inputs.items() if spec[2] or spec[0] not in SOCKETS}
    return {**graph, **tried(number, kind, given)}


def right(kind: str, key: str, type_: str, options: dict, needed: bool, model: str):
    for known in ((kind, key), key):
        if known in VALUES:
            return VALUES[known]
    if key == "model" and type_ == "COMBO":
        return model
    return SOCKETS[type_] if type_ in SOCKETS else options.get("default", (options.get("options") or [None])[0])


def tried(number: int, kind: str, inputs: dict) -> dict:
    return {f"x{number}": node(kind, **inputs), f"shown{number}": node("PreviewAny", source=[f"x{number}", 0])}


def names(server, outside) -> list:
    """What no choice has on its list."""
    true, up = str(outside / "canary.mp4"), os.path.relpath(outside, server.base / "input")
    return [
        *(
            true,
            f"{true} [output]",
            f"file://{true}",
            f"{up}/canary.mp4",
            f"{up}/canary.srt",
            f"{up}/canary.safetensors",
        ),
        *(f"{up}/canaries", f"{CLIPS}/../{up}/canary.mp4", f"{up}/canary.mp4\0.mp4", f"{up}/canary.mp4 [temp]"),
        *("link.mp4", "link.srt", "linked", "linked/tone.mp4", "half", "half/tone.mp4"),
        *("．．/．．/outside/canary.mp4", "..\\..\\canary.mp4", "..%2f..%2fcanary.mp4", "~/canary.mp4", "\ud800.mp4"),
        *("http://127.0.0.1:9/canary.mp4", "", ".", "/", "x" * 100_000, 5, None, True, {"a": 1}),
    ]


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
