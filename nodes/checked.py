"""Every value that a node is given, held against its schema before the node sees it.

ComfyUI looks at what is typed into a node, but not for NaN, nor at what comes over a wire; and a workflow may hold any
value in place of a wire.
"""

import math
from collections.abc import Mapping
from functools import cache, wraps
from numbers import Integral, Real

from torch import Tensor

from ..v2a_core.errors import InputError
from ..v2a_core.prompts.lines import MAX_TEXT

TEXT = ("STRING", "COMBO")


def checked(node: type) -> type:
    """The node, which from now on raises InputError for a value that is not what its input says."""
    run = node.execute.__func__

    @cache  # and not at once, as ComfyUI starts the sooner
    def inputs() -> dict:
        return {each.id: each for each in node.define_schema().inputs}

    @wraps(run)
    def execute(cls, **values):
        for name, value in values.items():
            wanted = inputs()[name]
            if not wanted.extra_dict.get("rawLink") and not (value is None and wanted.optional):
                check(wanted, value)
        return run(cls, **values)

    node.execute = classmethod(execute)
    return node


def check(wanted, value: object) -> None:
    """Raise InputError for a value that an input of a schema does not take; what is on a list the node looks up."""
    name, kind = wanted.id, wanted.get_io_type()
    if kind in ("INT", "FLOAT"):
        low = -math.inf if wanted.min is None else wanted.min
        high = math.inf if wanted.max is None else wanted.max
        allowed, said = (Integral, "a whole number") if kind == "INT" else (Real, "a number")
        if not (isinstance(value, allowed) and low <= value <= high and abs(value) != math.inf):
            raise InputError(f"{name} is {_shown(value)}: give {said} from {low:g} to {high:g}.")
    elif kind in TEXT:
        if not isinstance(value, str):
            raise InputError(f"{name} is {_shown(value)}: give text.")
        if len(value) > MAX_TEXT:
            raise InputError(f"{name} has {len(value):,} characters: shorten it to {MAX_TEXT:,}.")
    elif kind == "BOOLEAN":
        if not isinstance(value, bool):
            raise InputError(f"{name} is {_shown(value)}: give true or false.")
    elif not any(_SOCKETS.get(each, _is_object)(value) for each in kind.split(",")):
        raise InputError(f"The input {name!r} is a {type(value).__name__}: connect {kind.replace(',', ' or ')}.")


def _is_object(value: object) -> bool:
    """Whether a value is what a node has made, and not what a workflow's file can hold."""
    return not (value is None or isinstance(value, str | Real | Mapping | list))


def _holds(key: str):
    return lambda value: isinstance(value, Mapping) and isinstance(value.get(key), Tensor)


def _is_conditioning(value: object) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(len(entry) == 2 and isinstance(entry[1], dict) for entry in value)


def _is(*names: str):
    return lambda value: type(value).__name__ in names  # by name, as importing the classes takes seconds


_SOCKETS = {
    "VIDEO": lambda value: hasattr(value, "get_components"),
    "AUDIO": _holds("waveform"),
    "LATENT": _holds("samples"),
    "IMAGE": lambda value: isinstance(value, Tensor),
    "MASK": lambda value: isinstance(value, Tensor),
    "CONDITIONING": _is_conditioning,
    "STRING": lambda value: isinstance(value, str) and len(value) <= MAX_TEXT,
    "V2A_DATASET": lambda value: isinstance(value, list) and bool(value) and all(map(_is("Clip"), value)),
    "V2A_FEATURES": _is("VisualFeatures", "FilmFeatures"),
    "V2A_GUIDANCE": _is("Schedules"),
    "V2A_TRANSCRIPT": _is("Transcript"),
}


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
