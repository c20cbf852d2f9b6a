"""What Mini and its controls scored: every score by way and scene family, with 95 % intervals over clips."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from common import with_interval
from mini_clips import COUNTED, Case
from mini_hear import Heard, text_of
from mini_make import Made
from mini_ways import NEGATIVES, labels_score

from v2a_core.evaluation.onsets import match_onsets
from v2a_core.evaluation.tagger import obeys, tagger
from v2a_core.evaluation.wer import word_errors, words
from v2a_core.training.world.classes import SOUND_CLASSES

IN_TIME_S = 0.12
Row = tuple[Case, Heard]


@dataclass(frozen=True)
class Measure:
    """A score: what one clip adds to it, None where it adds nothing, and what a list of that comes to."""

    key: str
    item: Callable[[Case, Heard], object | None]
    pool: Callable[[Sequence], float]


def _onsets(case: Case, heard: Heard) -> tuple[int, int, int] | None:
    if case.kind != "event":
        return None
    score = match_onsets(heard["onsets_s"].numpy(), case.times_s)
    return score.pairs, score.detected, score.expected


def _offsets(case: Case, heard: Heard) -> np.ndarray | None:
    if case.kind != "event":
        return None
    return np.array(match_onsets(heard["onsets_s"].numpy(), case.times_s).offsets_s)


def _counted(case: Case, heard: Heard) -> float | None:
    """Whether as many onsets are heard as there are, but for one or a tenth: of scenes that strike more than once."""
    true = len(case.times_s)
    if case.family not in COUNTED or true < 2:
        return None
    return float(abs(len(heard["onsets_s"]) - true) <= max(1, 0.1 * true))


def _obeys(of: Callable[[Case], bool]) -> Callable[[Case, Heard], float | None]:
    def item(case: Case, heard: Heard) -> float | None:
        if "tags" not in heard or not of(case):
            return None
        return float(obeys(tagger().names(heard["tags"]), SOUND_CLASSES[case.sound_class].labels))

    return item


def _understood(case: Case, heard: Heard) -> tuple[int, int] | None:
    if "said" not in heard:
        return None
    score = word_errors(words(text_of(heard)), words(" ".join(case.words)))
    return score.errors, score.words


def _late(case: Case, heard: Heard) -> np.ndarray | None:
    return np.abs(heard["late_s"].numpy()) if "late_s" in heard else None


def _ratio_of(top: int, bottom: Sequence[int], times: float = 1.0) -> Callable[[Sequence], float]:
    def pool(items: Sequence) -> float:
        total = np.sum(items, 0)
        return float(times * total[top] / below) if (below := sum(total[i] for i in bottom)) else math.nan

    return pool


def _of_all(statistic: Callable[[np.ndarray], float]) -> Callable[[Sequence], float]:
    def pool(items: Sequence) -> float:
        values = np.concatenate([np.zeros(0), *items])
        return float(statistic(values)) if len(values) else math.nan

    return pool


def _mean(items: Sequence[float]) -> float:
    return float(np.mean(items))


MEASURES = {
    one.key: one
    for one in (
        Measure("f1", _onsets, _ratio_of(0, (1, 2), 2.0)),
        Measure("precision", _onsets, _ratio_of(0, (1,))),
        Measure("recall", _onsets, _ratio_of(0, (2,))),
        Measure("offset_abs_ms", _offsets, _of_all(lambda offsets: 1e3 * np.median(np.abs(offsets)))),
        Measure("offset_ms", _offsets, _of_all(lambda offsets: 1e3 * np.median(offsets))),
        Measure("count", _counted, _mean),
        Measure("class", _obeys(lambda case: True), _mean),
        Measure("class_agreeing", _obeys(lambda case: case.agrees), _mean),
        Measure("class_contradicting", _obeys(lambda case: not case.agrees), _mean),
        Measure("class_seen", _obeys(lambda case: not case.unseen), _mean),
        Measure("class_unseen", _obeys(lambda case: case.unseen), _mean),
        Measure("wer", _understood, _ratio_of(0, (1,))),
        Measure("in_time", _late, _of_all(lambda late: np.mean(late <= IN_TIME_S))),
        Measure("late_ms", _late, _of_all(lambda late: 1e3 * np.median(late))),
    )
}


def rows_of(made: Sequence[Made], way: str) -> list[Row]:
    """Clips of some families with what was heard in a way, as many as it has."""
    return [row for one in made for row in zip(one.cases, one.heard.get(way, ()), strict=False)]


def score(measure: Measure, rows: Sequence[Row]) -> dict | None:
    """Value, interval and number of clips; None where there is nothing to score."""
    items = [item for row in rows if (item := measure.item(*row)) is not None]
    return _scored(items, measure.pool)


def ratio(measure: Measure, rows: Sequence[Row], others: Sequence[Row]) -> dict | None:
    """A score by that of the same clips in another way."""
    heard = {(case.family, case.number): (case, there) for case, there in others}
    both = [(row, heard[row[0].family, row[0].number]) for row in rows if (row[0].family, row[0].number) in heard]
    pairs = [(measure.item(*one), measure.item(*other)) for one, other in both]
    items = [pair for pair in pairs if pair[0] is not None and pair[1] is not None]

    def pool(pairs: Sequence) -> float:
        below = measure.pool([other for _, other in pairs])
        return measure.pool([one for one, _ in pairs]) / below if below else math.nan

    return _scored(items, pool)


def _scored(items: Sequence, pool: Callable[[Sequence], float]) -> dict | None:
    if not items or not math.isfinite(pool(items)):
        return None
    return with_interval(items, pool) | {"clips": len(items)}


def scores(made: Mapping[str, Made]) -> dict:
    """{measure: {way: {"all" or family: score}}}, of those that there are."""
    ways = dict.fromkeys(way for one in made.values() for way in one.heard if way not in NEGATIVES[1:])
    groups = {"all": [*made.values()], **{name: [one] for name, one in made.items()}}
    out = {}
    for key, measure in MEASURES.items():
        for way in ways:
            by_group = {name: found for name, some in groups.items() if (found := score(measure, rows_of(some, way)))}
            if by_group:
                out.setdefault(key, {})[way] = by_group
    return out


def negatives(made: Mapping[str, Made]) -> dict:
    """Scores of what the picture suggests, without a negative prompt, with it as that, and with another as that."""
    groups = {"all": [*made.values()], **{name: [one] for name, one in made.items() if NEGATIVES[0] in one.heard}}
    out = {}
    for name, some in groups.items():
        columns = [
            [labels_score(heard["tags"], tagger().classes, case.looks) for case, heard in rows_of(some, way)]
            for way in NEGATIVES
        ]
        items = [*zip(*columns, strict=True)]
        out[name] = {
            way: _scored(items, lambda part, i=i: float(np.mean(part, 0)[i])) for i, way in enumerate(NEGATIVES)
        }
        for i, way in enumerate(NEGATIVES[1:], 1):
            out[name][f"{way} / no text"] = _scored(items, _ratio_of(i, (0,)))
    return out


def class_by_chance(made: Mapping[str, Made]) -> float:
    """How often a prompt's labels are heard in the true audio of a clip of the same kind but another class."""
    rows = rows_of([*made.values()], "true")
    tops = [tagger().names(heard["tags"]) for _, heard in rows]
    hits = [
        obeys(top, SOUND_CLASSES[case.sound_class].labels)
        for case, _ in rows
        for (other, _), top in zip(rows, tops, strict=True)
        if other.kind == case.kind and other.sound_class != case.sound_class
    ]
    return float(np.mean(hits)) if hits else math.nan


def by_class(made: Mapping[str, Made]) -> dict:
    """Of each sound class what Mini and the true audio score."""
    out = {}
    for sound_class in SOUND_CLASSES:
        for way in ("mini", "true"):
            rows = [row for row in rows_of([*made.values()], way) if row[0].sound_class == sound_class]
            for key in ("class", "f1"):
                if found := score(MEASURES[key], rows):
                    out.setdefault(sound_class, {}).setdefault(key, {})[way] = found
    return out
