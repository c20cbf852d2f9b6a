"""Putting weights into a module whose sizes are read off their shapes."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..errors import InputError

Module = TypeVar("Module", bound=nn.Module)
Shapes = Mapping[str, tuple[int, ...]]


def fitted(
    build: Callable[[Shapes], Module],
    state: Mapping[str, Tensor],
    title: str,
    source: str,
    dtype: torch.dtype | None = None,
) -> Module:
    """A module with state as its weights, on the device where they are, ready for use.

    build makes it from the shapes of its parameters. Tensors become dtype; one that has it, and all of them where it is
    left out, are taken as they are, still mapped from their file. Raises InputError where a name is missing or left
    over or a shape differs: the message calls the module title and the weights source.
    """
    if dtype is not None:
        state = {name: value.to(dtype) for name, value in state.items()}
    found = {name: tuple(value.shape) for name, value in state.items()}
    try:
        with torch.device("meta"):  # nothing is allocated or drawn
            module = build(found)
    except KeyError as error:
        raise _not_whole([f"it has no {error.args[0]}"], title, source) from error
    except (RuntimeError, ValueError) as error:  # sizes that make no module at all
        raise _not_whole([str(error)], title, source) from error
    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    faults = [f"it has no {name}" for name in shapes if name not in found]
    faults += [f"{name} is none of its parameters" for name in found if name not in shapes]
    faults += [
        f"its {name} is {shape}, not {shapes[name]}"
        for name, shape in found.items()
        if name in shapes and shape != shapes[name]
    ]
    if faults:
        raise _not_whole(faults, title, source)
    module.load_state_dict(state, assign=True)
    return module.eval().requires_grad_(False)


def _not_whole(faults: list[str], title: str, source: str) -> InputError:
    more = f", and {len(faults) - 3} more faults" if len(faults) > 3 else ""
    return InputError(f"{source} does not hold a whole {title}: {', '.join(faults[:3])}{more}. Choose another file.")
