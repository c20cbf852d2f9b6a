"""Reading and writing safetensors, with errors that say what is wrong with a file and what it looks like instead."""

import json
import os
from collections.abc import Iterable, Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..atomic import whole_file
from ..errors import InputError

HEADER_LIMIT = 32 << 20  # bytes; the largest published header of the field is under 1 MB

# A parameter that only this kind of file has; the first that fits names the file.
_KINDS = {
    "network.": "Mini",
    "fused_blocks.": "an MMAudio network",
    "triple_blocks.": "a HunyuanVideo-Foley network",
    "vfeat_extractor.": "Synchformer",
    "vision_model.": "a SigLIP vision encoder",
    "visual.transformer.": "a CLIP encoder",
    "text_model.": "a CLAP or CLIP text encoder",
    "conv_pre.": "a BigVGAN vocoder",
    "quantizer.": "a DAC audio codec",
    "data_mean": "an MMAudio VAE",
    "lora_": "a LoRA",
    "model.diffusion_model.": "an image model's checkpoint",
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
    except FileNotFoundError:
        raise InputError(f"There is no model file {path}: check the path, or download it again.") from None
    except OSError as error:
        raise InputError(f"The model file {path} can't be read: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not a safetensors file: its header is not JSON.") from error
    try:
        metadata = {str(key): str(value) for key, value in header.pop("__metadata__", {}).items()}
        end = 8 + length + max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path} is not a safetensors file: its header describes no tensors.") from error
    if end > size:
        raise InputError(_truncated(path, size, end))
    return metadata, header


def read_state(
    path: str | os.PathLike, family: str | None = None, device: str = "cpu"
) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Metadata and tensors of a safetensors file.

    family names the model family that the file must belong to. Raises InputError as read_header does, and where the
    file is of another family: the message says what is missing and what the file looks like.
    """
    metadata, header = read_header(path)
    if family is not None:
        _check_family(path, family, metadata, header)
    try:
        return metadata, load_file(path, device=device)
    except SafetensorError as error:
        raise InputError(f"The model file {path} is damaged ({error}): download it again.") from error


def write_state(path: str | os.PathLike, state: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and metadata as one safetensors file, which appears under its name only when it is whole."""
    with whole_file(path) as unfinished:
        save_file(dict(state), unfinished, dict(metadata) or None)


def _check_family(path, family: str, metadata: Mapping[str, str], names: Iterable[str]) -> None:
    missing = [part for part in _PARTS.get(family, ()) if not any(name.startswith(part) for name in names)]
    said = metadata.get("family")
    if missing or (said is not None and said != family):
        lacks = f"it has no parameters named {', '.join(f'{part}*' for part in missing)}, and " if missing else ""
        looks = f"its metadata says {said!r}" if said else f"it looks like {_kind(names)}"
        raise InputError(f"{path} is not a file of the model {family!r}: {lacks}{looks}. Choose another file.")


def _kind(names: Iterable[str]) -> str:
    names = list(names)
    for sign, kind in _KINDS.items():
        if any(name.startswith(sign) or (sign == "lora_" and "lora_" in name) for name in names):
            return kind
    return f"something else (its parameters begin with {', '.join(sorted(names)[:3])})" if names else "an empty file"


def _other_format(path, size: int) -> str:
    if size == 0:
        return "it is empty. Download it again."
    with open(path, "rb") as file:
        start = file.read(64)
    if start.startswith(b"PK\x03\x04") or start.startswith(b"\x80\x02"):
        return "it looks like a PyTorch pickle (.pth, .pt, .ckpt). Convert it to safetensors first."
    if start.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer. Fetch the file itself (git lfs pull)."
    if start.startswith(b"GGUF"):
        return "it looks like GGUF. Choose the safetensors file."
    if start.lstrip()[:1] == b"<":
        return "it looks like a web page. Download the file itself."
    return "it does not begin with a safetensors header. Download it again."


def _truncated(path, size: int, expected: int) -> str:
    return f"The model file {path} is truncated: {size:,} bytes of {expected:,} are there. Download it again."
