"""What the benches share: where things are, their options, intervals, and the results they leave."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from v2a_core.evaluation.intervals import DRAWS, bootstrap_interval
from v2a_core.models.mini import fast
from v2a_core.models.mini.family import SHIPPED

HERE = Path(__file__).resolve().parent
SOUNDS = HERE.parent / ".cache" / "sounds"


def options(doc: str, *, sounds: bool = True, distilled: bool = False) -> argparse.ArgumentParser:
    """A parser with the options that most benches have; doc is the bench's docstring.

    distilled is whether the bench is of mini_fast, whose LoRA is a file of its own.
    """
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="a weights file other than the shipped one")
    if distilled:
        parser.add_argument("--fast", type=Path, default=fast.SHIPPED, help="the LoRA of these, likewise")
    if sounds:
        parser.add_argument("--sounds", type=Path, default=SOUNDS, help="the folder that `make sounds` filled")
    return parser


def weights_of(args: argparse.Namespace) -> dict[str, Path]:
    """The files of mini_fast that these options name."""
    return {"model": args.weights, "lora": args.fast}


def with_interval(items: Sequence, statistic: Callable[[Sequence], float], draws: int = DRAWS) -> dict:
    """A statistic of items, one a clip, and its 95 % bootstrap interval over clips: {"value", "interval"}."""
    return {"value": float(statistic(items)), "interval": bootstrap_interval(items, statistic, draws)}


def save(name: str, results: dict) -> None:
    """Write results/NAME.json beside the benches."""
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print how long something took."""
    start = time.perf_counter()
    yield
    print(f"{what:<28}{time.perf_counter() - start:8.1f} s", flush=True)
