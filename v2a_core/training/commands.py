"""`v2a train ...`: the commands that rebuild Mini from its sources; those for a user's own clips are beside them."""

import argparse
import math
import os
from pathlib import Path

from .trainer import TrainConfig
from .user_commands import add_user_parsers


def add_parsers(subparsers: argparse._SubParsersAction) -> None:
    """Add the training commands to a parser; each sets `run`, a function of the arguments and a progress callback."""
    add_user_parsers(subparsers)
    world = subparsers.add_parser("world", help="render clips of the training world and a contact sheet to look at")
    world.add_argument("--out", type=Path, required=True, help="folder for the clips")
    world.add_argument("--clips", type=int, default=10)
    world.add_argument("--split", choices=("train", "val", "test"), default="train")
    world.set_defaults(run=_world)

    dataset = subparsers.add_parser("dataset", help="render clips and mix their sounds into shards")
    dataset.add_argument("--sounds", type=Path, required=True, help="folder that `make sounds` filled")
    dataset.add_argument("--out", type=Path, required=True)
    dataset.add_argument("--clips", type=int, default=6144)
    dataset.add_argument("--variants", type=int, default=4, help="soundtracks a clip")
    dataset.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    dataset.add_argument("--split", choices=("train", "val", "test"), default="train")
    dataset.set_defaults(run=_dataset)

    pronunciation = subparsers.add_parser(
        "pronunciation", help="make the tables of prompts/ from a dictionary and voices"
    )
    pronunciation.add_argument("--dictionary", type=Path, required=True, help="file of CMUdict's form")
    pronunciation.add_argument("--sounds", type=Path, required=True, help="folder that `make sounds` filled")
    pronunciation.set_defaults(run=_pronunciation)

    words = subparsers.add_parser("words", help="distil word vectors from a sentence encoder on disk")
    words.add_argument("--encoder", type=Path, required=True, help="folder in transformers' layout")
    words.add_argument("--out", type=Path, required=True)
    words.set_defaults(run=_words)

    eyes = _run_parser(subparsers, "eyes", "train the visual encoder on rendered clips", steps=15_000, rate=1.5e-3)
    eyes.add_argument("--data", type=Path, required=True, help="folder of shards")
    eyes.set_defaults(run=_eyes)

    vocoder = _run_parser(subparsers, "vocoder", "train the vocoder on recordings", steps=4000, rate=1e-3)
    vocoder.add_argument("--sounds", type=Path, required=True)
    vocoder.set_defaults(run=_vocoder)

    mini = _run_parser(subparsers, "mini", "train prompt encoder and diffusion network", steps=20_000, rate=1e-3)
    mini.add_argument("--data", type=Path, required=True, help="folder of shards")
    mini.add_argument("--words", type=Path, required=True, help="file of `v2a train words`")
    mini.add_argument("--eyes", type=Path, required=True, help="run of `v2a train eyes`")
    mini.set_defaults(run=_mini)

    distil = _run_parser(
        subparsers, "distil", "train the LoRA with which Mini goes in few steps", steps=1000, rate=3e-3
    )
    distil.add_argument("--data", type=Path, required=True, help="folder of shards")
    distil.add_argument("--weights", type=Path, help="file of `v2a train pack` (default: the shipped one)")
    distil.add_argument("--soundtracks", type=int, default=640, help="that the teacher makes (default: 640)")
    distil.set_defaults(run=_distil)

    pack = subparsers.add_parser("pack", help="put trained parts together into one file of weights")
    for part in ("words", "eyes", "vocoder", "mini"):
        pack.add_argument(f"--{part}", type=Path, required=True)
    pack.add_argument("--out", type=Path, required=True)
    pack.set_defaults(run=_pack)


def _run_parser(subparsers, name: str, help: str, *, steps: int, rate: float) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=help)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint and log; a run found there goes on"
    )
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--rate", type=float, default=rate, help="highest learning rate")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long, to go on another time")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="mixed precision")
    return parser


def _config(args: argparse.Namespace) -> TrainConfig:
    from .crew import own_device

    minutes, out, device = args.minutes, args.out, own_device(args.device)
    return TrainConfig(out, args.steps, args.rate, device=device, bf16=args.bf16, max_s=60 * minutes)


def _world(args, progress) -> None:
    from .world.render import render_video
    from .world.scene import make_scene
    from .world.sheet import contact_sheet

    args.out.mkdir(parents=True, exist_ok=True)
    contact_sheet(args.out / "contact_sheet.jpg", split=args.split)
    for seed in range(args.clips):
        scene = make_scene(seed, split=args.split)
        render_video(scene, args.out / f"{args.split}-{seed:04d}-{scene.family}.mp4", 480, 270)
        progress("world", seed + 1, args.clips)


def _dataset(args, progress) -> None:
    from .dataset import build
    from .world.sounds import SoundLibrary
    from .world.speech import Speakers

    library, say = SoundLibrary(args.sounds, progress), Speakers(args.sounds).draw
    build(args.out, library, args.clips, args.variants, args.split, workers=args.workers, progress=progress, say=say)


def _pronunciation(args, progress) -> None:
    from ..prompts import lexicon
    from .durations import write_durations
    from .lexicon import write_lexicon
    from .world.speech import Speakers

    folder = Path(lexicon.__file__).parent
    write_lexicon(args.dictionary, folder)
    write_durations(Speakers(args.sounds), folder / "durations.json", progress=progress)


def _words(args, progress) -> None:
    from .words import write_words

    write_words(args.encoder, args.out, progress)


def _eyes(args, progress) -> None:
    from .eyes import train_eyes
    from .plot import plot_log
    from .shards import Shards

    train_eyes(Shards(args.data), _config(args), progress)
    plot_log(args.out)


def _vocoder(args, progress) -> None:
    from .plot import plot_log
    from .vocoder import train_vocoder
    from .world.sounds import SoundLibrary

    train_vocoder(SoundLibrary(args.sounds, progress).all("train"), _config(args), progress)
    plot_log(args.out)


def _mini(args, progress) -> None:
    from ..models.mini.visual import MiniVisual
    from .crew import crew
    from .mini import cached_features, train_mini
    from .plot import plot_log
    from .shards import Shards
    from .trainer import load_average
    from .words import read_text

    shards = Shards(args.data)
    visual = load_average(MiniVisual(), args.eyes, "visual.")
    config = _config(args)
    with crew().first_then_others():
        features = cached_features(args.out, visual, shards, config.device, progress if crew().leads else None)
    train_mini(read_text(args.words), shards, features, config, progress)
    if crew().leads:
        plot_log(args.out)


def _distil(args, progress) -> None:
    from ..models import load_family
    from .crew import crew
    from .distil import distil
    from .plot import plot_log
    from .shards import Shards

    family = load_family("mini", weights=args.weights)
    path = distil(family, Shards(args.data), args.soundtracks, _config(args), progress)
    if crew().leads:
        plot_log(args.out)
        progress.close()
        files = [f"model={args.weights}"] * bool(args.weights) + [f"lora={path}"]
        chosen = " ".join(f"--weights {file}" for file in files)
        print(f"{path}: for `v2a generate --model mini_fast {chosen}`")


def _pack(args, progress) -> None:
    from ..models.mini import family
    from ..models.mini.network import MiniNetwork
    from ..models.mini.visual import MiniVisual
    from ..models.mini.vocoder import MiniVocoder
    from .mini import Reader
    from .trainer import load_average
    from .words import read_text
    from .world.classes import SOUND_CLASSES

    reader = load_average(Reader(read_text(args.words), MiniNetwork(), len(SOUND_CLASSES)), args.mini)
    visual = load_average(MiniVisual(), args.eyes, "visual.")
    decoder = load_average(MiniVocoder(), args.vocoder)
    family.save(family.MiniFamily(reader.network, visual, reader.text, decoder), args.out)
