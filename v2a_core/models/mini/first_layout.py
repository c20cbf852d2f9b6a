"""Weights of the first Mini, whose eyes saw every frame by itself and which could not speak, in today's layout."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from .speech import WIDTH


def is_first(state: dict[str, Tensor]) -> bool:
    """Whether a file's tensors are those of the first Mini."""
    return "network.speech_in.weight" not in state


def brought_over(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same network: what it has no weights for is zero, and what is said or seen elsewhere makes no difference."""
    moved = {}
    for name, tensor in state.items():
        if name.startswith("visual.frame.0."):
            moved[name.replace("frame.0", "first")] = tensor
        elif name.startswith("visual.frame."):
            _, _, layer, kind = name.split(".")
            # The middle one of three frames.
            moved[f"visual.frame.{int(layer) - 1}.{kind}"] = (
                pad(tensor[:, :, None], (0, 0, 0, 0, 1, 1)) if kind == "weight" else tensor
            )
        else:
            moved[name] = tensor
    seen, width = state["visual.norm.weight"], len(state["network.video_in.bias"])
    zeros = {"visual.mouth.weight": (1, len(seen)), "visual.mouth.bias": (1,)}
    zeros |= {"network.speech_in.weight": (width, WIDTH), "network.speech_in.bias": (width,)}
    return moved | {name: torch.zeros(shape, dtype=seen.dtype) for name, shape in zeros.items()}
