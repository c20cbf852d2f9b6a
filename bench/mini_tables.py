"""The scores as Markdown: every number beside its ceiling, its controls and its aim."""

from collections.abc import Iterable, Mapping, Sequence

from mini_ways import NEGATIVES, TITLES

from v2a_core.training.world.degrade import KINDS

_SETS = {
    "true": "true audio, other half",
    "vocoder": TITLES["vocoder"],
    "mini": TITLES["mini"],
    "retrieval": "nearest training clip by caption",
}
_NEGATIVES = dict(zip(NEGATIVES, ("none", "what the picture suggests", "another class"), strict=True))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; rows of which all but the first cell are empty are left out."""
    full = [row for row in rows if any(row[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *full))


def number(value: float) -> str:
    """Three digits that tell."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def cell(one: Mapping | None, unit: str = "") -> str:
    """A value, its interval in brackets, and its unit; nothing for none."""
    if one is None:
        return ""
    interval = one.get("interval")
    span = f" ({number(interval[0])} to {number(interval[1])})" if interval else ""
    return f"{number(one['value'])}{' ' * bool(unit)}{unit}{span}"


def aims(rows: Sequence[Mapping]) -> str:
    """What is asked, what was measured, and whether the one is the other."""
    said = {True: "yes", False: "**no**", None: "not measured"}
    elsewhere = "real clips (6) are in [README.md](README.md#real-clips), a LoRA (8) is what the tests train"
    return f"Numbered as in the brief; {elsewhere}.\n\n" + table(
        ("", "aim", "asked", "measured", "reached"),
        [
            (
                str(one["line"]),
                one["what"],
                f"{one['sign']} {one['limit']:g} {one['unit']}".strip(),
                *((cell(one["found"], one["unit"]) or "-", said[one["reached"]])),
            )
            for one in rows
        ],
    )


def by_way(scores: Mapping, columns: Mapping[str, tuple[str, str]], titles: Mapping[str, str] = TITLES) -> str:
    """A row for each way, a column for each score: its key, title and unit."""

    def one(key: str, way: str) -> Mapping | None:
        return scores.get(key, {}).get(way, {}).get("all")

    return table(
        ("", *(title for title, _ in columns.values())),
        [(name, *(cell(one(key, way), unit) for key, (_, unit) in columns.items())) for way, name in titles.items()],
    )


def by_family(scores: Mapping, key: str, title: str, ways: Iterable[str] = TITLES, unit: str = "") -> str:
    """A row for each scene family, a column for each way."""
    some = scores.get(key, {})
    families = [name for name in some.get("mini", {}) if name != "all"]
    ways = [way for way in ways if way in some]
    return table(
        (title, *(TITLES.get(way, way) for way in ways)),
        [(name, *(cell(some[way].get(name), unit) for way in ways)) for name in families],
    )


def blocks(results: Mapping) -> list[str]:
    """Everything but the card, as paragraphs."""
    scores = results["scores"]
    events = {
        "f1": ("onset F1 at 50 ms", ""),
        "precision": ("precision", ""),
        "recall": ("recall", ""),
        "offset_abs_ms": ("size of offsets, median", "ms"),
        "offset_ms": ("offset, median", "ms"),
        "count": ("count right", ""),
    }
    prompts = {
        "class": ("all", ""),
        "class_agreeing": ("prompt agrees", ""),
        "class_contradicting": ("prompt contradicts", ""),
        "class_seen": ("wording seen", ""),
        "class_unseen": ("wording unseen", ""),
    }
    return [
        "## When things sound",
        by_way(scores, events),
        by_family(scores, "f1", "onset F1"),
        by_family(scores, "offset_abs_ms", "size of offsets, median", ("true", "mini", "shuffled"), "ms"),
        by_family(scores, "count", "count right", ("true", "vocoder", "mini", "shuffled", "no video")),
        "## What is heard",
        "The prompted class is in the tagger's top five. Without text it is still the one that a prompt would name.",
        by_way(scores, prompts),
        f"Labels of the prompt in the true audio of a clip of another class: {number(results['class_by_chance'])}.",
        by_family(scores, "class", "class in the top 5"),
        by_family(scores, "class_contradicting", "the same, prompt contradicts", ("true", "mini", "no video")),
        "Negative prompts: the tagger's score for what the picture suggests, from the picture alone.",
        _negatives(results["negatives"]),
        "## Speech",
        _speech(results),
        "## As a whole",
        _sets(results["distances"]),
        _copying(results["copying"]),
        "## Poor footage",
        by_family(scores, "f1", "onset F1", ("mini", *KINDS)),
        "## Time and size",
        _size(results),
    ]


def _negatives(found: Mapping) -> str:
    quotients = [f"{way} / {NEGATIVES[0]}" for way in NEGATIVES[1:]]
    return table(
        ("negative prompt", *_NEGATIVES.values(), "its own / none", "another / none"),
        [(name, *(cell(one[way]) for way in (*NEGATIVES, *quotients))) for name, one in found.items()],
    )


def _speech(results: Mapping) -> str:
    columns = {
        "wer": ("word error rate", ""),
        "in_time": ("words within 120 ms of their mouth", ""),
        "late_ms": ("distance from the mouth, median", "ms"),
    }
    titles = {
        **TITLES,
        "another clip": "true audio of another clip",
        "another voice": "the judge of times, on a voice whose words are known",
    }
    note = "" if results["speaks"] else "These weights can't speak: Mini's rows are what its prompt alone gives.\n\n"
    return note + by_way(results["scores"], columns, titles)


def _sets(found: Mapping) -> str:
    parts = []
    for kind, title in (("yamnet", "FAD (YAMNet)"), ("aisfx", "FAD (aiSFX)")):
        rows = [(name, *(cell(one[way]) for way in _SETS)) for name, one in found[kind].items()]
        parts.append(table((title, *_SETS.values()), rows))
    return "\n\n".join(parts)


def _copying(found: Mapping) -> str:
    titles = {"mini": TITLES["mini"], "true": "held-out true audio", "training": "one training clip from all others"}
    return table(
        ("distance to the nearest training sound", *titles.values()),
        [(kind, *(cell(one[way]) for way in titles)) for kind, one in found.items()],
    )


def _size(results: Mapping) -> str:
    time, size = results["time"], results["size"]
    stages = ", ".join(f"{name} {number(seconds)} s" for name, seconds in time["stages_s"].items())
    return (
        f"{time['seconds']:g} s of video to a finished file on {time['threads']} threads of this machine "
        f"({time['processor']}): median {number(time['total_s']['value'])} s of {time['runs']} runs, "
        f"{number(time['fastest_s'])} to {number(time['slowest_s'])} s ({stages}). "
        f"{size['parameters'] / 1e6:.2f} million parameters, {size['bytes'] / 1e6:.1f} MB."
    )
