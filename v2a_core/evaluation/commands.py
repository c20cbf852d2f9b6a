"""`v2a evaluate`."""

import argparse
import os
from pathlib import Path

from ..atomic import whole_file
from ..errors import InputError


def add_parser(commands) -> None:
    parser = commands.add_parser("evaluate", help="judge a folder of soundtracks", allow_abbrev=False)
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        help="videos with their soundtracks, or videos and sounds of the same names; prompts and transcripts beside "
        "them as NAME.txt and NAME.srt or .vtt",
    )
    parser.add_argument("--reference", metavar="FOLDER", type=Path, help="the true sounds, under the same names")
    parser.add_argument(
        "--prompts", metavar="CSV", type=Path, help="columns name, prompt and, if wanted, labels parted by |"
    )
    parser.add_argument("--transcripts", metavar="FOLDER", type=Path, help="where NAME.srt or .vtt are instead")
    parser.add_argument(
        "--features",
        metavar="FOLDER",
        type=Path,
        help="generated.safetensors and reference.safetensors, with what PANNs, PaSST, ImageBind and Synchformer say",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every score, of each clip too")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table")
    parser.add_argument("--png", metavar="FILE", type=Path, help="draw the scores with ceilings and controls")
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace, progress) -> None:
    outputs = [path for path in (arguments.json, arguments.markdown, arguments.png) if path is not None]
    for path in outputs:  # what would fail at the end fails now
        if path.is_dir() or not path.parent.is_dir():
            raise InputError(f"{path} can't be written: name a file in a folder that exists.")
        if not os.access(path.parent, os.W_OK):
            raise InputError(f"{path} can't be written: its folder takes no files, so choose another.")
    if len(set(map(os.path.realpath, outputs))) < len(outputs):
        raise InputError("--json, --markdown and --png name the same file twice: give each a file of its own.")
    if arguments.png is not None:
        _check_drawing()
    from .evaluate import evaluate
    from .report import draw

    report = evaluate(
        arguments.folder,
        arguments.reference,
        prompts=arguments.prompts,
        transcripts=arguments.transcripts,
        features=arguments.features,
        progress=progress,
    )
    progress.close()
    print(report.text())
    for path, text in ((arguments.json, report.json), (arguments.markdown, report.markdown)):
        if path is not None:
            with whole_file(path) as unfinished:
                unfinished.write_text(text(), encoding="utf-8")
    if arguments.png is not None:
        with whole_file(arguments.png) as unfinished:
            draw(report, unfinished)
    for path in outputs:
        print(path)


def _check_drawing() -> None:
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise InputError(
            "--png needs the Python package matplotlib, which isn't installed: pip install matplotlib."
        ) from error
