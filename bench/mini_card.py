"""Where Mini fails, as its numbers say, and its model card."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomllib
from mini_tables import cell, number, table

from v2a_core.training.world import sounds
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.speech import VOICES

_LISTED = 5
_FEW = 4  # clips of a class below which it is not named


def data(library: sounds.SoundLibrary) -> dict:
    """What it was trained on: by licence source files and hours of recordings, and the voices."""
    files, hours = defaultdict(set), defaultdict(float)
    for one in library.recordings:
        if one.split == "train":
            files[one.licence].add((one.package, one.path))
            hours[one.licence] += one.length / sounds.SAMPLE_RATE_HZ / 3600
    licences = {name: {"files": len(files[name]), "hours": hours[name]} for name in sorted(files)}
    flite = tomllib.loads(sounds.SOURCES.read_text())["package"]["flite"]
    return {"licences": licences, "voices": VOICES, "voices_licence": flite["licence"]}


def compute(folder: Path | None) -> list[dict]:
    """Steps and hours of every training run below a folder, out of the logs that `v2a train` writes."""
    runs = []
    for path in sorted(folder.rglob("log.jsonl")) if folder else []:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        if rows:
            last = max(rows, key=lambda row: row["step"])
            name = str(path.parent.relative_to(folder))
            runs.append({"run": name, "steps": last["step"], "hours": last["seconds"] / 3600})
    return runs


def failures(results: Mapping) -> str:
    """The aims that are missed, and the scene families and classes that are furthest from true audio."""
    lines = [
        f"- Not reached: {one['what']}, {cell(one['found'], one['unit'])}; asked is {one['sign']} {one['limit']:g}."
        for one in results["aims"]
        if one["reached"] is False
    ]
    scores = results["scores"]
    for key, what in (("f1", "Onsets"), ("class", "Prompted class")):
        lines.append(f"- {what}, furthest from true audio by scene family: {_worst(_sides(scores.get(key, {})))}.")
    for key, what in (("f1", "Onsets"), ("class", "Prompted class")):
        sides = {name: one[key] for name, one in results["classes"].items() if len(one.get(key, {})) == 2}
        lines.append(f"- {what}, furthest by sound: {_worst(sides)}.")
    precisions, recalls = (scores.get(key, {}).get("mini", {}) for key in ("precision", "recall"))
    for name, precision in precisions.items():
        if name != "all" and (recall := recalls.get(name)):
            more = "adds sounds where nothing strikes" if precision["value"] < recall["value"] else "leaves hits out"
            lines.append(
                f"- {name}: rather {more} (precision {number(precision['value'])}, recall {number(recall['value'])})."
            )
    unknown = [
        name for name, one in results["classes"].items() if "class" in one and one["class"]["true"]["value"] < 0.2
    ]
    if unknown:
        names = ", ".join(name.replace("_", " ") for name in unknown)
        lines.append(f"- The tagger hears these in fewer than one true clip in five, so they say little: {names}.")
    return "\n".join(lines)


def hashes(results: Mapping) -> str:
    """What tells the weights from others: of Mini, and of the LoRA that makes it fast."""
    return " and ".join(f"`{one[:12]}`" for one in results["weights_sha256"])


def card(results: Mapping) -> str:
    """The model card."""
    known, runs = results["data"], results["compute"]
    licences = table(
        ("licence of the recordings", "source files", "hours"),
        [(name, str(one["files"]), number(one["hours"])) for name, one in known["licences"].items()],
    )
    total = sum(run["hours"] for run in runs)
    trained = table(
        ("run", "steps", "hours"), [(run["run"], f"{run['steps']:,}", number(run["hours"])) for run in runs]
    )
    spent = f"Optimisation: {number(total)} h of wall time.\n\n{trained}" if runs else "No training logs were given."
    speech = (
        "It speaks English alone, in the voices above, and is understood as the table of speech says; it sings nothing."
        if results["speaks"]
        else "It can't speak: lines of a transcript become captions."
    )
    size, voices = results["size"], ", ".join(known["voices"])
    return "\n\n".join(
        [
            "## Model card",
            f"Weights {hashes(results)}, {results['licence']}; {size['parameters'] / 1e6:.2f} million "
            f"parameters, {size['bytes'] / 1e6:.1f} MB, 24 kHz mono.",
            "**Data.** Rendered scenes, captions and sentences that this repository makes itself, and recordings by "
            "others, listed file by file in [ATTRIBUTION.md](../ATTRIBUTION.md). Nobody's film, and no voice without a "
            "clear licence.",
            licences,
            f"Voices: flite's {voices} ({known['voices_licence']}).",
            f"**Compute.** {spent}",
            "**Meant for** drafts of effects and ambience under one's own clips, for learning how such a model works, "
            "for tests, and as a base to fine-tune ([docs/training.md](../docs/training.md)).",
            f"**Not meant for, and not able to.** It knows the {len(SOUND_CLASSES)} sounds of its world; asked for "
            "others, it gives the nearest that it knows. It was trained on rendered scenes: in real footage it follows "
            "motion, not meaning. It makes nothing above 12 kHz, has one channel, "
            "and sees 64 x 64 pixels 25 times a second, so that small and distant motion is "
            f"lost on it. {speech} Its sounds are no evidence of anything that happened.",
        ]
    )


def _sides(some: Mapping) -> dict[str, Mapping]:
    return {
        name: {"mini": one, "true": some["true"][name]}
        for name, one in some.get("mini", {}).items()
        if name in some["true"] and name != "all"
    }


def _worst(sides: Mapping[str, Mapping]) -> str:
    """Names of the lowest quotients of Mini's value and the true one's, with both."""
    fair = {name: one for name, one in sides.items() if one["mini"]["clips"] >= _FEW and one["true"]["value"] > 0}
    order = sorted(fair, key=lambda name: fair[name]["mini"]["value"] / fair[name]["true"]["value"])
    said: Sequence[str] = [
        f"{name.replace('_', ' ')} {number(fair[name]['mini']['value'])} of {number(fair[name]['true']['value'])}"
        for name in order[:_LISTED]
    ]
    return ", ".join(said) or "too few clips to tell"
