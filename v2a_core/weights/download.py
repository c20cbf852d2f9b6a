"""Fetching published files from the hub: resumed where it was cut, checked before a file gets its name."""

import errno
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError
from .catalog import Model, ModelFile
from .files import Progress, check_published, difference, locate_part, models_root, unconverted

ROOM = 64_000_000  # bytes to leave free on the disk


class DownloadError(OSError):
    """A download that did not come through, told in one message: what, why and how to go on."""


def download(
    model: Model, root: Path | None = None, *, dtype: str | None = None, progress: Progress | None = None
) -> Iterator[tuple[str, Path]]:
    """Fetch what a model still needs, and yield each role and where its file lies.

    root is the models folder to fetch into (files.models_root() by default), dtype ("float16", ...) the one to
    prefer where a file is published in several. A file that is there already, in any of its forms, stays as it is.
    Raises DownloadError where the network, the hub or the disk fails: what came so far is kept apart, and a second
    call goes on from there.
    """
    for part in model.parts:
        file = part.choice(dtype)
        folder = (root or models_root()) / part.folder
        there = locate_part(part)
        if root is None and there is not None:
            yield part.role, there[1]
        elif not file.repo:
            raise InputError(f"The model file {file.path} is not there: install the pack again.")
        else:
            yield part.role, fetch(file, folder, progress)


def fetch(file: ModelFile, folder: Path, progress: Progress | None = None) -> Path:
    """One file ready for use in a folder: downloaded, checked, and converted where it is published as a pickle.

    A pickle that was placed by hand is not fetched again, and stays. Several processes may ask for the same file at
    once: one fetches it, the others wait.
    """
    from huggingface_hub.utils import WeakFileLock

    folder.mkdir(parents=True, exist_ok=True)
    target, name = folder / file.path, Path(file.published).name
    with WeakFileLock(folder / f".{name}.lock"), _full_disk_told(file, folder):
        if target.is_file():
            return target
        if not file.converted:
            _get(file, target, progress)
            return target
        from .convert import convert

        by_hand, fetched = unconverted(file), folder / f".{name}"
        if by_hand is not None:
            check_published(by_hand, file, progress)
        elif not fetched.is_file():
            _get(file, fetched, progress)
        _check_room(file, folder, file.bytes)
        convert(by_hand or fetched, target, progress)
        fetched.unlink(missing_ok=True)
    return target


def _get(file: ModelFile, target: Path, progress: Progress | None) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    partial = target.with_name(f".{target.name.removeprefix('.')}.part")
    have = partial.stat().st_size if partial.exists() else 0
    url = hf_hub_url(file.repo, file.published)
    headers = build_hf_headers(library_name="comfyui-v2a") | {"Accept-Encoding": "identity"}
    try:
        with _quiet_hub():
            found = get_hf_file_metadata(url, headers=headers)
            digest = found.etag if re.fullmatch("[0-9a-f]{64}", found.etag or "") else ""
            size = found.size or file.bytes
            if digest and not file.has_hash(digest):
                raise DownloadError(
                    f"The hub has another {file.published} in {file.repo} than the catalogue: its SHA-256 is {digest}, "
                    f"not {file.sha256}. Nothing was fetched; a newer version of this pack may know it."
                )
            have = have if have <= size else 0
            _check_room(file, target.parent, size - have)
            with open(partial, "r+b" if have else "wb") as data:
                data.seek(have)
                counted = _Counted(data, f"download {Path(file.published).name} (MB)", size, progress)
                http_get(url, counted, resume_size=have, headers=headers, expected_size=size)
    except DownloadError:
        raise
    except Exception as error:  # the client's errors share no class over its versions (requests, httpx, OSError)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        kept = partial.stat().st_size if partial.exists() else 0
        raise DownloadError(
            f"The download of {file.published} from {file.repo} broke off after {kept / 1e6:,.1f} of "
            f"{file.bytes / 1e6:,.1f} MB ({_first_line(error)}). Run the same command again: it goes on from there."
        ) from error
    differs = difference(partial, file, progress, digest)
    if differs is not None:
        partial.unlink()
        raise DownloadError(
            f"What came for {file.published} from {file.repo} is not the published file, and was deleted: {differs}. "
            "Run the same command again."
        )
    partial.replace(target)


class _Counted:
    """A file for the hub's client to write to, which reports how much of it is there."""

    def __init__(self, file, stage: str, size: int, progress: Progress | None):
        self.file, self.stage, self.size, self.progress = file, stage, size, progress
        self.tell, self.seek, self.truncate = file.tell, file.seek, file.truncate

    def write(self, data: bytes) -> int:
        written = self.file.write(data)
        if self.progress:
            self.progress(self.stage, self.tell() // 1_000_000, max(1, self.size // 1_000_000))
        return written


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """The client's own bars and warnings off: progress and errors are told in one place."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    bars, log = not are_progress_bars_disabled(), logging.getLogger("huggingface_hub")
    level = log.level
    log.setLevel(logging.ERROR)
    disable_progress_bars()
    try:
        yield
    finally:
        log.setLevel(level)
        if bars:
            enable_progress_bars()


@contextmanager
def _full_disk_told(file: ModelFile, folder: Path) -> Iterator[None]:
    try:
        yield
    except DownloadError:
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DownloadError(_no_room(file, folder, "there is none left")) from error


def _check_room(file: ModelFile, folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + ROOM:
        raise DownloadError(_no_room(file, folder, f"{needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free"))


def _no_room(file: ModelFile, folder: Path, why: str) -> str:
    return (
        f"There is no room for {file.published} in {folder}: {why}. Make room and run the same command again (it goes "
        "on from what came so far), or choose another disk with --folder."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
