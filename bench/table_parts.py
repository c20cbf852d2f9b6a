"""What the rows of `table.py` are made with: a line of the table, and functions called in processes of their own."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

Measured = Mapping[str, float]  # wall_s, cpu_s and peak_mb, as mmaudio_parts.Stages has them


class Skipped(Exception):
    """A row that can't be measured here; its message says why, and what would change that."""


def line(
    what: str,
    ours: float,
    against: str,
    other: float,
    unit: str,
    why: str,
    *,
    cpu: tuple[float, float] | None = None,
    aim: float | None = None,
    limit: float | None = None,
) -> dict:
    """One line of the table: ours by what it is set against, and why it is what it is.

    cpu are the CPU seconds of both. aim is what the ratio is to be at most, limit what ours is to be at most.
    """
    ratio = ours / other
    told = {"what": what, "ours": ours, "against": against, "other": other, "unit": unit, "ratio": ratio, "why": why}
    told |= {"cpu_ratio": cpu[0] / cpu[1]} if cpu else {}
    told |= {"aim": aim} if aim is not None else {}
    return told | ({"limit": limit} if limit is not None else {})


def times(what: str, ours: Measured, against: str, other: Measured, why: str, aim: float | None = None) -> dict:
    """A line of wall time, with CPU time beside it."""
    cpu = ours["cpu_s"], other["cpu_s"]
    return line(what, ours["wall_s"], against, other["wall_s"], "s", why, cpu=cpu, aim=aim)


def shares(seconds: Mapping[str, float]) -> str:
    """Stages and their shares of the whole, the longest first."""
    total = sum(seconds.values())
    longest = sorted(seconds.items(), key=lambda stage: -stage[1])
    return ", ".join(f"{name} {took / total:.0%}" for name, took in longest if took >= total / 100)


def drawn(path: Path, write: Callable[[Path], object]) -> Path:
    """A video that write has put there, now or in an earlier run."""
    if not path.exists():
        part = path.with_suffix(".part.mp4")
        write(part)
        part.rename(path)
    return path


def middle(rounds: Sequence, key: Callable[[object], float]):
    """The round in the middle by its key: its numbers are all of one run, as medians of each would not be."""
    return sorted(rounds, key=key)[len(rounds) // 2]


def alone(function: Callable, *arguments):
    """What a function returns that is called in a process of its own, so that imports and memory are its own too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def answer(rows: Mapping[str, Callable[[dict], list[dict]]]) -> None:
    """What a process does that measures a row, NAME JOB FILE: the file gets the row's lines, or why it has none."""
    name, job, path = sys.argv[1:]
    try:
        told = {"lines": rows[name](json.loads(job))}
    except Skipped as reason:
        told = {"skipped": str(reason)}
    Path(path).write_text(json.dumps(told))
