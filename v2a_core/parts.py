"""What a long run has finished, in a folder of files, so that a run that breaks off goes on from there."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from .media.video import VideoSource
from .weights.formats import write_state

EDGE = 1 << 20  # bytes at either end of a video file that are looked at


@dataclass(frozen=True)
class Parts:
    """Named sets of tensors in a folder. Each is stored with a key, a digest of all that it was made of: under another
    key it is not found.
    """

    folder: Path

    def read(self, name: str, key: str) -> dict[str, Tensor] | None:
        """The tensors of a part, None where it is missing, broken or was made of something else."""
        try:
            with safe_open(self._path(name), "pt") as file:
                if (file.metadata() or {}).get("key") != key:
                    return None
                # Copies: what is mapped keeps the file open, and Windows replaces and removes no such file.
                return {tensor: file.get_tensor(tensor).clone() for tensor in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return None

    def write(self, name: str, key: str, tensors: Mapping[str, Tensor]) -> None:
        """Store a part; it is there when it is whole."""
        self.folder.mkdir(exist_ok=True)
        write_state(self._path(name), {key: value.contiguous() for key, value in tensors.items()}, {"key": key})

    def remove(self) -> None:
        """Away with all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"


def digest(*values: object) -> str:
    """One short name for values: text, numbers, tensors, modules, videos, and lists, tuples and mappings of them."""
    total = hashlib.sha256()
    for value in values:
        total.update(_told(value))
    return total.hexdigest()[:32]


def _told(value: object) -> bytes:
    if isinstance(value, Tensor):
        raw = value.detach().cpu().contiguous().flatten().view(torch.uint8)
        head = f"{value.dtype} {tuple(value.shape)} "
        return (head + hashlib.sha256(raw.numpy()).hexdigest()).encode()
    if isinstance(value, nn.Module):
        return _told({**dict(value.named_parameters()), **dict(value.named_buffers())})
    if isinstance(value, Mapping):
        value = [(name, digest(each)) for name, each in sorted(value.items())]
    elif isinstance(value, list | tuple):
        value = [digest(each) for each in value]
    elif isinstance(value, VideoSource):
        value = (value.start_s, value.duration_s, value.fps, _content(value.origin))
    return f"{type(value).__name__} {value!r}\n".encode()


def _content(origin: Path | bytes | Tensor) -> object:
    """What tells a video from another: of a file its size, time and both ends, as hours of it would take long."""
    if isinstance(origin, Tensor):
        return digest(origin)
    if isinstance(origin, bytes):
        return hashlib.sha256(origin).hexdigest()
    status = os.stat(origin)
    with open(origin, "rb") as file:
        head = file.read(EDGE)
        file.seek(max(0, status.st_size - EDGE))
        return status.st_size, status.st_mtime_ns, hashlib.sha256(head + file.read(EDGE)).hexdigest()
