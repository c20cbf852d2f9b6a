"""LoRA (Hu et al. 2021): narrow matrices that are added to a network's own, in a file that ComfyUI's loaders read too.

A file holds for each layer `diffusion_model.<parameter path>.lora_down.weight` [R, in, ...], `.lora_up.weight` [out, R,
...] and `.alpha`: the layer's weight becomes itself + strength * alpha / R * up @ down.
"""

import math
import os
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..weights.formats import read_state
from ..weights.layouts import looks_like

PREFIX, UP, DOWN, ALPHA = "diffusion_model.", ".lora_up.weight", ".lora_down.weight", ".alpha"
# What its metadata calls the model that a LoRA is for.
BASE = "v2a_model"


def matrices(network: nn.Module) -> dict[str, nn.Module]:
    """The layers that a LoRA can change, by parameter path: linear layers, and convolutions over time as one matrix.

    Queries, keys and values that lie in one matrix share what goes down. Convolutions that treat each channel apart are
    left out: they are narrower than any LoRA.
    """
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv1d) and layer.groups == 1)
    }


@torch.no_grad()
def merge_lora(network: nn.Module, path: str | os.PathLike, strength: float, model: str) -> None:
    """Add a LoRA file to the weights of a model's network; at strength 0 they stay as they are, bit for bit.

    A weight in a type of one byte becomes one of the network's type: what is added is too small for it. Raises
    InputError where the file is no LoRA, is for another model, or holds numbers that are not finite, and for a strength
    that is none.
    """
    if not math.isfinite(strength):
        raise InputError(f"The strength of the LoRA {path} is {strength}: give a number, such as 1.")
    metadata, stored = read_state(path)
    state = {name.removeprefix(PREFIX): value for name, value in stored.items()}
    stems = sorted(name.removesuffix(UP) for name in state if name.endswith(UP))
    if not stems:
        raise InputError(f"{path} holds no LoRA (nothing named *{UP}): it looks like {looks_like(_shapes(stored))}.")
    if metadata.get(BASE, model) != model:
        raise InputError(f"{path} is a LoRA for {metadata[BASE]}, and the model is {model}: choose that model.")
    layers, fitting = matrices(network), []
    for stem in stems:
        layer, up, down = layers.get(stem), state[stem + UP], state.get(stem + DOWN)
        if layer is None or down is None or not _fits(up, down, layer.weight):
            raise InputError(f"{path} does not fit {model}: its {stem} is none of the network's layers, or of no size.")
        alpha = state.get(stem + ALPHA, torch.tensor(float(len(down))))
        if alpha.numel() != 1:
            raise InputError(f"{path} does not fit {model}: its {stem}{ALPHA} is {alpha.numel()} numbers, not one.")
        if not all(part.isfinite().all() for part in (up, down, alpha)):
            raise InputError(f"{path} holds numbers that are not finite ({stem}): train it again at a lower rate.")
        fitting.append((layer, up, down, alpha))
    # All of the file is known to fit before any of it is added.
    for layer, up, down, alpha in fitting if strength else ():
        weight = layer.weight
        scale = strength * alpha.item() / len(down)
        added = up.flatten(1).float() @ down.flatten(1).float()
        wide = weight.dtype if weight.dtype.itemsize > 1 else network.dtype
        merged = torch.empty_like(weight, dtype=wide)
        merged.copy_(weight.float() + scale * added.reshape(weight.shape).to(weight.device))
        layer.weight = nn.Parameter(merged, requires_grad=False)


def _fits(up: Tensor, down: Tensor, weight: Tensor) -> bool:
    """Whether up @ down has the shape of weight; they must share a rank of at least 1."""
    if up.ndim < 2 or down.ndim < 2 or (len(up), *down.shape[1:]) != tuple(weight.shape):
        return False
    return up.flatten(1).shape[1] == len(down) > 0


def _shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}
