"""Reading and writing safetensors, with errors that say what is wrong with a file and what it looks like instead."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..atomic import whole_file
from ..errors import InputError
from .files import command
from .layouts import LAYOUTS, Layout, looks_like, plain_names, sized

HEADER_LIMIT = 32 << 20  # bytes; the largest published header of the field is under 1 MB

_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}

# What a file of a family must hold.
_PARTS = {"mini": ("network.", "visual.", "text.", "decoder.")}


def read_header(path: str | os.PathLike) -> tuple[dict[str, str], dict[str, dict]]:
    """Metadata and {parameter name: {dtype, shape, data_offsets}} of a safetensors file, without reading its tensors.

    Raises InputError where the file is missing, is not safetensors, or is shorter than its header says.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            first = file.read(1)
            if size < 10 or first != b"{":
                raise InputError(f"{path} is not a safetensors file: {_other_format(path, size)}")
            if length > HEADER_LIMIT:
                raise InputError(f"{path} is not a safetensors file: its header claims {length:,} bytes.")
            if length > size - 8:
                raise InputError(_truncated(path, size, length + 8))
            header = json.loads(first + file.read(length - 1))
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"There is no model file {path}: check the path, or download it again.") from None
    except OSError as error:
        raise InputError(f"The model file {path} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # JSON may be no Unicode, or hold numbers of thousands of digits
        raise InputError(f"{path} is not a safetensors file: its header is not JSON.") from error
    metadata = header.pop("__metadata__", {})
    if not (isinstance(metadata, dict) and all(map(_describes_tensor, header.values()))):
        raise InputError(f"{path} is not a safetensors file: its header describes no tensors.")
    end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if end > size:
        raise InputError(_truncated(path, size, end))
    return {str(key): str(value) for key, value in metadata.items()}, header


def _describes_tensor(entry: object) -> bool:
    """Whether an entry of a header says what a tensor's type and shape are, and where it lies."""
    if not (isinstance(entry, dict) and isinstance(entry.get("dtype"), str)):
        return False
    shape, place = entry.get("shape"), entry.get("data_offsets")
    if not (isinstance(shape, list) and isinstance(place, list) and len(place) == 2):
        return False
    return all(type(number) is int and number >= 0 for number in (*shape, *place)) and place[0] <= place[1]


def read_state(
    path: str | os.PathLike,
    family: str | None = None,
    device: str = "cpu",
    *,
    layout: str | None = None,
    size: str | None = None,
    only: tuple[str, ...] = ("",),
) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Metadata and tensors of a safetensors file; on the CPU they are mapped from the file, not copied.

    family names the model family whose own format the file must have. layout says instead which published kind it must
    be by its name in layouts.LAYOUTS, in any of its ways of storing: the tensors come under the published classes'
    names. size ("16k", "xl", ...) is the one that it must have, only the beginnings of the names to read. Raises
    InputError as read_header does, and for another kind of file: the message says what is missing and what the file
    looks like.
    """
    metadata, header = read_header(path)
    wanted = _chosen(path, metadata, header, family, layout, size, only)
    with _whole(path, device) as file:
        return metadata, {name: file.get_tensor(stored) for name, stored in wanted.items()}


class StoredTensors(Mapping[str, torch.Tensor]):
    """Tensors of a file by published name, each mapped from it when it is asked for: what is dropped leaves memory.

    Arguments and errors are those of read_state.
    """

    def __init__(self, path: str | os.PathLike, *, layout: str, size: str | None = None, only: tuple[str, ...] = ("",)):
        metadata, header = read_header(path)
        wanted = _chosen(path, metadata, header, None, layout, size, only)
        self.entries = {name: header[stored] for name, stored in wanted.items()}
        for name, entry in self.entries.items():
            kind = entry["dtype"]
            if kind not in _TYPES:
                raise InputError(
                    f"{path} holds {name} in a type called {kind}: choose a file in bfloat16, float16 or float8."
                )
        with _whole(path):  # which is all that is asked of it
            self.file = open(path, "rb")  # noqa: SIM115  open as long as tensors may be asked for
        self.start = 8 + int.from_bytes(self.file.read(8), "little")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """{published name: shape}."""
        return {name: tuple(entry["shape"]) for name, entry in self.entries.items()}

    def __getitem__(self, name: str) -> torch.Tensor:
        entry = self.entries[name]
        begin, end = entry["data_offsets"]
        if begin == end:
            return torch.empty(entry["shape"], dtype=_TYPES[entry["dtype"]])
        data = np.memmap(self.file, np.uint8, "c", self.start + begin, (end - begin,))
        return torch.from_numpy(data).view(_TYPES[entry["dtype"]]).view(entry["shape"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def read_shapes(path: str | os.PathLike) -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """Metadata and {published name: shape} of a safetensors file; raises InputError as read_header does."""
    metadata, header = read_header(path)
    return metadata, {name: tuple(header[stored]["shape"]) for name, stored in plain_names(header).items()}


def write_state(path: str | os.PathLike, state: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and metadata as one safetensors file, which appears under its name only when it is whole.

    Raises OSError where it can't be written.
    """
    try:
        with whole_file(path) as unfinished:
            save_file(dict(state), unfinished, dict(metadata) or None)
    except SafetensorError as error:
        raise OSError(f"{path} can't be written ({error}): make room, or choose another folder.") from error


def check_layout(path, layout: Layout, shapes: Mapping[str, tuple[int, ...]], size: str | None = None) -> None:
    """Raise InputError unless a file with these published names is of a layout, whole, and of a size if given."""
    signs = [sign for sign in layout.signs if not sign.startswith(layout.needs)]
    missing = [need for need in (*signs, *layout.needs) if not any(name.startswith(need) for name in shapes)]
    if missing:
        raise InputError(_lacks(path, layout.title, missing, f"it looks like {looks_like(shapes)}"))
    if size and layout.size(shapes) not in ("", size):
        wanted = sized(layout, size)
        raise InputError(f"{path} is {looks_like(shapes)}, and the model needs {wanted}. Choose another file.")


def _chosen(path, metadata, header, family, layout, size, only) -> dict[str, str]:
    """{published name: name in the file} of what is to be read, once the file is known to be what is asked for."""
    names = plain_names(header)
    shapes = {name: tuple(header[stored]["shape"]) for name, stored in names.items()}
    if family is not None:
        _check_family(path, family, metadata, shapes)
    if layout is not None:
        check_layout(path, LAYOUTS[layout], shapes, size)
        names = {name: stored for name, stored in names.items() if LAYOUTS[layout].used(name)}
    return {name: stored for name, stored in names.items() if name.startswith(only)}


@contextmanager
def _whole(path, device: str = "cpu"):
    """A file opened by the format's own reader, which checks that its tensors fit."""
    try:
        with safe_open(path, framework="pt", device=device) as file:
            yield file
    except SafetensorError as error:
        raise InputError(f"The model file {path} is damaged ({error}): download it again.") from error


def _check_family(path, family: str, metadata: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]) -> None:
    missing = [part for part in _PARTS.get(family, ()) if not any(name.startswith(part) for name in shapes)]
    said = metadata.get("family")
    if missing or (said is not None and said != family):
        looks = f"its metadata says {said!r}" if said else f"it looks like {looks_like(shapes)}"
        raise InputError(_lacks(path, f"a file of the model {family!r}", missing, looks))


def _lacks(path, wanted: str, missing: list[str], looks: str) -> str:
    names = ", ".join(f"{name}*" if name.endswith(".") else name for name in missing)
    lacks = f"it has no parameters named {names}, and " if missing else ""
    return f"{path} is not {wanted}: {lacks}{looks}. Choose another file."


def _other_format(path, size: int) -> str:
    if size == 0:
        return "it is empty. Download it again."
    with open(path, "rb") as file:
        start = file.read(64)
    if start.startswith(b"PK\x03\x04") or start.startswith(b"\x80\x02"):
        out = Path(path).with_suffix(".safetensors")
        convert = f'{command()} convert "{path}" "{out}"'
        return f"it looks like a PyTorch pickle (.pth, .pt, .ckpt). Convert it first: `{convert}`."
    if start.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer. Fetch the file itself (git lfs pull)."
    if start.startswith(b"GGUF"):
        return "it looks like GGUF. Choose the safetensors file."
    if start.lstrip()[:1] == b"<":
        return "it looks like a web page. Download the file itself."
    return "it does not begin with a safetensors header. Download it again."


def _truncated(path, size: int, expected: int) -> str:
    return f"The model file {path} is truncated: {size:,} bytes of {expected:,} are there. Download it again."
