"""Takes of one soundtrack, listened to and put in order: every score is shown and no take is hidden.

| score | from | range | better |
|---|---|---|---|
| sync | `sync.py`: do onsets fall where the picture moves | -1..1 | higher |
| prompt | `prompt_score.py`: does it sound like the prompt, where the model for it is there | -1..1 | higher |
| loudness | `media/loudness.py` | LUFS | neither: mixing sets it |
| clipping | `clipping.py` | 0..1 | lower |
| silence | `silence.py` | 0..1 | neither, but 1 is no soundtrack |

The rule: takes that are silent throughout, or of which more than a thousandth is cut off, come last. Within each of
these groups each take has a place by sync and a place by prompt, and the lowest mean place is first. Where that is
equal the better sync is first, then the take that was made first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..media.audio import Audio
from ..media.loudness import integrated_lufs
from .clipping import clipped_share
from .silence import silent_share
from .sync import sync_score

MOST_CLIPPED = 1e-3
RULE = (
    "sync and prompt -1..1, higher is better. Takes that are silent or clipped come last, the others by their mean "
    "place in sync and prompt."
)


@dataclass(frozen=True)
class Scores:
    """What was heard in one take; None is a score that could not be had."""

    sync: float | None
    prompt: float | None
    loudness_lufs: float
    clipping: float
    silence: float

    @property
    def fault(self) -> str:
        """Why the take comes last; empty where it has no fault."""
        if self.silence == 1:
            return "silent"
        return "clipped" if self.clipping > MOST_CLIPPED else ""


def listen(
    audio: Audio,
    motion: tuple | None = None,
    prompt_score: Callable[[Audio], float] | None = None,
) -> Scores:
    """Every score of a take; motion is that of `watch_motion`. Raises InputError for an empty or not finite sound."""
    if 0 in audio.samples.shape:
        raise InputError("A take is empty: there is nothing to listen to.")
    if not audio.samples.isfinite().all():
        raise InputError("A take holds samples that are not finite: lower cfg, or load the model in float32.")
    return Scores(
        sync=None if motion is None else sync_score(audio, *motion),
        prompt=None if prompt_score is None else prompt_score(audio),
        loudness_lufs=integrated_lufs(audio),
        clipping=clipped_share(audio),
        silence=silent_share(audio),
    )


def rank(scores: Sequence[Scores]) -> list[int]:
    """Numbers of the takes, best first, by the rule above."""
    return sorted(range(len(scores)), key=lambda take: (*_key(scores[take], scores), take))


def _key(one: Scores, scores: Sequence[Scores]) -> tuple:
    group = [other for other in scores if bool(other.fault) == bool(one.fault)]
    places = sum(
        sum(getattr(other, name) > getattr(one, name) for other in group)
        for name in ("sync", "prompt")
        if getattr(one, name) is not None
    )
    return bool(one.fault), places, -(one.sync or 0.0)


def table(names: Sequence[str], scores: Sequence[Scores]) -> str:
    """Takes and their scores, best first, one a line of even columns, and the rule below.

    Columns stay even where the text is shown as Markdown too, as ComfyUI does: four spaces begin a block of code.
    """
    head = ("", "take", "sync", "prompt", "loudness", "clipping", "silence", "")
    rows = [head]
    for place, take in enumerate(rank(scores), 1):
        one = scores[take]
        marks = ("-" if value is None else f"{value:.3f}" for value in (one.sync, one.prompt))
        shares = (f"{one.clipping:.2%}", f"{one.silence:.0%}")
        why = one.fault or ("best" if place == 1 else "")
        rows.append((f"{place}.", names[take], *marks, f"{one.loudness_lufs:.1f} LUFS", *shares, why))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*(f"    {line}" for line in lines), "", RULE])
