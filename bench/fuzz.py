"""Damaged and hostile files, found by coverage: nothing but an InputError, within 5 s and 1 GB.

python bench/fuzz.py [--runs 1000000] [--seconds S] [--keep DIR] [TARGET...]
targets are media, packets, subtitles, cues, catalog and weights. It needs atheris, and writes inputs that fail
to DIR, out/fuzz where that is left out. TARGET=FILE tries one of them.
"""

import argparse
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

with atheris.instrument_imports(include=["v2a_core"]):
    from fuzz_targets import TARGETS, seeds

    from v2a_core.errors import InputError

MOST_S, MOST_MB = 5, 1024


def fuzz(target: str, runs: int, seconds: int, keep: Path) -> None:
    """Run one target in this process, which ends with it."""
    import av

    av.logging.set_level(None)
    corpus = keep / f"{target}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    seeds(target, corpus)

    def one(data: bytes) -> None:
        with suppress(InputError):
            TARGETS[target](data)

    longest = 1 << (13 if target in ("media", "packets") else 12)
    limits = [
        f"-max_len={longest}",
        f"-timeout={MOST_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-runs={runs}",
        f"-max_total_time={seconds}",
    ]
    atheris.Setup(
        [sys.argv[0], *limits, f"-artifact_prefix={keep}/{target}-", "-print_final_stats=1", str(corpus)], one
    )
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET[=FILE]", help=f"{', '.join(TARGETS)}, or one with a file")
    parser.add_argument("--runs", type=int, default=1_000_000, help="of each target (default: 1000000)")
    parser.add_argument("--seconds", type=int, default=0, help="stop after so long (default: never)")
    parser.add_argument("--keep", type=Path, default=HERE.parent / "out/fuzz")
    arguments = parser.parse_args()
    chosen = arguments.targets or list(TARGETS)
    if len(chosen) == 1:
        target, _, file = chosen[0].partition("=")
        if file:
            return TARGETS[target](Path(file).read_bytes())
        return fuzz(target, arguments.runs, arguments.seconds, arguments.keep)
    options = ["--runs", str(arguments.runs), "--seconds", str(arguments.seconds), "--keep", str(arguments.keep)]
    return max(subprocess.run([sys.executable, __file__, target, *options]).returncode for target in chosen)


if __name__ == "__main__":
    sys.exit(main())
