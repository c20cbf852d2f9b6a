"""What a hostile workflow holds in place of what is right, and whether anything outside ComfyUI's folders notices."""

import ctypes
import math
import os
import struct
from contextlib import suppress

from .conftest import CLIP, CLIPS
from .graphs import full, node

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
    "CONDITIONING,STRING": ["condition", 0],
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
