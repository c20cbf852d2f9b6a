"""The command line: `v2a generate`, `models`, `download`, `convert`, `intertitles`, `mix`, `preview`, `evaluate`,
`train`.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from .atomic import whole_file
from .errors import InputError
from .evaluation.commands import add_parser as evaluate_command
from .generating import add_parser as generate_command
from .generating import add_timing
from .mixing import add_parser as mix_command
from .weights.commands import add_parsers as weights_commands
from .weights.files import command

VERSION = "0.1.0"
BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for bad input, 1 for a failing system, 130 for Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        arguments = _parser(train=argv[:1] == ["train"]).parse_args(argv)
        with Bars() as progress:
            arguments.run(arguments, progress)
    except InputError as error:
        return _complain(error, BAD_INPUT)
    except ModuleNotFoundError as error:
        extra = f"[{argv[0]}]" if argv[:1] in (["train"], ["evaluate"]) else ""
        package = f"comfyui-v2a{extra}"
        return _complain(f"the package {error.name} is missing: install {package}", FAILED)
    except OSError as error:
        return _complain(error, FAILED)
    except RuntimeError as error:
        from .room import out_of_memory

        if not out_of_memory(error):
            raise
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        print("v2a: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _complain(error: object, code: int) -> int:
    print(f"v2a: error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def parse_known_args(self, args=None, namespace=None):
        # argparse would leave what a command doesn't know to the parser of all commands, whose help is another.
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            near = _near(unknown[0].partition("=")[0], self._option_string_actions)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{near}")
        return found, unknown

    def _check_value(self, action, value):
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += _near(value, action.choices)
            raise

    def error(self, message: str):
        raise InputError(f"{message} (`{self.prog} --help` shows what it takes)")


def _near(given: str, known: Iterable[str]) -> str:
    return "".join(f"; did you mean {name}?" for name in get_close_matches(given, known, 1))


def _parser(train: bool) -> argparse.ArgumentParser:
    parser = _Parser(prog="v2a", description="Make the soundtrack of a video.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"v2a {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    generate_command(commands)
    weights_commands(commands)
    _add_intertitles(commands.add_parser("intertitles", help="find the title cards of a silent film"))
    mix_command(commands)
    _add_preview(commands.add_parser("preview", help="draw picture and sound of a video on one time axis"))
    evaluate_command(commands)
    training = commands.add_parser("train", help="a LoRA on clips of your own, or the model Mini from its sources")
    if train:  # the training commands import torch and more, which nothing else needs in order to parse
        _add_training(training)
    return parser


def _add_intertitles(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print a line for each title card, to be filled in and given to --transcript or --cues."
    parser.add_argument("video", metavar="FILM", type=Path, help="a film with title cards")
    add_timing(parser)
    parser.add_argument(
        "--words", default="...", help='what to write in each line, such as "soft piano" for cues (default: ...)'
    )
    parser.set_defaults(run=_intertitles)


def _intertitles(arguments: argparse.Namespace, progress: "Bars") -> None:
    from .media.intertitles import find_intertitles
    from .media.video import VideoSource
    from .prompts.subtitles import write_blanks

    source = VideoSource.from_path(arguments.video, arguments.start, arguments.duration, arguments.fps)
    found = find_intertitles(source, progress)
    progress.close()
    if found:
        print(write_blanks(found, arguments.words))
    else:
        print(f"{arguments.video}: no title card was found", file=sys.stderr)


def _add_preview(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", metavar="VIDEO", type=Path, help="a video that has sound")
    parser.add_argument("-o", "--output", metavar="PNG", type=Path, required=True, help="the picture to write")
    parser.add_argument("--width", type=int, default=1600, metavar="PIXELS", help="its width (default: 1600)")
    parser.add_argument("--cues", metavar="FILE", type=Path, help="a prompt with times, drawn where its words hold")
    parser.add_argument("--transcript", metavar="FILE", type=Path, help="who says what when, drawn too")
    parser.set_defaults(run=_preview)


def _preview(arguments: argparse.Namespace, progress: "Bars") -> None:
    from .media.audio import read_audio
    from .media.video import VideoSource
    from .preview import save_png, sync_preview
    from .prompts.cues import read_cues
    from .prompts.subtitles import read_transcript
    from .settings import check_output

    source = VideoSource.from_path(arguments.video)
    path = check_output(arguments.output, source)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: cannot write {path.suffix!r} files; choose .png")
    audio = read_audio(source)
    if audio is None:
        raise InputError(f"{arguments.video} has no sound to draw: `{command()} generate` makes one.")
    cues = read_cues(arguments.cues) if arguments.cues else None
    transcript = read_transcript(arguments.transcript) if arguments.transcript else None
    pixels = sync_preview(source, audio, width=arguments.width, cues=cues, transcript=transcript, progress=progress)
    with whole_file(path) as unfinished:
        save_png(pixels, unfinished)
    progress.close()
    print(path)


def _add_training(parser: argparse.ArgumentParser) -> None:
    from .training.commands import add_parsers

    add_parsers(parser.add_subparsers(title="training commands", metavar="COMMAND", required=True))


class Bars:
    """One progress bar a stage on a terminal, nothing elsewhere; use it as `progress`."""

    def __init__(self):
        self.bar, self.stage = None, None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *raised) -> None:
        self.close()

    def close(self) -> None:
        """End the bar that is drawn, so that what is printed next has a line of its own."""
        if self.bar is not None:
            self.bar.close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if stage != self.stage:
            self.close()
            self.bar, self.stage = tqdm(desc=stage, total=total, disable=None, leave=True), stage
        self.bar.total = total
        self.bar.update(done - self.bar.n)
