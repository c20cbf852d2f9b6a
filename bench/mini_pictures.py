"""Spectrograms of true and generated soundtracks of the best, the middling and the worst clips, as one picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from clips import DURATION_S
from matplotlib.figure import Figure
from mini_make import Made
from mini_scores import MEASURES
from mini_ways import labels_score
from torch import Tensor

from v2a_core.evaluation.tagger import tagger
from v2a_core.models.mini.mel import SILENCE

RANKS = ("best", "median", "worst")


@dataclass(frozen=True)
class Example:
    """A clip of which Mini made the best, median or worst of its family: its score, and both log-mels [80, T]."""

    family: str
    rank: str
    number: int
    prompt: str
    score: float
    scored: str
    times_s: np.ndarray
    true: Tensor
    mini: Tensor


def examples(made: Made, spectra: Callable[[int], tuple[Tensor, Tensor]]) -> list[Example]:
    """Three clips of a family, by onset F1 where something strikes, else by the tagger's score for the prompt."""
    scores, scored = [], "onset F1" if made.cases[0].kind == "event" else "tagger's score"
    for case, heard in zip(made.cases, made.heard["mini"], strict=True):
        if case.kind == "event":
            measure = MEASURES["f1"]
            value = measure.pool([measure.item(case, heard)])
            scores.append(1.0 if np.isnan(value) else value)  # nothing to hear, and nothing heard
        else:
            scores.append(labels_score(heard["tags"], tagger().classes, case.sound_class))
    order = np.argsort(scores, kind="stable")
    chosen = (order[-1], order[len(order) // 2], order[0])
    out = []
    for rank, number in zip(RANKS, map(int, chosen), strict=True):
        case, both = made.cases[number], spectra(number)
        out.append(Example(case.family, rank, number, case.prompt, float(scores[number]), scored, case.times_s, *both))
    return out


def draw(some: Sequence[Example], path: Path) -> None:
    """A row a family, true above Mini's, events ticked on top."""
    figure = Figure(figsize=(15, 0.66 * len(some)), layout="constrained")
    parts = figure.subfigures(len(some) // len(RANKS), len(RANKS), squeeze=False)
    for one, part in zip(some, parts.flat, strict=True):
        words = one.prompt if len(one.prompt) < 48 else f"{one.prompt[:47]}…"
        part.suptitle(f"{one.family}, {one.rank} ({one.scored} {one.score:.2f}): {words}", fontsize=8)
        for axes, name in zip(part.subplots(2, 1, sharex=True), ("true", "mini"), strict=True):
            mel = getattr(one, name).numpy()
            span = (0, DURATION_S, 0, len(mel))
            axes.imshow(mel, origin="lower", aspect="auto", extent=span, vmin=SILENCE, vmax=2.0, cmap="magma")
            axes.vlines(one.times_s, 1.02 * len(mel), 1.12 * len(mel), "white", linewidth=1)
            axes.set(yticks=[], xlim=span[:2], ylim=(0, 1.14 * len(mel)), facecolor="black")
            axes.set_ylabel(name, fontsize=7)
            axes.tick_params(labelsize=6)
    figure.savefig(path, dpi=75)
