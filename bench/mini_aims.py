"""The aims of Mini v1, and whether they are reached."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from common import with_interval
from mini_make import Made
from mini_scores import MEASURES, ratio, rows_of, score

from v2a_core.training.world.degrade import KINDS

# A judge of times isn't perfect: so much of what it finds where every word is in its place must be found.
IN_PLACE = 0.95


@dataclass(frozen=True)
class Aim:
    """A bound for a number; found is {"value", "interval"}, None where it can't be measured. line: of the issue."""

    line: int
    what: str
    sign: str  # ≥, ≤ or <
    limit: float
    found: dict | None
    unit: str = ""

    @property
    def reached(self) -> bool | None:
        if self.found is None:
            return None
        value = self.found["value"]
        return {"≥": value >= self.limit, "≤": value <= self.limit, "<": value < self.limit}[self.sign]

    def as_dict(self) -> dict:
        return {**vars(self), "reached": self.reached}


def aims(made: Mapping[str, Made], results: Mapping) -> list[Aim]:
    """All aims that a bench can measure, from what was heard and what came of it."""
    every = [*made.values()]
    rows = {way: rows_of(every, way) for way in ("mini", "true", "shuffled", "another voice", *KINDS)}

    def by(key: str, way: str, other: str) -> dict | None:
        return ratio(MEASURES[key], rows[way], rows[other])

    def of(key: str) -> dict | None:
        return score(MEASURES[key], rows["mini"])

    spoken = results["speaks"]
    sets, copies, size = results["distances"], results["copying"], results["size"]
    return [
        Aim(1, "onset F1 at 50 ms / true audio's", "≥", 0.85, by("f1", "mini", "true")),
        Aim(1, "onset F1 with another clip's video / with its own", "≤", 0.5, by("f1", "shuffled", "mini")),
        Aim(1, "median size of the offsets", "≤", 20.0, of("offset_abs_ms"), "ms"),
        Aim(1, "repeated impacts: count right", "≥", 0.8, of("count")),
        Aim(2, "prompted class in the top 5 / true audio's", "≥", 0.85, by("class", "mini", "true")),
        Aim(
            2, "the same where the prompt contradicts the picture", "≥", 0.75, by("class_contradicting", "mini", "true")
        ),
        Aim(2, "the same with seen wordings, less that with unseen ones", "≤", 0.1, results["wordings"]["mini"]),
        Aim(
            2,
            "score of a class as negative prompt / without",
            "≤",
            0.5,
            results["negatives"]["all"]["negative / no text"],
        ),
        Aim(3, "word error rate", "≤", 0.25, of("wer") if spoken else None),
        Aim(3, "words within 120 ms of their mouth / the judge's", "≥", IN_PLACE, _in_time(rows) if spoken else None),
        *(
            Aim(4, f"FAD ({title}) / retrieval's", "<", 1.0, _quotient(sets[kind]["all"], "mini", "retrieval"))
            for kind, title in (("yamnet", "YAMNet"), ("aisfx", "aiSFX"))
        ),
        *(
            Aim(
                4,
                f"nearest training sound's distance ({title}) / training clips' own",
                "≥",
                1.0,
                _quotient(copies[kind], "mini", "training"),
            )
            for kind, title in (("yamnet", "YAMNet"), ("aisfx", "aiSFX"))
        ),
        *(Aim(5, f"onset F1 left: {kind}", "≥", 0.85, by("f1", kind, "mini")) for kind in KINDS),
        Aim(7, "8 s of video, end to end", "≤", 3.0, results["time"]["total_s"], "s"),
        Aim(7, "parameters", "≤", 15.0, _plain(size["parameters"] / 1e6), "million"),
        Aim(7, "file of weights", "≤", 32.0, _plain(size["bytes"] / 1e6), "MB"),
    ]


def wordings(made: Mapping[str, Made]) -> dict:
    """By way: the share of prompts obeyed in wordings that training has, less that in others."""
    out = {}
    for way in ("mini", "true"):
        measure = MEASURES["class"]
        items = [(case.unseen, measure.item(case, heard)) for case, heard in rows_of([*made.values()], way)]
        out[way] = with_interval(items, _difference)
    return out


def _difference(items: Sequence) -> float:
    unseen, right = np.array(items, float).T
    sides = right[unseen == 0], right[unseen == 1]
    return float(sides[0].mean() - sides[1].mean()) if min(map(len, sides)) else math.nan


def _in_time(rows: Mapping[str, list]) -> dict | None:
    """The share of words in time, by the share that the judge finds in a voice that is in time."""
    measure: Callable = MEASURES["in_time"].item
    sides = [[item for row in rows[way] if (item := measure(*row)) is not None] for way in ("mini", "another voice")]
    judged = MEASURES["in_time"].pool(sides[1])
    return with_interval(sides[0], lambda items: MEASURES["in_time"].pool(items) / judged)


def _quotient(values: Mapping[str, dict], one: str, other: str) -> dict:
    return _plain(values[one]["value"] / max(values[other]["value"], 1e-9))


def _plain(value: float) -> dict:
    return {"value": value, "interval": None}
