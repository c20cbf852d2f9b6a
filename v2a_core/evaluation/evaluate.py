"""Judge a folder of soundtracks: every score beside its ceiling, its control and its interval.

    find the clips, load the judges, listen to each sound once, watch each picture once, then compare.

One clip is in memory at a time; what stays of it is a few kilobytes a second of what was heard.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from ..media.video import VideoSource
from .features import Features, read_features
from .folder import Clip, find_clips
from .hearing import Heard, Listener, keep_room, listen
from .intervals import bootstrap_interval
from .judges import Judges, asked_labels, load_judges
from .measures import MEASURES, Case, Measure
from .motion import watch_motion
from .report import Report, Row
from .sets import set_rows

SEED = 0  # of the pairs of the control

Progress = Callable[[str, int, int], None]


def evaluate(
    folder: str | PathLike,
    reference: str | PathLike | None = None,
    *,
    prompts: str | PathLike | None = None,
    transcripts: str | PathLike | None = None,
    features: str | PathLike | None = None,
    listeners: Sequence[Listener] = (),
    progress: Progress | None = None,
) -> Report:
    """Scores of a folder of videos with sound, or of videos and sounds of the same name.

    folder, reference, prompts and transcripts are those of `find_clips`, features that of `read_features`. listeners
    are models of yours: each takes an Audio and gives tensors by kind, as in features.py. Raises InputError for what
    can't be read; what can't be measured is a row that says why.
    """
    clips = find_clips(folder, reference, prompts, transcripts)
    known = ({}, {}) if features is None else read_features(Path(features), [clip.name for clip in clips])
    judges = load_judges(clips, listeners)
    classes = judges.tagger.classes if judges.tagger else ()
    labels = [asked_labels(clip, classes) if classes else () for clip in clips]  # a wrong one fails before the work
    cases, rows, true_rows = [], Counter(), Counter()
    for number, clip in enumerate(clips):
        if progress:
            progress("listen", number, len(clips))
        case = replace(_case(clip, judges, *known), labels=labels[number])
        keep_room(case.generated.features, rows)
        if case.reference is not None:
            keep_room(case.reference.features, true_rows)
        cases.append(case)
    if progress:
        progress("listen", len(clips), len(clips))
    return compare(cases, judges.absent, _about(clips, reference))


def compare(cases: Sequence[Case], absent: dict[str, str], about: dict) -> Report:
    """Every score of cases that were listened to; absent says by judge why it isn't there."""

    def missing(judge: str, needs: str) -> str:
        return f"not measured: {absent[judge]}" if judge in absent else f"not measured: no clip has {needs}"

    rows = [_row(measure, cases, missing) for measure in MEASURES] + set_rows(cases, missing)
    clips = {case.clip.name: _of_one(case) for case in cases}
    return Report(tuple(rows), clips, about)


def partners(count: int, seed: int = SEED) -> list[int]:
    """For each of some clips another one, drawn at random, each taken once; empty for fewer than two."""
    if count < 2:
        return []
    order = np.random.default_rng(seed).permutation(count)
    # A cycle through all of them leaves none with itself.
    return [int(other) for _, other in sorted(zip(order, np.roll(order, 1), strict=True))]


def _case(clip: Clip, judges: Judges, ours: Features, true: Features) -> Case:
    listeners = judges.always + (judges.to_speech if clip.speaks else ())
    recognise = judges.recognise if clip.transcript and clip.transcript.lines else None
    generated = listen(clip.sound, listeners, recognise)
    reference = listen(clip.reference, listeners, recognise) if clip.reference else None
    given, given_true = (dict(some.get(clip.name, {})) for some in (ours, true))
    seen = {kind: some.pop(kind) for some in (given, given_true) for kind in list(some) if kind == "imagebind_video"}
    generated.features |= given
    if given_true:
        reference = reference or Heard()
        reference.features |= given_true
    case = Case(clip, generated, reference, seen=seen)
    if clip.video is not None:
        case = replace(case, motion=watch_motion(VideoSource.from_path(clip.video)))
    if judges.tagger is not None:
        case = replace(case, heard_names=judges.tagger.names)
    return case


def _row(measure: Measure, cases: Sequence[Case], missing: Callable[[str, str], str]) -> Row:
    scored = [(case, item) for case in cases if (item := measure.score(case.generated, case)) is not None]
    items = [item for _, item in scored]
    value = _finite(measure, items)
    if value is None:
        return Row(measure.key, measure.title, measure.better, measure.unit, note=missing(measure.judge, measure.needs))
    true = [measure.score(case.reference, case) for case, _ in scored if case.reference is not None]
    others = partners(len(scored)) if measure.paired else []
    control = [measure.score(scored[i][0].generated, scored[j][0]) for i, j in enumerate(others)]
    return Row(
        measure.key,
        measure.title,
        measure.better,
        measure.unit,
        value,
        bootstrap_interval(items, measure.pool),
        _finite(measure, true),
        _finite(measure, control),
        len(items),
    )


def _finite(measure: Measure, items: Sequence) -> float | None:
    """What items add up to; None where there is none or no number comes of them."""
    items = [item for item in items if item is not None]
    value = measure.pool(items) if items else float("nan")
    return float(value) if np.isfinite(value) else None


def _of_one(case: Case) -> dict[str, float | None]:
    """The scores of one clip by key, without those that it lacks something for; None where no number comes of it."""
    items = {measure: measure.score(case.generated, case) for measure in MEASURES}
    return {measure.key: _finite(measure, [item]) for measure, item in items.items() if item is not None}


def _about(clips: Sequence[Clip], reference: str | PathLike | None) -> dict:
    """What was judged; clips without a reference are named, not refused."""
    return {
        "clips": len(clips),
        "with_reference": sum(clip.reference is not None for clip in clips),
        "without_reference": [clip.name for clip in clips if reference is not None and clip.reference is None],
        "with_video": sum(clip.video is not None for clip in clips),
        "with_prompt": sum(bool(clip.prompt) for clip in clips),
        "with_transcript": sum(clip.transcript is not None for clip in clips),
    }
