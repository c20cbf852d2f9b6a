"""The command line: `v2a generate`, `models`, `download`, `convert`, `intertitles`, `mix`, `preview`, `evaluate`,
`train`.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from .atomic import whole_file
from .errors import InputError
from .evaluation.commands import add_parser as evaluate_command
from .mixing import add_parser as mix_command
from .weights.commands import add_parsers as weights_commands

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
    except KeyboardInterrupt:
        print("v2a: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _complain(error: object, code: int) -> int:
    print(f"v2a: error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise InputError(f"{message} (`{self.prog} --help` shows what it takes)")


def _parser(train: bool) -> argparse.ArgumentParser:
    parser = _Parser(prog="v2a", description="Make the soundtrack of a video.", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_generate(commands.add_parser("generate", help="make the soundtrack of a video", allow_abbrev=False))
    weights_commands(commands)
    _add_intertitles(commands.add_parser("intertitles", help="find the title cards of a silent film"))
    mix_command(commands)
    _add_preview(commands.add_parser("preview", help="draw picture and sound of a video on one time axis"))
    evaluate_command(commands)
    training = commands.add_parser("train", help="a LoRA on clips of your own, or the model Mini from its sources")
    if train:  # the training commands import torch and more, which nothing else needs in order to parse
        _add_training(training)
    return parser


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video to make a soundtrack for")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the video with its soundtrack")
    parser.add_argument("--prompt", default="", help='what to hear; with times, "[0-3.2] footsteps", a line a cue')
    parser.add_argument(
        "--negative", metavar="PROMPT", help='what not to hear, "" for nothing (default: the model\'s own, if any)'
    )
    parser.add_argument(
        "--cues", metavar="FILE", type=Path, help="a text file of more cues, such as [0-3.2] rain -music"
    )
    parser.add_argument("--transcript", metavar="FILE", type=Path, help="who says what, when: SRT, WebVTT or lines")
    parser.add_argument("--model", default="mini", help="one of those that `v2a models` lists (default: mini)")
    parser.add_argument(
        "--weights",
        action="append",
        metavar="[ROLE=]FILE",
        help="a model file to use instead of the catalogue's; ROLE as in `v2a models`, where a model has several "
        "(default: network); give it once a role",
    )
    parser.add_argument(
        "--lora",
        action="append",
        metavar="FILE[:STRENGTH]",
        help="a LoRA of `v2a train lora`, at strength 1 where none is said; give it once a LoRA",
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same sound (default: 0)")
    parser.add_argument(
        "--takes",
        type=int,
        default=1,
        metavar="N",
        help="make N at once, of seeds SEED, SEED + 1, ...; each one's file has its seed in its name (default: 1)",
    )
    parser.add_argument("--steps", type=int, help="steps of the solver (default: the model's own)")
    parser.add_argument("--solver", help="euler, heun, midpoint or ab2 (default: the model's own)")
    parser.add_argument("--cfg", type=float, metavar="SCALE", help="how strictly prompt and picture are followed")
    parser.add_argument("--video-cfg", type=float, metavar="SCALE", help="the picture, where it differs")
    parser.add_argument(
        "--interval",
        type=float,
        nargs=2,
        default=(0.0, 1.0),
        metavar=("LOW", "HIGH"),
        help="noise levels, 0 to 1, between which --cfg and --video-cfg act (default: 0 1)",
    )
    parser.add_argument(
        "--ramp", default="constant", help="constant, rising or falling: how they come and go there (default: constant)"
    )
    _add_schedule(parser, "video", "--video-cfg, where it differs")
    parser.add_argument(
        "--negative-scale",
        type=float,
        default=1.0,
        metavar="SCALE",
        help="how far to go away from --negative (default: 1)",
    )
    _add_schedule(parser, "negative", "--negative-scale")
    _add_timing(parser)
    parser.add_argument(
        "--mask",
        metavar="FILE",
        type=Path,
        help="a picture or a video, white where the sound comes from: the model sees nothing of what is black",
    )
    parser.add_argument(
        "--regenerate",
        type=float,
        nargs=2,
        metavar=("FROM", "TO"),
        help="keep the video's own sound and make only these seconds of it anew; from where it ends, to extend it",
    )
    parser.add_argument(
        "--strength",
        type=float,
        default=1.0,
        metavar="S",
        help="begin with the video's own sound: 0.3 changes a little of it, 1 makes all of it anew (default: 1)",
    )
    parser.add_argument(
        "--under",
        action="store_true",
        help="keep the video's own sound, with the new one under it, turned down wherever the old one is heard",
    )
    parser.add_argument("--codec", help="of the soundtrack: aac, flac or opus (default: aac, or what the file takes)")
    parser.add_argument("--device", default="cpu", help="where to compute: cpu, cuda, mps (default: cpu)")
    parser.set_defaults(run=_generate)


def _add_timing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fps",
        type=float,
        default=0.0,
        help="show a silent film at its speed, often 16 to 20 frames per second (default: as the file says)",
    )
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="skip that many seconds of the video")
    parser.add_argument("--duration", type=float, metavar="S", help="stop after that many seconds")


def _add_schedule(parser: argparse.ArgumentParser, name: str, of: str) -> None:
    parser.add_argument(
        f"--{name}-interval", type=float, nargs=2, metavar=("LOW", "HIGH"), help=f"as --interval, for {of}"
    )
    parser.add_argument(f"--{name}-ramp", help=f"as --ramp, for {of}")


def _generate(arguments: argparse.Namespace, progress: "Bars") -> None:
    from .media.video import VideoSource
    from .pipeline import generate
    from .prompts.cues import parse_cues
    from .prompts.lines import read_text
    from .prompts.subtitles import read_transcript
    from .sampling.guidance import EVERYWHERE, When
    from .settings import take_seeds

    source = VideoSource.from_path(arguments.video, arguments.start, arguments.duration, arguments.fps)
    interval, ramp = tuple(arguments.interval), arguments.ramp
    cues = transcript = None
    if arguments.cues:
        name = f"The file {arguments.cues}"
        cues = parse_cues(read_text(arguments.cues, name), name)
    if arguments.transcript:
        transcript = read_transcript(arguments.transcript)
    result = generate(
        source,
        arguments.output,
        prompt=arguments.prompt,
        negative=arguments.negative,
        cues=cues,
        transcript=transcript,
        model=arguments.model,
        weights=chosen_weights(arguments.model, arguments.weights or []),
        loras=[lora_strength(text) for text in arguments.lora or []],
        seed=arguments.seed,
        takes=arguments.takes,
        steps=arguments.steps,
        solver=arguments.solver,
        cfg=arguments.cfg,
        video_cfg=arguments.video_cfg,
        interval=interval,
        ramp=ramp,
        video_when=When(tuple(arguments.video_interval or interval), arguments.video_ramp or ramp),
        negative_scale=arguments.negative_scale,
        negative_when=When(tuple(arguments.negative_interval or EVERYWHERE), arguments.negative_ramp or "constant"),
        mask=arguments.mask,
        regenerate=arguments.regenerate and tuple(arguments.regenerate),
        strength=arguments.strength,
        under=arguments.under,
        codec=arguments.codec,
        device=arguments.device,
        progress=progress,
    )
    progress.close()
    if transcript is not None and transcript.lines:
        print(f"{arguments.model} can't speak: the transcript's lines were put in the prompt as captions")
    seeds = take_seeds(arguments.seed, arguments.takes)
    for path, seed in zip(result.paths, seeds, strict=True):
        print(f"{path}: {result.duration_s:.2f} s of sound, seed {seed}")
    print(stage_times(result.seconds))
    if len(result.takes) > 1:
        print(scored(source, arguments.prompt, result.takes, seeds))


def scored(source, prompt: str, takes: Sequence, seeds: Sequence[int]) -> str:
    """What was heard in each take of a VideoSource, as a table with the best first."""
    from .evaluation.motion import watch_motion
    from .evaluation.prompt_score import prompt_scorer
    from .evaluation.ranking import listen, table

    motion = watch_motion(source)
    likeness = prompt_scorer(prompt)
    return table([f"seed {seed}" for seed in seeds], [listen(take, motion, likeness) for take in takes])


def chosen_weights(model: str, given: Sequence[str]) -> Path | dict[str, Path] | None:
    """What --weights says: a path for a model of one file, {role: path} for one of several, None where not given.

    Of two files for a role the last counts; a file without a role is for the first, the network. Raises InputError for
    a role that the model hasn't.
    """
    from .weights.catalog import catalog

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


def lora_strength(text: str) -> tuple[Path, float]:
    """The file and the strength of FILE[:STRENGTH]; raises InputError for a strength that is not finite."""
    path, _, strength = text.rpartition(":")
    try:
        amount = float(strength)
    except ValueError:  # no number: a colon of the path's own, or none
        return Path(text), 1.0
    if not path:
        return Path(text), 1.0
    if not math.isfinite(amount):
        raise InputError(f"The strength of {path} is {strength}: give an ordinary number, such as 0.8.")
    return Path(path), amount


def stage_times(seconds: dict[str, float]) -> str:
    """One line that says what each stage took and its share of the whole."""
    total = sum(seconds.values())
    stages = ", ".join(f"{stage} {took:.2f} s ({took / total:.0%})" for stage, took in seconds.items())
    return f"  took {total:.2f} s: {stages}"


def _add_intertitles(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print a line for each title card, to be filled in and given to --transcript or --cues."
    parser.add_argument("video", metavar="FILM", type=Path, help="a film with title cards")
    _add_timing(parser)
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
    parser.set_defaults(run=_preview)


def _preview(arguments: argparse.Namespace, progress: "Bars") -> None:
    from .media.audio import read_audio
    from .media.video import VideoSource
    from .preview import save_png, sync_preview
    from .settings import check_output

    source = VideoSource.from_path(arguments.video)
    path = check_output(arguments.output, source)
    audio = read_audio(source)
    if audio is None:
        raise InputError(f"{arguments.video} has no sound to draw: `v2a generate` makes one.")
    pixels = sync_preview(source, audio, width=arguments.width, progress=progress)
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
