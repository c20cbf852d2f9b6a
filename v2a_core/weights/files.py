"""Finding model files, and checking that they are the published ones."""

import hashlib
from pathlib import Path

from ..errors import InputError
from .catalog import ModelFile

PACKAGE = Path(__file__).parents[1]


def locate(file: ModelFile) -> Path | None:
    """Where a catalogued file lies on this machine, or None."""
    path = PACKAGE / file.path
    return path if path.is_file() else None


def verify(file: ModelFile) -> Path:
    """Locate a file and compare its size and SHA-256 with the catalogue; raises InputError where they differ."""
    path = locate(file)
    if path is None:
        raise InputError(f"The model file {file.path} is not there: install the pack again.")
    size = path.stat().st_size
    digest = _sha256(path)
    if (size, digest) != (file.bytes, file.sha256):
        raise InputError(
            f"{path} is not the published file: it has {size:,} bytes and SHA-256 {digest}, the catalogue says "
            f"{file.bytes:,} and {file.sha256 or 'nothing'}. Install the pack again."
        )
    return path


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as data:
        while block := data.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
