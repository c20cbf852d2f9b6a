"""Pickled weights to safetensors, once, one tensor at a time."""

import json
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..atomic import whole_file
from ..errors import InputError
from .catalog import ModelFile, Part, catalog
from .files import Progress, sha256
from .formats import check_layout
from .layouts import Layout, layout_of, looks_like, plain_names, variant_of

CONTAINERS = ("generator", "state_dict")  # what published pickles keep their tensors under
DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.bool: "BOOL",
}


def convert(source: str | os.PathLike, output: str | os.PathLike, progress: Progress | None = None) -> Path:
    """Write the tensors of a .pth, .pt or .bin file as safetensors, and return where.

    Only files whose use is known are converted, under the names of the published classes and without what nobody reads
    (see layouts.py). The pickle may hold tensors only and runs no code. output may be a folder: the file then gets the
    name that the catalogue has for it. Metadata notes role, source and the source's SHA-256.
    Raises InputError for a source that is no such file, and OSError where writing fails; no partial file stays.
    """
    source, output = Path(source), Path(output)
    _check_paths(source, output)
    tensors, layout = _read(source)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    check_layout(source, layout, shapes)
    digest = sha256(source, progress)
    part, file = _published(layout.name, variant_of(layout, shapes), source.name, digest)
    if output.is_dir():
        output /= file.path if file else f"{source.stem}.safetensors"
    metadata = {"format": "pt", "role": layout.role, "source": source.name.lstrip("."), "source_sha256": digest}
    if layout.family:
        metadata["family"] = layout.family
    if part is not None:
        metadata |= {"part": part.name, "licence": part.licence}
    used = {name: tensor for name, tensor in tensors.items() if layout.used(name)}
    _write(output, used, metadata, progress)
    return output


def _check_paths(source: Path, output: Path) -> None:
    if not source.is_file():
        raise InputError(f"There is no file {source} to convert: check the path.")
    if source.suffix == ".safetensors":
        raise InputError(f"{source} is safetensors already: use it as it is.")
    if output.is_dir():
        return
    if output.suffix != ".safetensors":
        raise InputError(f"The output {output} must be a folder that exists, or a file that ends in .safetensors.")
    if not output.parent.is_dir():
        raise InputError(f"There is no folder {output.parent} to write {output.name} to: make it first.")


def _read(source: Path) -> tuple[dict[str, Tensor], Layout]:
    """Tensors by published name, mapped from the file where its format allows it, and their layout."""
    try:
        content = torch.load(source, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(source))
    except pickle.UnpicklingError as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"{source} is not a file of plain tensors, so it is not opened ({reason}).") from error
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{source} is damaged or no PyTorch file ({error}): download it again.") from error
    looks = "an empty file"
    for inner in (content, *(content.get(key) for key in CONTAINERS if isinstance(content, dict))):
        if not isinstance(inner, Mapping):
            continue
        tensors = {str(name): value for name, value in inner.items() if isinstance(value, Tensor)}
        names = plain_names(tensors)
        layout = layout_of(names)
        if layout is not None:
            return {name: tensors[stored] for name, stored in names.items()}, layout
        looks = looks_like({str(name): () for name in inner})
    raise InputError(f"{source} is no file that V2A can use: it looks like {looks}. Choose another file.")


def _published(layout: str, variant: str, name: str, digest: str) -> tuple[Part | None, ModelFile | None]:
    """The catalogue's part of a layout and variant, and its file of this hash, or of this name where none is known."""
    parts = {part.name: part for model in catalog().values() for part in model.parts if part.layout == layout}
    part = next((part for part in parts.values() if variant and part.name.endswith(f"_{variant}")), None)
    if part is None and len(parts) == 1:
        part = next(iter(parts.values()))
    for file in part.files if part else ():
        known = file.has_hash(digest) if file.sha256 else Path(file.published).name == name
        if file.converted and known:
            return part, file
    return part, None


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], progress: Progress | None) -> None:
    # Wide types first, as the format's own writer does, so that every tensor is aligned.
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, end = {"__metadata__": dict(metadata)}, 0
    for name in order:
        tensor = tensors[name]
        if tensor.dtype not in DTYPES:
            raise InputError(
                f"The tensor {name} is of type {tensor.dtype}, which no published file has: not converted."
            )
        start, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    with whole_file(path) as unfinished, open(unfinished, "wb") as file:
        file.write(len(packed).to_bytes(8, "little") + packed)
        done = 0
        for data in (_bytes(tensors[name]) for name in order):
            file.write(data)
            done += len(data)
            if progress:
                progress(f"convert {path.name} (MB)", done // 1_000_000, max(1, end // 1_000_000))


def _bytes(tensor: Tensor) -> memoryview:
    return memoryview(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
