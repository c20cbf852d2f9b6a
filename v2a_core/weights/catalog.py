"""The catalogue of models: what each is, its licence, and the files that it needs."""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CATALOG = Path(__file__).with_name("catalog.toml")


@dataclass(frozen=True)
class ModelFile:
    """One published file of weights; path is relative to the package v2a_core."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Model:
    """A model as a user chooses it."""

    name: str
    title: str
    licence: str
    about: str
    files: tuple[ModelFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@cache
def catalog() -> dict[str, Model]:
    """All models by name, in the catalogue's order."""
    entries = tomllib.loads(CATALOG.read_text(encoding="utf-8"))
    return {
        name: Model(
            name, entry["title"], entry["licence"], entry["about"], tuple(ModelFile(**file) for file in entry["files"])
        )
        for name, entry in entries.items()
    }
