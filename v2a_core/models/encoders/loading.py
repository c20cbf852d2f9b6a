"""Published weights into encoders."""

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from ...errors import InputError

Module = TypeVar("Module", bound=nn.Module)


def load(kind: type[Module], sizes: type, state: Mapping[str, Tensor], *, dtype, operations, source: str) -> Module:
    """A module of a kind, its sizes read off the shapes of its weights, on the device where they are, ready for use.

    dtype is float32 where left out; a tensor that has it already is taken as it is, still mapped from its file.
    Parameters of torch.nn.MultiheadAttention go to layers: `in_proj_weight` becomes `in_proj.weight`.
    Raises InputError, which calls the weights source, where they don't fit.
    """
    dtype = dtype or torch.float32
    state = {name.replace(".in_proj_", ".in_proj."): value.to(dtype) for name, value in state.items()}
    try:
        config = sizes.of({name: tuple(value.shape) for name, value in state.items()})
        # Nothing is allocated or drawn for a module on the meta device.
        module = kind(config, dtype=dtype, device="meta", operations=operations)
        module.load_state_dict(state, assign=True)
    except (KeyError, ValueError, RuntimeError) as error:
        raise InputError(f"{source} does not hold a whole {kind.__name__}: {error}. Choose another file.") from error
    return module.eval().requires_grad_(False)
