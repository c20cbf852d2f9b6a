"""Hundreds of workflows of all families in one ComfyUI, some cancelled: errors, memory, results against single runs.

python bench/load.py [--count 200] [--different 18] [--alone 6] [--cancel 0.3] [--seed 0]
prints a table and writes results/load.json; README.md says how to read it.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "tests")]

from common import save  # noqa: E402
from foley_files import place_files  # noqa: E402
from mmaudio_files import write_files  # noqa: E402

from tests.comfyui.conftest import CLIP, FILM, write_clip  # noqa: E402
from tests.comfyui.load import Done, cancels, digest, run_queue, workflows  # noqa: E402
from tests.comfyui.server import Server  # noqa: E402

WARM_UP = 0.2  # of the runs
NODE_S = 3600.0


def fresh(base: Path, prepared: Path) -> Server:
    """A server of its own, with what is prepared in its folders."""
    server = Server(base)
    shutil.copytree(prepared, base, dirs_exist_ok=True)
    server.start()
    return server


def prepare(folder: Path) -> None:
    """Videos, and narrow random weights of the families whose weights do not come with the pack."""
    (folder / "input").mkdir(parents=True)
    write_clip(folder / "input" / CLIP)
    write_clip(folder / "input" / FILM, seconds=5.28)
    write_files(folder / "models")
    place_files(folder / "models")


def memory_table(done: Done) -> dict[str, float]:
    """Resident memory after each run and its peak within runs, in MB, without those of the warm-up."""
    first = round(WARM_UP * len(done.resident_mb))
    resident, peak = (np.array(series[first:]) for series in (done.resident_mb, done.peak_mb))
    half = len(resident) // 2
    return {
        "cold_mb": done.resident_mb[0],
        "warm_mb": float(resident[0]),
        "slope_mb_per_100": float(np.polyfit(np.arange(len(resident)), resident, 1)[0] * 100),
        "resident_first_half_mb": float(resident[:half].max()),
        "resident_second_half_mb": float(resident[half:].max()),
        "peak_first_half_mb": float(peak[:half].max()),
        "peak_second_half_mb": float(peak[half:].max()),
    }


def differing(graphs: list[dict], chosen: list[int], done: Done, alone: int, work: Path, prepared: Path) -> list[int]:
    """Of the workflows those whose results are not all the same; `alone` of them are made anew, each in a server."""
    made: dict[int, set] = {}
    for number, found in zip(chosen, done.hashes, strict=True):
        if found is not None:
            made.setdefault(number, set()).add(found)
    for number in list(made)[:alone]:
        server = fresh(work / f"alone-{number}", prepared)
        try:
            run = server.run(graphs[number], timeout_s=NODE_S)
            made[number].add(run.error or digest(server, run.outputs))
        finally:
            server.stop()
        shutil.rmtree(server.base)
    return [number for number, found in made.items() if len(found) > 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=200, help="workflows in the queue (default: 200)")
    parser.add_argument("--different", type=int, default=18, help="how many of these differ (default: 18)")
    parser.add_argument("--alone", type=int, default=6, help="how many are made again, each in a server of its own")
    parser.add_argument("--cancel", type=float, default=0.3, help="share that is interrupted or deleted (default: 0.3)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        work, prepared = Path(folder), Path(folder) / "prepared"
        prepare(prepared)
        graphs = workflows(arguments.different, rng)
        chosen = [rng.randrange(arguments.different) for _ in range(arguments.count)]
        cancelled = cancels(arguments.count, rng, arguments.cancel)
        server = fresh(work / "load", prepared)
        try:
            done = run_queue(server, [graphs[number] for number in chosen], cancelled, rng, timeout_s=NODE_S * 10)
        finally:
            server.stop()
        differ = differing(graphs, chosen, done, arguments.alone, work, prepared)
    found = {**vars(arguments), **Counter(done.ends), "errors": done.errors, "differ": differ, **memory_table(done)}
    save("load", {**found, "resident_mb": [round(each, 1) for each in done.resident_mb]})
    print("| | |\n|---|---|")
    for name, value in found.items():
        print(f"| {name.replace('_', ' ')} | {f'{value:,.1f}' if isinstance(value, float) else value} |")
    return bool(done.errors or differ)


if __name__ == "__main__":
    sys.exit(main())
