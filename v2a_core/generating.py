"""`v2a generate`: the soundtrack of a video, with all that can be said about it."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from .errors import InputError
from .weights.commands import chosen_weights


def add_parser(commands) -> None:
    parser = commands.add_parser("generate", help="make the soundtrack of a video", allow_abbrev=False)
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video to make a soundtrack for")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the video with its soundtrack")
    parser.add_argument("--prompt", default="", help='what to hear; with times, "[0-3.2] footsteps", a line a cue')
    parser.add_argument(
        "--stem",
        action="append",
        metavar="NAME=PROMPT",
        help="instead of --prompt, give it once a stem: each is made of its own prompt, kept beside OUT as "
        "OUT-NAME.flac, and mixed; the others make room for one called speech",
    )
    parser.add_argument(
        "--negative", metavar="PROMPT", help='what not to hear, "" for nothing (default: the model\'s own, if any)'
    )
    parser.add_argument(
        "--cues", metavar="FILE", type=Path, help="a text file of more cues, such as [0-3.2] rain -music"
    )
    parser.add_argument("--transcript", metavar="FILE", type=Path, help="who says what, when: SRT, WebVTT or lines")
    parser.add_argument(
        "--model", default="mini_fast", help="one of those that `v2a models` lists (default: mini_fast)"
    )
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
    parser.add_argument("--solver", help="euler, heun, midpoint, ab2 or euler_ancestral (default: the model's own)")
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
    add_timing(parser)
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


def add_timing(parser: argparse.ArgumentParser) -> None:
    """Options that say which part of a video is meant, and at what speed."""
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


def _generate(arguments: argparse.Namespace, progress) -> None:
    from .media.video import VideoSource
    from .pipeline import generate
    from .prompts.cues import read_cues
    from .prompts.subtitles import read_transcript
    from .sampling.guidance import EVERYWHERE, When
    from .settings import take_seeds

    source = VideoSource.from_path(arguments.video, arguments.start, arguments.duration, arguments.fps)
    interval, ramp = tuple(arguments.interval), arguments.ramp
    cues = transcript = None
    if arguments.cues:
        cues = read_cues(arguments.cues)
    if arguments.transcript:
        transcript = read_transcript(arguments.transcript)
    stems = named_stems(arguments.stem or [])
    result = generate(
        source,
        arguments.output,
        prompt=arguments.prompt,
        stems=stems,
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
    if transcript is not None and transcript.lines and not result.spec.speaks:
        print(f"{arguments.model} can't speak: the transcript's lines were put in the prompt as captions")
    seeds = take_seeds(arguments.seed, arguments.takes)
    for path, seed in zip(result.paths, seeds, strict=True):
        print(f"{path}: {result.duration_s:.2f} s of sound, seed {seed}")
    for path in result.stem_paths:
        print(f"{path}: a stem of it")
    print(stage_times(result.seconds))
    if len(result.takes) > 1:
        print(scored(source, ", ".join(stems.values()) or arguments.prompt, result.takes, seeds))


def named_stems(given: Sequence[str]) -> dict[str, str]:
    """Prompts by name of NAME=PROMPT; raises InputError for what has no name, and for two of one name."""
    stems = {}
    for text in given:
        name, equals, prompt = text.partition("=")
        if not equals:
            raise InputError(f'--stem is {text[:40]!r}: give a name and a prompt, such as music="soft piano".')
        if name in stems:
            raise InputError(f"There are two stems called {name!r}: give each a name of its own.")
        stems[name] = prompt
    return stems


def scored(source, prompt: str, takes: Sequence, seeds: Sequence[int]) -> str:
    """What was heard in each take of a VideoSource, as a table with the best first."""
    from .evaluation.motion import watch_motion
    from .evaluation.prompt_score import prompt_scorer
    from .evaluation.ranking import listen, table

    motion = watch_motion(source)
    try:
        likeness = prompt_scorer(prompt)
    except InputError as error:  # the takes are made, and can be told apart by their timing
        print(f"not scored by the prompt: {error}")
        likeness = None
    return table([f"seed {seed}" for seed in seeds], [listen(take, motion, likeness) for take in takes])


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
