"""The table of `table.py` as Markdown, what is worst first."""

from collections.abc import Mapping

HEAD = "# Ratios, worst first"
COLUMNS = ("what", "ours", "set against", "ratio", "of CPU time", "aim", "why, or what bounds it")


def badness(line: dict) -> float:
    """How many times its aim a line is, the ratio itself where there is none."""
    if "limit" in line:
        return line["ours"] / line["limit"]
    return line["ratio"] / line.get("aim", 1.0)


def missed(line: dict) -> bool:
    """Whether a line has an aim and is over it."""
    return badness(line) > 1 and ("limit" in line or "aim" in line)


def table(rows: Mapping[str, dict], asked: Mapping[str, object]) -> str:
    """Markdown of rows by name, in the form in which table.json has them; asked is what they were measured with."""
    lines = [one for row in rows.values() for one in row.get("lines", ())]
    lines.sort(key=lambda one: (not missed(one), -badness(one)))
    told = [HEAD, "", ", ".join(f"{name} {value}" for name, value in asked.items()), "", _row(COLUMNS)]
    told += ["|---" * len(COLUMNS) + "|", *(_row(_cells(one)) for one in lines), ""]
    for name, row in rows.items():
        if "lines" in row:
            told.append(f"- {name}: {row['date']}, took {row['took_s']:.0f} s.")
        elif "skipped" in row:
            told.append(f"- {name}: left out. {row['skipped']}")
        else:
            told.append(f"- {name}: failed. {row['failed']}")
    return "\n".join(told) + "\n"


def _cells(line: dict) -> tuple[str, ...]:
    ratio = f"{line['ratio']:.2f}"
    aim = _amount(line["limit"], line["unit"]) if "limit" in line else f"{line['aim']:g}" if "aim" in line else ""
    return (
        line["what"],
        _amount(line["ours"], line["unit"]),
        f"{line['against']}: {_amount(line['other'], line['unit'])}",
        f"**{ratio}**" if missed(line) else ratio,
        f"{line['cpu_ratio']:.2f}" if "cpu_ratio" in line else "",
        aim,
        line["why"],
    )


def _amount(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
