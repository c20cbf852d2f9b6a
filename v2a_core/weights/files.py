"""Finding model files on this machine, and checking that they are the published ones."""

import hashlib
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from .catalog import Model, ModelFile, Part, catalog

PACKAGE = Path(__file__).parents[1]
VARIABLE = "V2A_MODELS"
Progress = Callable[[str, int, int], None]

_registered: list[Path] = []


def register_folder(folder: str | os.PathLike) -> None:
    """Have model files looked for in a folder too: a host's own models folders."""
    if Path(folder) not in _registered:
        _registered.append(Path(folder))


def models_root() -> Path:
    """The folder that downloads go under: $V2A_MODELS, or models/ of the ComfyUI that this pack lies in, or ours."""
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser()
    return _host_models() or Path.home() / ".v2a" / "models"


def _host_models() -> Path | None:
    custom_nodes = PACKAGE.parents[1]
    models = custom_nodes.parent / "models"
    return models if custom_nodes.name == "custom_nodes" and models.is_dir() else None


def folders() -> Iterator[Path]:
    """Every folder that model files are looked for in, in that order."""
    yield PACKAGE
    yield from _registered
    root = models_root()
    yield root
    yield from (root / name for name in sorted({part.folder for part in _parts()} | {"v2a"}) if name)


def locate(file: ModelFile) -> Path | None:
    """Where a catalogued file, ready for use, lies on this machine: by its own name or in a copy of its repository."""
    names = [file.path]
    if file.repo and not file.converted:
        names += [f"{file.repo}/{file.published}", f"{Path(file.repo).name}/{file.published}"]
    places = (folder / name for folder in folders() for name in names)
    return next((place for place in places if place.is_file()), None)


def locate_part(part: Part) -> tuple[ModelFile, Path] | None:
    """The first of a part's files that lies on this machine, and where."""
    return next(((file, path) for file in part.files if (path := locate(file)) is not None), None)


def find_model(name: str, chosen: Mapping[str, str | os.PathLike] | None = None) -> dict[str, Path]:
    """{role: file} of all that a catalogued model needs; chosen names files by role that replace the catalogue's.

    A folder may be chosen too, one that holds the file as its repository does. Raises InputError for an unknown role,
    and for the first file that is not there: the message names the file, the folder it belongs in and the command that
    fetches it.
    """
    model, chosen = catalog()[name], dict(chosen or {})
    roles = [part.role for part in model.parts]
    for role in chosen:
        if role not in roles:
            raise InputError(f"{name} has no file for {role!r}: its files are for {', '.join(roles)}.")
    found = {}
    for part in model.parts:
        if part.role in chosen:
            found[part.role] = _in_folder(Path(chosen[part.role]), part)
            continue
        located = locate_part(part)
        if located is None:
            raise InputError(missing(model, part, chosen))
        found[part.role] = located[1]
    return found


def _in_folder(path: Path, part: Part) -> Path:
    """A chosen path, or where it is a folder the part's file in it."""
    if not path.is_dir():
        return path
    names = list(
        dict.fromkeys(name for file in part.files if not file.converted for name in (file.path, file.published))
    )
    found = next((path / name for name in names if (path / name).is_file()), None)
    if found is None:
        wanted = " or ".join(names) or part.choice().path
        raise InputError(f"The folder {path} holds no {wanted}: choose the file for {part.role} itself.")
    return found


def missing(model: Model, part: Part, chosen: Collection[str] = ()) -> str:
    """What to say of a part that no file is there for; chosen are the roles that a file was chosen for."""
    file, folder = part.choice(), models_root() / part.folder
    if not file.repo:
        return f"The model file {file.path} is not there: install the pack again."
    problem = f"{model.name} needs the file {file.path} ({part.role}), and it is not in {folder}"
    for other in part.files:
        raw = unconverted(other)
        if raw is not None:
            return f'{problem}: convert {raw} with `{command()} convert "{raw}" "{folder / other.path}"`.'
    url = f"https://huggingface.co/{file.repo}/resolve/main/{file.published}"
    by_hand = f"put {url} there as {file.path}"
    if file.converted:
        by_hand = f"fetch {url} yourself and make it that file with `{command()} convert`"
    others = sum(other.role not in chosen and locate_part(other) is None for other in model.parts) - 1
    count = "1 more file is" if others == 1 else f"{others} more files are"
    more = f" {count} missing too; the command fetches all." if others else ""
    return f"{problem}: run `{command()} download {model.name}`, or {by_hand}.{more}"


def unconverted(file: ModelFile) -> Path | None:
    """Where a published pickle was placed by hand: by name, or as its repository or kijai's pack place it; or None."""
    if not file.converted:
        return None
    names = [f"{file.repo}/{file.published}", f"{Path(file.repo).name}/{file.published}"]
    if file.published != "pytorch_model.bin":  # every repository of transformers has one
        names += [Path(file.published).name, file.published]
    places = (folder / name for folder in folders() for name in names)
    return next((place for place in places if place.is_file()), None)


def command() -> str:
    """How a user runs this command line: in ComfyUI the pack is a folder, not an installed program."""
    if _host_models() is None:
        return "v2a"
    # By this interpreter: the one called `python` may be another, as it is beside ComfyUI's portable version.
    change = "cd /d" if sys.platform == "win32" else "cd"
    return f'{change} "{PACKAGE.parent}" && "{sys.executable}" -m v2a_core'


def verify(file: ModelFile, part: Part | None = None, progress: Progress | None = None) -> Path:
    """Locate a file and compare it with the catalogue; raises InputError where they differ.

    Its size and SHA-256 are compared as far as they are known; of a converted file, its source's SHA-256 that the
    conversion noted. Where part is given the parameters are looked at too: they must be all that the role needs.
    """
    path = locate(file)
    if path is None:
        raise InputError(f"The model file {file.path} is not there: install the pack again.")
    if file.converted:
        from .formats import read_header

        digest = read_header(path)[0].get("source_sha256", "")
        if not file.has_hash(digest):
            said = f"from a file with SHA-256 {digest}" if digest else "without a note of its source"
            raise InputError(f"{path} was converted {said}, the catalogue says {file.sha256}. Convert it again.")
    else:
        check_published(path, file, progress)
    if part is not None:
        _check_contents(path, part)
    return path


def check_published(path: Path, file: ModelFile, progress: Progress | None = None) -> None:
    """Raise InputError where a file as it was downloaded differs from the catalogue's."""
    differs = difference(path, file, progress)
    if differs is not None:
        again = "Delete it and download it again." if file.repo else "Install the pack again."
        raise InputError(f"{path} is not the published file: {differs}. {again}")


def difference(path: Path, file: ModelFile, progress: Progress | None = None, digest: str = "") -> str | None:
    """What tells a file from the published one by size or SHA-256, in words, or None.

    digest is a hash that the hub told, for files whose hash the catalogue doesn't know.
    """
    size = path.stat().st_size
    if file.exact and size != file.bytes:
        return f"it has {size:,} bytes, not {file.bytes:,}"
    found = sha256(path, progress)
    if not file.has_hash(found) or (digest and digest != found):
        return f"its SHA-256 is {found}, not {file.sha256 or digest}"
    return None


def _check_contents(path: Path, part: Part) -> None:
    from .formats import check_layout, read_shapes
    from .layouts import LAYOUTS, variant_of

    if not part.layout:
        return
    layout, (_, shapes) = LAYOUTS[part.layout], read_shapes(path)
    check_layout(path, layout, shapes)
    variant = variant_of(layout, shapes)
    if variant and not part.name.endswith(f"_{variant}"):
        raise InputError(
            f"{path} holds a {part.role} of {variant}, and its name says {part.name}. Choose another file."
        )


def sha256(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    digest, total = hashlib.sha256(), path.stat().st_size
    with open(path, "rb") as data:
        while block := data.read(1 << 22):
            digest.update(block)
            if progress:
                progress(f"check {path.name} (MB)", data.tell() // 1_000_000, max(1, total // 1_000_000))
    return digest.hexdigest()


def _parts() -> Iterator[Part]:
    for model in catalog().values():
        yield from model.parts
