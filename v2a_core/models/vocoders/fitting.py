"""Putting weights into a module whose sizes were read off their shapes."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from ...errors import InputError

Module = TypeVar("Module", bound=nn.Module)


def fitted(build: Callable[[], Module], state: Mapping[str, Tensor], title: str, source: str) -> Module:
    """A module with state as its weights, on the device where they are, ready for use.

    Raises InputError where a name is missing or left over or a shape differs: the message calls the module title and
    the weights source.
    """
    with torch.device("meta"):  # nothing is allocated or drawn
        module = build()
    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    faults = [f"it has no {name}" for name in shapes if name not in state]
    faults += [f"{name} is none of its parameters" for name in state if name not in shapes]
    faults += [
        f"its {name} is {tuple(value.shape)}, not {shapes[name]}"
        for name, value in state.items()
        if name in shapes and tuple(value.shape) != shapes[name]
    ]
    if faults:
        more = f", and {len(faults) - 3} more faults" if len(faults) > 3 else ""
        raise InputError(f"{source} does not hold a whole {title}: {', '.join(faults[:3])}{more}. Choose another file.")
    module.load_state_dict(state, assign=True)
    return module.eval().requires_grad_(False)
