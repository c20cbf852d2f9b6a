"""What guidance of text and of video does to Mini: the one should move the class that is heard, the other the timing.

Prompts here contradict the picture: where both agree, the picture alone gives the class.

python bench/guidance.py [--sounds DIR] [--clips 40] [--weights FILE]
writes results/guidance.json and guidance.png beside this file; README.md says how to read them.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from clips import Mark, judge, make_clip, soundtracks, watch
from common import HERE, options, save, told, with_interval
from matplotlib.figure import Figure

from v2a_core.evaluation.onsets import OnsetScore
from v2a_core.models import load_family
from v2a_core.settings import Settings
from v2a_core.training.world.sounds import SoundLibrary

# Each scale is raised by itself, the other one left at Mini's own.
FIELDS = {"text": "text_scale", "video": "video_scale"}
SCALES = (0.0, 1.0, 2.0, 4.0)
DRAWS = 300  # of the bootstrap
MEASURES = {"f1": "onset F1 at 50 ms", "class": "prompted class in the tagger's top 5"}


def summary(rows: dict[str, list[list[Mark]]]) -> dict:
    """By scale and measure: values at each of SCALES with 95 % intervals, and the change from the first to the last.

    Intervals are bootstraps over clips. Every scale has the same clips and noise, so changes are within clips.
    """
    statistics: dict[str, Callable] = {"f1": f1, "class": lambda marks: float(np.mean([mark.obeys for mark in marks]))}
    results = {"clips": len(rows["text"][0]), "scales": SCALES}
    for name, columns in rows.items():
        results[name] = {}
        for measure, statistic in statistics.items():
            values = [with_interval(column, statistic, DRAWS) for column in columns]
            change = with_interval(
                [*zip(*columns, strict=True)],
                lambda pairs, s=statistic: s([p[-1] for p in pairs]) - s([p[0] for p in pairs]),
                DRAWS,
            )
            results[name][measure] = {"values": values, "change": change}
    return results


def f1(marks: list[Mark]) -> float:
    """Onset F1 pooled over the clips whose sound has events."""
    return sum((mark.onsets for mark in marks if mark.onsets is not None), OnsetScore()).f1


def draw(results: dict, path: Path) -> None:
    """A panel for each measure, in it a line for each scale that is raised."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (measure, title) in zip(figure.subplots(1, 2), MEASURES.items(), strict=True):
        for name in FIELDS:
            cells = results[name][measure]["values"]
            values = np.array([cell["value"] for cell in cells])
            edges = np.array([cell["interval"] for cell in cells]).T
            axes.errorbar(
                SCALES, values, yerr=np.abs(edges - values), marker="o", capsize=3, label=f"{name} scale raised"
            )
        axes.set(xlabel="scale", ylabel=title)
        axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--clips", type=int, default=40)
    args = parser.parse_args()

    family, library = load_family("mini", weights=args.weights), SoundLibrary(args.sounds)
    with told("clips"):
        # Every other round of prompts contradicts the picture.
        clips = [clip for index in range(3 * args.clips) if not (clip := make_clip(index, library)).agrees]
        clips = clips[: args.clips]
    with told("watching"):
        features = watch(family, clips)
    own = Settings.for_family(family.spec)
    rows: dict[str, list[list[Mark]]] = {name: [] for name in FIELDS}
    for name, field in FIELDS.items():
        for scale in SCALES:
            with told(f"{name} scale {scale:g}"):
                sounds = soundtracks(family, clips, features, replace(own, **{field: scale}))
                rows[name].append([judge(clip, sound) for clip, sound in zip(clips, sounds, strict=True)])
    results = summary(rows) | {"own": {name: getattr(own, field) for name, field in FIELDS.items()}}
    save("guidance", results)
    draw(results, HERE / "guidance.png")
    for name in FIELDS:
        for measure, title in MEASURES.items():
            found = results[name][measure]
            values = "  ".join(f"{cell['value']:.2f}" for cell in found["values"])
            low, high = found["change"]["interval"]
            print(
                f"{name} scale, {title}: {values}  change {found['change']['value']:+.2f} ({low:+.2f} to {high:+.2f})"
            )


if __name__ == "__main__":
    main()
