"""What cues were heard to do, as numbers and a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import with_interval
from matplotlib.figure import Figure

FRAMES_HZ = 100  # of Mini's log-mel
AROUND_S = 1.0  # how much of a border's surroundings is drawn
AIM_S = 0.15
CLEAR = 0.5  # a step at least so high, of 2, is one that can be placed


@dataclass(frozen=True)
class Heard:
    """Of one clip, for each of four spans with a cue: whether a class is heard there; and the borders, in seconds.

    cued: the cue's class. untimed: the same class, where its prompt holds throughout. leaked: the other cue's class.
    chance: that class, where the cue's own prompt holds throughout. off_s are found borders less the cues', rise how
    high the steps there are.
    """

    kind: str
    cued: list[bool]
    untimed: list[bool]
    leaked: list[bool]
    chance: list[bool]
    border_s: float
    off_s: list[float]
    rise: list[float]
    nearness: list[np.ndarray]


def summary(heard: Sequence[Heard]) -> dict:
    """Shares of spans and errors of borders, each with a 95 % bootstrap interval over clips."""

    def share(name: str) -> Callable:
        return lambda some: np.mean([value for one in some for value in getattr(one, name)])

    def ratio(some) -> float:
        return share("cued")(some) / max(share("untimed")(some), 1e-9)

    results = {"clips": len(heard), "ratio": with_interval(heard, ratio)}
    for kind in ("event", "texture"):
        if some := [one for one in heard if one.kind == kind]:
            results[f"ratio_{kind}"] = with_interval(some, ratio)
    results |= {name: with_interval(heard, share(name)) for name in ("cued", "untimed", "leaked", "chance")}
    # Between two hits nothing sounds that could turn: borders are those of sounds that go on.
    going_on = [one for one in heard if one.kind == "texture"]
    clear = [one for one in going_on if max(one.rise) >= CLEAR]
    results |= {"borders": borders(going_on)} if going_on else {}
    results |= {"clear_borders": borders(clear, CLEAR)} if clear else {}
    return results


def borders(some: Sequence[Heard], least: float = -np.inf) -> dict:
    """How far borders are off whose step is so high at least."""
    return {
        "count": len(offsets(some, least)),
        "median_abs_ms": with_interval(some, lambda some: 1e3 * np.median(np.abs(offsets(some, least)))),
        "median_ms": with_interval(some, lambda some: 1e3 * np.median(offsets(some, least))),
        "within_150_ms": with_interval(some, lambda some: np.mean(np.abs(offsets(some, least)) <= AIM_S)),
        "against_another_clips_ms": 1e3 * float(np.median(np.abs(offsets(some, least, another=True)))),
    }


def offsets(some: Sequence[Heard], least: float = -np.inf, another: bool = False) -> np.ndarray:
    """How far found borders are from those of the cues, or from those of another clip's cues, in seconds."""
    expected = np.roll([one.border_s for one in some], another)
    found = [np.array(one.off_s) + one.border_s - at for one, at in zip(some, expected, strict=True)]
    return np.concatenate([off[np.array(one.rise) >= least] for off, one in zip(found, some, strict=True)])


def draw(results: dict, heard: Sequence[Heard], path: Path) -> None:
    """Classes heard, how far borders are off, and the mean turn from one prompt's spectrum to the other's."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    bars, errors, turn = figure.subplots(1, 3)
    names = {
        "untimed": "its prompt\nthroughout",
        "cued": "in its\ncue's span",
        "leaked": "in the other\ncue's span",
        "chance": "no prompt\nfor it",
    }
    values = np.array([results[name]["value"] for name in names])
    edges = np.array([results[name]["interval"] for name in names]).T
    bars.bar(range(len(names)), values, yerr=np.abs(edges - values), capsize=3)
    bars.set_xticks(range(len(names)), list(names.values()), fontsize=8)
    bars.set(ylabel="spans in which the class is heard", title=f"{results['clips']} held-out clips", ylim=(0, 1))
    going_on = [one for one in heard if one.kind == "texture"]
    if going_on:
        bins = np.arange(-1000, 1001, 50)
        errors.hist(1e3 * offsets(going_on), bins=bins, label="all")
        errors.hist(1e3 * offsets(going_on, CLEAR), bins=bins, label="clear")
        errors.legend()
        errors.set(xlabel="found border less the cue's (ms)", ylabel="borders", title="sounds that go on")
        around = np.arange(-round(AROUND_S * FRAMES_HZ), round(AROUND_S * FRAMES_HZ))
        curves = [near[round(one.border_s * FRAMES_HZ) + around] for one in going_on for near in one.nearness]
        turn.plot(around / FRAMES_HZ * 1e3, np.mean(curves, 0))
        turn.set(xlabel="time from the border (ms)", title="how like the second prompt's sound")
        for axes in (errors, turn):
            axes.axvspan(-1e3 * AIM_S, 1e3 * AIM_S, color="tab:green", alpha=0.15)
    figure.savefig(path, dpi=110)
