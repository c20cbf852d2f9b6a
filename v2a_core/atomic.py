"""Files that appear under their name only when they are whole."""

import glob
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STALE_S = 24 * 3600.0  # who writes a file does not leave it alone that long


@contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside `path`, of its extension, that takes its place at the end, or is removed on an error.

    What a killed process has left of the same name goes too, a day later.
    """
    path = Path(path)
    mark = f".{path.stem[:40]}.v2a-"
    _clear(path.parent, mark)
    unfinished = path.with_name(f"{mark}{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        if type(error) is not OSError or error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error  # a full disk does not say of what
    finally:
        unfinished.unlink(missing_ok=True)


def _clear(folder: Path, mark: str) -> None:
    for left in folder.glob(f"{glob.escape(mark)}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_S:
                left.unlink()
