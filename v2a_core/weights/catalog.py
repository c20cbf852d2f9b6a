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
PICKLES = (".pth", ".pt", ".bin")


@dataclass(frozen=True)
class ModelFile:
    """One published file of weights.

    path is relative to the package v2a_core, or to a models folder; bytes and sha256 are those of the file as its
    repository on the hub publishes it. sha256 may be its known ends joined by "…", or "" where nothing is known; bytes
    are only about right where exact is False.
    """

    path: str
    bytes: int
    sha256: str = ""
    repo: str = ""
    name: str = ""
    dtype: str = "float32"
    exact: bool = True

    @property
    def published(self) -> str:
        """Its name in the repository."""
        return self.name or self.path

    @property
    def converted(self) -> bool:
        """Whether the published file is a pickle that must become safetensors before use."""
        return bool(self.repo) and self.published.endswith(PICKLES)

    def has_hash(self, digest: str) -> bool:
        """Whether a SHA-256 agrees with what is known of the file's."""
        start, _, end = self.sha256.partition("…")
        return digest.startswith(start) and digest.endswith(end)


@dataclass(frozen=True)
class Part:
    """What one role of a model needs: any one of the files, the preferred one first.

    layout is the kind of file by its name in layouts.LAYOUTS, "" for a file that is not of published weights.
    """

    name: str
    role: str
    licence: str
    files: tuple[ModelFile, ...]
    folder: str = ""
    layout: str = ""

    def choice(self, dtype: str | None = None) -> ModelFile:
        """The file to fetch: the preferred one, or the preferred one of a dtype where there is one."""
        return next((file for file in self.files if file.dtype == dtype), self.files[0])


@dataclass(frozen=True)
class Model:
    """A model as a user chooses it."""

    name: str
    title: str
    licence: str
    about: str
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Size of the preferred files together."""
        return sum(part.choice().bytes for part in self.parts)


@cache
def catalog() -> dict[str, Model]:
    """All models by name, in the catalogue's order."""
    return read_catalog(CATALOG.read_text(encoding="utf-8"))


def read_catalog(text: str) -> dict[str, Model]:
    """The models that a catalogue in TOML lists."""
    entries = tomllib.loads(text)
    parts = {name: _part(name, **entry) for name, entry in entries.pop("part").items()}
    return {name: _model(name, parts, **entry) for name, entry in entries.items()}


def _model(name: str, known: dict[str, Part], *, title: str, licence: str, about: str, parts=()) -> Model:
    return Model(name, title, licence, about, tuple(known[part] for part in parts))


def _part(name: str, role: str, licence: str, files: list[dict], folder: str = "", layout: str = "") -> Part:
    return Part(name, role, licence, tuple(ModelFile(**file) for file in files), folder, layout)
