"""The table of model families."""

from importlib import import_module

from ..errors import InputError

FAMILIES = {"mini": ".mini.family"}


def load_family(name, *, device="cpu", dtype=None, operations=None, weights=None):
    """Load a model family by its catalogue name.

    device and dtype place and type the modules (float32 by default), operations names the module that layers of the
    network are taken from (torch.nn by default), weights is a path that replaces the shipped or downloaded file.
    Raises InputError for an unknown name.
    """
    if name not in FAMILIES:
        raise InputError(f"There is no model called {name!r}: choose one of {', '.join(sorted(FAMILIES))}.")
    family = import_module(FAMILIES[name], __name__)
    return family.load(device=device, dtype=dtype, operations=operations, weights=weights)
