"""Scores of a whole set of sounds: Fréchet distances and inception scores, with their ceilings."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from .frechet import SIZES, Gaussian, frechet_distance, frechet_infinity
from .inception import inception_score, splits_of
from .intervals import jackknife_interval
from .measures import CLASSIFIERS, Case
from .report import Row

DISTANCES = {
    "yamnet": ("FAD (YAMNet)", "yamnet"),
    "aisfx": ("FAD (aiSFX)", "aisfx"),
    "panns": ("FD (PANNs)", ""),
    "passt": ("FD (PaSST)", ""),
}


def set_rows(cases: Sequence[Case], absent: Callable[[str, str], str]) -> list[Row]:
    """Rows of all distances and inception scores; absent(judge, needs) says why one is not measured."""
    kinds = {kind for case in cases for kind in case.generated.features if kind.endswith("_embedding")}
    names = dict.fromkeys((*DISTANCES, *sorted(kind.removesuffix("_embedding") for kind in kinds)))
    rows = []
    for name in names:
        rows += _distance_rows(cases, name, absent)
    for name, title in CLASSIFIERS.items():
        rows.append(_inception_row(cases, name, title, absent))
    return rows


def _distance_rows(cases: Sequence[Case], name: str, absent: Callable[[str, str], str]) -> list[Row]:
    title, judge = DISTANCES.get(name, (f"FD ({name})", ""))
    kind, key = f"{name}_embedding", f"fd_{name}"
    ours, true = (
        _embeddings([case.generated for case in cases], kind),
        _embeddings([case.reference for case in cases], kind),
    )
    if sum(map(len, ours)) < 2 or sum(map(len, true)) < 2:
        needs = "a reference of two embeddings or more" if judge else f"{kind} of both sounds"
        return [Row(key, title, "lower", note=absent(judge, needs))]
    reference = Gaussian.of(torch.cat(true))

    def distance(some: Sequence[Tensor]) -> float:
        rows = torch.cat(list(some)) if some else torch.zeros(0, 1)
        return frechet_distance(Gaussian.of(rows), reference) if len(rows) > 1 else float("nan")

    all_rows = torch.cat(ours)
    count, width = all_rows.shape
    note = f"{count} embeddings against {sum(map(len, true))}"
    few = min(count, sum(map(len, true))) < 2 * width
    if few:
        note += f" of {width} dimensions: too few, so it is too large; compare it at equal numbers only"
    rows = [
        Row(
            key,
            title,
            "lower",
            "",
            distance(ours),
            jackknife_interval(ours, distance),
            _halves(true),
            None,
            len(ours),
            note,
        )
    ]
    if not few and count >= 4 * SIZES:
        at_infinity = frechet_infinity(all_rows, reference)
        rows.append(
            Row(
                f"{key}_infinity", f"{title}, extrapolated to endlessly many", "lower", "", at_infinity, count=len(ours)
            )
        )
    return rows


def _embeddings(sounds, kind: str) -> list[Tensor]:
    """Embeddings [n, D] of each sound that has some; raises InputError where D is not one number."""
    some = [sound.features[kind].float() for sound in sounds if sound is not None and len(sound.features.get(kind, ()))]
    if len(widths := {rows.shape[1] for rows in some}) > 1:
        sizes = " and ".join(map(str, sorted(widths)))
        raise InputError(f"{kind} of some sounds has {sizes} values: supply it for all of them, or for none.")
    return some


def _halves(true: Sequence[Tensor]) -> float | None:
    """Distance of two random halves of the true sounds: what other clips of the same kind would score."""
    if len(true) < 2:
        return None
    order = np.random.default_rng(0).permutation(len(true))
    halves = [torch.cat([true[i] for i in sorted(part)]) for part in np.array_split(order, 2)]
    return frechet_distance(*map(Gaussian.of, halves)) if min(map(len, halves)) > 1 else None


def _inception_row(cases: Sequence[Case], name: str, title: str, absent: Callable[[str, str], str]) -> Row:
    kind, key, title = f"{name}_logits", f"is_{name}", f"IS ({title})"

    def score(logits: Sequence[Tensor], splits: int | None = None) -> float:
        return inception_score(torch.stack(list(logits)), splits)

    ours, true = (
        [sound.features[kind] for sound in sounds if sound is not None and kind in sound.features]
        for sounds in ([case.generated for case in cases], [case.reference for case in cases])
    )
    if not ours:
        return Row(key, title, "higher", note=absent("", kind))
    splits = splits_of(len(ours))
    note = "" if splits > 1 else f"of {len(ours)} clips, so without splits"
    # With clips left out it is still split as often: fewer splits would be another score.
    interval = jackknife_interval(ours, lambda some: score(some, splits))
    ceiling = score(true) if true else None
    return Row(key, title, "higher", "", score(ours), interval, ceiling, None, len(ours), note)
