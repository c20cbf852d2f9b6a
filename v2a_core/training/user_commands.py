"""`v2a train folder`, `annotate` and `lora`: a user's own clips."""

import argparse
import math
import sys
from importlib import import_module
from pathlib import Path


def add_user_parsers(subparsers: argparse._SubParsersAction) -> None:
    """Add the commands for a folder of clips to a parser."""
    folder = subparsers.add_parser(
        "folder", help="look at a folder of clips: what can be trained on, and what is wrong"
    )
    folder.add_argument(
        "folder", metavar="FOLDER", type=Path, help="videos with sound, captions in NAME.txt beside them"
    )
    what = folder.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="only look")
    what.add_argument("--out", metavar="RUN", type=Path, help="make the features for a run of `v2a train lora` too")
    _add_model(folder)
    folder.set_defaults(run=_folder)

    annotate = subparsers.add_parser("annotate", help="draft the captions that are missing, to be edited as text")
    annotate.add_argument("folder", metavar="FOLDER", type=Path)
    annotate.add_argument(
        "--caption",
        metavar="MODULE:FUNCTION",
        help="a Python function that gives the caption of a video's path (default: names of the sounds that are heard)",
    )
    annotate.add_argument(
        "--transcript", metavar="MODULE:FUNCTION", help="one that gives who says what as SRT, WebVTT or lines"
    )
    annotate.add_argument("--again", action="store_true", help="make drafts anew that nobody has edited")
    annotate.set_defaults(run=_annotate)

    lora = subparsers.add_parser("lora", help="train a LoRA on a folder of clips")
    lora.add_argument("--data", metavar="FOLDER", type=Path, required=True, help="as `v2a train folder` looks at it")
    lora.add_argument(
        "--out", metavar="RUN", type=Path, required=True, help="folder of the run; one found there goes on"
    )
    _add_model(lora)
    lora.add_argument("--rank", type=int, default=16, help="width of the added matrices (default: 16)")
    lora.add_argument("--alpha", type=float, help="their strength is alpha / rank (default: the rank)")
    lora.add_argument(
        "--targets", nargs="+", default=(), metavar="PART", help="only layers whose names hold one of these"
    )
    lora.add_argument("--steps", type=int, default=500, help="(default: 500)")
    lora.add_argument("--rate", type=float, default=3e-4, help="highest learning rate (default: 0.0003)")
    lora.add_argument("--batch", type=int, default=4, help="clips a step, of each process (default: 4)")
    lora.add_argument("--seed", type=int, default=0)
    lora.add_argument("--minutes", type=float, default=math.inf, help="stop after so long, to go on another time")
    lora.add_argument(
        "--validation", metavar="VIDEO", type=Path, help="whose sound is made as training goes (default: the first)"
    )
    lora.add_argument("--every", type=int, metavar="N", help="make it every N steps, 0 never (default: five times)")
    lora.set_defaults(run=_lora)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="mini", help="one of those that `v2a models` lists (default: mini)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps (default: cpu)")
    parser.add_argument("--bf16", action="store_true", help="compute the network in bfloat16")


def _clips(folder: Path, progress):
    """The clips to train on; says what was found, once however many processes there are."""
    from .crew import crew
    from .folder import read_folder, table, usable

    clips = read_folder(folder, progress if crew().leads else None)
    if crew().leads:
        progress.close()
        print(table(clips))
    return usable(clips)


def _load(args):
    """The model, and the device that it is on."""
    import torch

    from ..models import load_family
    from ..settings import check_device
    from .crew import own_device

    device = own_device(args.device)
    check_device(device)
    return load_family(args.model, device=device, dtype=torch.bfloat16 if args.bf16 else None), device


def _folder(args, progress) -> None:
    from .features import Features, windows_of

    clips = _clips(args.folder, progress)
    if args.out:
        family, _ = _load(args)
        Features(family, windows_of(clips, family.spec), args.out / "features", progress)


def _annotate(args, progress) -> None:
    from .annotate import annotate, heard

    caption = _function(args.caption) if args.caption else heard
    written = annotate(args.folder, caption, args.transcript and _function(args.transcript), args.again, progress)
    progress.close()
    print("\n".join(map(str, written)) or "nothing to draft: every video has its captions")


def _function(name: str):
    """The function that MODULE:FUNCTION names, of the folder where the command runs too."""
    from ..errors import InputError

    module, _, function = name.partition(":")
    sys.path.insert(0, "")
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"{name!r} is no function that Python finds ({error}): write MODULE:FUNCTION.") from error
    finally:
        sys.path.remove("")


def _lora(args, progress) -> None:
    from ..models.base import PartedFamily
    from .crew import crew
    from .features import windows_of
    from .folder import read_clip, usable
    from .lora import LoRAConfig, check_trainable
    from .lora_run import LoRARun
    from .samples import Samples

    clips = _clips(args.data, progress)
    family, device = _load(args)
    check_trainable(family.spec)
    windows = windows_of(clips, family.spec)
    config = LoRAConfig(args.rank, args.alpha, tuple(args.targets), args.seed)
    run = LoRARun(args.model, windows, args.out, config, args.steps, args.rate, args.batch)
    run.open()
    features = run.features(family, progress)
    every = max(1, args.steps // 5) if args.every is None else args.every
    watch = None
    if every and crew().leads:
        shown = windows[0]
        if args.validation:
            shown, *_ = windows_of(usable([read_clip(args.validation)]), family.spec)
        watch = Samples(family, shown, args.out / "samples", device)
    if isinstance(family, PartedFamily):  # what training needs no more
        for part in ("visual", "text", "encoder"):
            family.release(part)
    path = run.train(
        family,
        family.network,
        features,
        device,
        max_s=60 * args.minutes,
        watch=watch,
        every=every,
        progress=progress,
    )
    progress.close()
    if crew().leads:
        print(f"{path}: for `v2a generate --model {args.model} --lora {path}`, or ComfyUI's LoRA loader")
