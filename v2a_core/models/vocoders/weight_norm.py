"""Weights stored under weight normalisation (Salimans and Kingma 2016), a length and a direction apart."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

_SPELLINGS = (("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1"))


def plain_weights(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Published tensors in float32, weight normalisation undone: g v / |v|, length over all axes but the first."""
    for name, value in state.items():
        for gain, direction in _SPELLINGS:
            stem = name.removesuffix(direction)
            if stem != name and stem + gain in state:
                value = value.float()
                length = torch.linalg.vector_norm(value, dim=tuple(range(1, value.ndim)), keepdim=True)
                yield f"{stem}weight", value * (state[stem + gain].float() / length)
                break
            if name.endswith(gain) and name.removesuffix(gain) + direction in state:
                break
        else:
            yield name, value.float()
