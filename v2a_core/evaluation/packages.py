"""Files of an installed Python package, without importing it: a judge's package often asks for more than we need."""

from importlib.util import find_spec
from pathlib import Path

from ..errors import InputError


def package_file(package: str, path: str, install: str) -> Path:
    """Where a file of a package lies; raises InputError that says what to install."""
    found = find_spec(package)
    for folder in (found and found.submodule_search_locations) or ():
        if (file := Path(folder) / path).exists():
            return file
    raise InputError(f"the Python package {package} isn't installed, or lacks {path}: {install}")
