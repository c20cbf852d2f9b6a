"""Scores as a table, as Markdown, as JSON and as a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ARROWS = {"higher": "↑", "lower": "↓", "": ""}
HEAD = ("score", "", "value", "95 %", "true sound", "another clip's", "clips")
RULE = (
    "↑ higher is better, ↓ lower is better. 95 %: where the score would lie had other clips been drawn. True sound: "
    "the same score of the references. Another clip's: the same score with sounds and cases paired at random, which is "
    "chance."
)


@dataclass(frozen=True)
class Row:
    """One score, its 95 % interval, ceiling and control, the clips it counts, and what there is to know about it.

    value is None where it is not measured: note then says why. Other values are None where there is no such thing.
    """

    key: str
    title: str
    better: str
    unit: str = ""
    value: float | None = None
    interval: tuple[float, float] | None = None
    ceiling: float | None = None
    control: float | None = None
    count: int = 0
    note: str = ""


@dataclass(frozen=True)
class Report:
    """Rows of all scores, those of each clip by name, and what was judged."""

    rows: tuple[Row, ...]
    clips: dict[str, dict[str, float | None]]
    about: dict

    def __getitem__(self, key: str) -> Row:
        return next(row for row in self.rows if row.key == key)

    def json(self) -> str:
        """Everything as JSON; what is not measured is null, with its reason beside it."""
        rows = {row.key: {name: value for name, value in asdict(row).items() if name != "key"} for row in self.rows}
        return json.dumps({"about": self.about, "scores": rows, "clips": self.clips}, indent=1, allow_nan=False) + "\n"

    def text(self) -> str:
        """A table in even columns for a terminal; notes and what is not measured below it."""
        rows = [HEAD, *(_cells(row) for row in self.measured)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(
            [*lines, *(f"{row.title}: {row.note}" for row in self.rows if row.note), *self._unpaired, RULE]
        )

    def markdown(self) -> str:
        """The same as Markdown."""
        table = [HEAD, ["---"] * len(HEAD), *(_cells(row) for row in self.measured)]
        lines = ["| " + " | ".join(cells) + " |" for cells in table]
        notes = [f"- {row.title}: {row.note}" for row in self.rows if row.note] + [
            f"- {line}" for line in self._unpaired
        ]
        return "\n".join(["# Scores", "", *lines, "", *notes, "", RULE, ""])

    @property
    def measured(self) -> list[Row]:
        """The rows that have a value."""
        return [row for row in self.rows if row.value is not None]

    @property
    def _unpaired(self) -> list[str]:
        lone = self.about.get("without_reference", [])
        more = ", ..." if len(lone) > 5 else ""
        return [f"without a reference: {len(lone)} clips ({', '.join(lone[:5])}{more})"] if lone else []


def _cells(row: Row) -> tuple[str, ...]:
    unit = f" {row.unit}" if row.unit else ""
    interval = "" if row.interval is None else f"{number(row.interval[0])} to {number(row.interval[1])}"
    others = ("" if value is None else number(value) for value in (row.ceiling, row.control))
    return (row.title, ARROWS[row.better], f"{number(row.value)}{unit}", interval, *others, str(row.count))


def number(value: float) -> str:
    """Three significant digits or more, without an exponent."""
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1
    return f"{value:.{digits}f}"


def draw(report: Report, path: Path) -> None:
    """Draw every score that was measured, each on its own scale: value and interval, ceiling and control, as a PNG."""
    from matplotlib.figure import Figure

    rows: Sequence[Row] = report.measured
    figure = Figure(figsize=(9, 0.55 * len(rows) + 1.2), layout="constrained")
    panels = figure.subplots(max(1, len(rows)), 1, squeeze=False)[:, 0]
    for axes, row in zip(panels, rows, strict=False):
        low, high = row.interval or (row.value, row.value)
        axes.plot((low, high), (0, 0), color="#0072b2", linewidth=5, alpha=0.4, solid_capstyle="butt")
        axes.plot(row.value, 0, "o", color="#0072b2", markersize=8, label="score")
        for value, mark, colour, name in (
            (row.ceiling, "^", "#009e73", "true sound"),
            (row.control, "v", "#d55e00", "another clip's"),
        ):
            axes.plot([] if value is None else [value], [] if value is None else [0], mark, color=colour, label=name)
        axes.margins(x=0.08)
        if not row.unit and all(
            0 <= value <= 1 for value in (low, high, row.value, row.ceiling or 0, row.control or 0)
        ):
            axes.set_xlim(-0.02, 1.02)  # shares are seen for what they are
        axes.set(yticks=[], ylim=(-1, 1))
        unit = f" ({row.unit})" if row.unit else ""
        label = f"{row.title}{unit} {ARROWS[row.better]}  "
        axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8, parse_math=False)
        axes.tick_params(labelsize=7, pad=1)
        for side in ("top", "left", "right"):
            axes.spines[side].set_visible(False)
    if rows:
        panels[0].legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    figure.savefig(path, dpi=110, format="png")
