"""Reference outputs of the upstream implementations, and the weights and inputs that they were made with.

Weights and inputs are drawn from a tensor's name and shape, so only the outputs are stored, in `golden/`.
"""

import json
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from safetensors.torch import load_file

GOLDEN = Path(__file__).with_name("golden")


def draw(name, shape):
    """Standard normal float32 tensor that depends on the name alone: the stream of RandomState is frozen."""
    stream = np.random.RandomState(crc32(name.encode()))
    return torch.from_numpy(np.array(stream.standard_normal(tuple(shape)), np.float32))


def fill(name, shape, gain=1.0):
    """A weight: matrices and kernels of variance gain² / fan-in, gains and deviations near 1, all else near 0."""
    noise = draw(name, shape)
    last = name.split(".")[-1]
    if last in ("weight_g", "original0"):
        return gain * (1 + 0.1 * noise.abs())
    if len(shape) > 1:
        return noise * (gain / float(np.sqrt(np.prod(shape[1:]))))
    return 1 + 0.1 * noise if last == "weight" or last.endswith("_std") else 0.02 * noise


def fill_state(shapes, gain=1.0):
    """A state dict from {name: shape}."""
    return {name: fill(name, shape, gain) for name, shape in shapes.items()}


def manifest(case):
    """{name: shape} of a case's parameters; `blocks.0-3.weight` in the file stands for four of them."""
    shapes = {}
    for family in sorted(GOLDEN.glob("*manifests.json")):
        for name, shape in json.loads(family.read_text()).get(case, {}).items():
            head, _, index = name.partition("-")[0].rpartition(".")
            if "-" not in name:
                shapes[name] = tuple(shape)
                continue
            last, _, tail = name.partition("-")[2].partition(".")
            shapes |= {f"{head}.{i}.{tail}": tuple(shape) for i in range(int(index), int(last) + 1)}
    return shapes


def outputs(case):
    """The reference outputs of a case."""
    return load_file(GOLDEN / f"{case}.safetensors")


def distance(out, reference):
    """How far an output is from the reference, relative to its norm."""
    return ((out - reference).norm() / reference.norm()).item()
