"""`v2a models`, `v2a download` and `v2a convert`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .catalog import Model, Part, catalog
from .files import VARIABLE, Progress, command, locate_part, models_root, verify


def add_parsers(commands) -> None:
    models = commands.add_parser("models", help="list the models: licence, size, which files are there")
    models.add_argument("--check", action="store_true", help="compare the files with the catalogue, byte for byte")
    models.set_defaults(run=_models)

    download = commands.add_parser("download", help="fetch the files of a model", allow_abbrev=False)
    download.add_argument("name", metavar="NAME", help="one of those that `v2a models` lists")
    download.add_argument("--folder", type=Path, help="the models folder to fetch into (default: ComfyUI's, or ~/.v2a)")
    types = sorted({file.dtype for model in catalog().values() for part in model.parts for file in part.files})
    download.add_argument(
        "--dtype",
        choices=types,
        metavar="TYPE",
        help=f"fetch files of this type where a part has one, else its first: {', '.join(types)}",
    )
    download.set_defaults(run=_download)

    convert = commands.add_parser("convert", help="turn a published .pth, .pt or .bin file into safetensors")
    convert.add_argument("source", metavar="FILE", type=Path, help="the file as it is published")
    convert.add_argument("output", metavar="OUT", type=Path, help="the file to write, or the folder to write it to")
    convert.set_defaults(run=_convert)


def _models(arguments: argparse.Namespace, progress) -> None:
    wrong, checked = [], {}
    for model in catalog().values():
        print(f"{model.name}: {model.title}, {model.licence}, {model.bytes / 1e6:,.1f} MB, {_state(model)}")
        print(f"  {model.about}")
        for part in model.parts:
            located = locate_part(part)
            if located is None:
                file = part.choice()
                print(f"  {part.role}: missing {file.path} ({file.bytes / 1e6:,.1f} MB, {part.licence})")
                continue
            file, path = located
            print(f"  {part.role}: {path} ({path.stat().st_size / 1e6:,.1f} MB, {part.licence})")
            if arguments.check and path not in checked:
                checked[path] = _problem(file, part, progress)
                if checked[path]:
                    wrong.append(checked[path])
    if wrong:
        raise InputError(" ".join(wrong))


def _state(model: Model) -> str:
    absent = [part.role for part in model.parts if locate_part(part) is None]
    if not absent:
        return "installed"
    return f"{', '.join(absent)} missing: `{command()} download {model.name}`"


def _problem(file, part: Part, progress: Progress) -> str | None:
    try:
        verify(file, part, progress)
    except InputError as error:
        return str(error)
    finally:
        progress.close()
    return None


def _download(arguments: argparse.Namespace, progress) -> None:
    from .download import download

    if arguments.name not in catalog():
        raise InputError(f"There is no model called {arguments.name!r}: choose one of {', '.join(catalog())}.")
    model = catalog()[arguments.name]
    if arguments.folder is not None and not arguments.folder.is_dir():
        raise InputError(f"There is no folder {arguments.folder}: make it, or choose another with --folder.")
    if not any(part.choice().repo for part in model.parts):
        print(f"{model.title} ships with the pack: there is nothing to fetch.")
        return
    print(
        f"{model.title}, into {arguments.folder or models_root()}. By fetching these files you accept their licences:"
    )
    for part in model.parts:
        file = part.choice(arguments.dtype)
        print(f"  {part.role}: {part.licence} ({file.published} from {file.repo or 'this pack'})")
    for role, path in download(model, arguments.folder, dtype=arguments.dtype, progress=progress):
        progress.close()
        print(f"{role}: {path}")
    if arguments.folder is not None and any(locate_part(part) is None for part in model.parts):
        print(f"Set the environment variable {VARIABLE} to {arguments.folder.resolve()}, so that the files are found.")


def _convert(arguments: argparse.Namespace, progress) -> None:
    from .convert import convert

    path = convert(arguments.source, arguments.output, progress)
    progress.close()
    print(path)


def chosen_weights(model: str, given: Sequence[str]) -> Path | dict[str, Path] | None:
    """What --weights says: a path for a model of one file, {role: path} for one of several, None where not given.

    Of two files for a role the last counts; a file without a role is for the first, the network. Raises InputError for
    a role that the model hasn't.
    """
    roles = [part.role for part in catalog()[model].parts] if model in catalog() else ["model"]
    chosen = {}
    for text in given:
        role, equals, path = text.partition("=")
        if not equals or role not in roles:
            # A name of a file may hold the sign too.
            if equals and len(roles) > 1 and role.isidentifier() and not Path(text).exists():
                raise InputError(f"{model} has no file for {role!r}: its files are for {', '.join(roles)}.")
            role, path = roles[0], text
        chosen[role] = Path(path)
    if len(roles) == 1:
        return chosen.get(roles[0])
    return chosen or None
