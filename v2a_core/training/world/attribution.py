"""The licence manifest: one line for every source file that the world's sounds are made from."""

from collections import defaultdict

import tomllib

from . import sounds
from .speech import VOICES

_HEAD = """\
# Attribution

Mini is trained on the recordings listed here and on pictures and captions that this repository makes itself. Its
weights are released under [CC-BY-SA-4.0](https://creativecommons.org/licenses/by-sa/4.0/). Sounds under the GPL, or
under terms that could not be settled, were left out. `make sounds` fetches the packages;
`v2a_core/training/world/sources.toml` says how each file is used. Sounds were cut, levelled, and resampled.
"""

_DICTIONARY = """
## Dictionary

`v2a_core/prompts/lexicon.txt.xz` holds the CMU Pronouncing Dictionary (copyright 1993-2015 Carnegie Mellon University,
BSD-2-Clause: `v2a_core/prompts/lexicon_LICENSE.txt`), `letters.txt.xz` rules learned from it."""


def attribution(recordings: list[sounds.Recording]) -> str:
    """The manifest as Markdown: a table for each package with path, author, licence and use of every source file."""
    about = tomllib.loads(sounds.SOURCES.read_text())["package"]
    rows: dict[str, dict[str, tuple[str, str, set[str]]]] = defaultdict(dict)
    for recording in recordings:
        entry = rows[recording.package].setdefault(recording.path, (recording.author, recording.licence, set()))
        entry[2].add(recording.sound_class)
    parts = [_HEAD]
    for package in sorted(rows):
        parts.append(f"\n## {package}\n\nLicences are stated in: {about[package]['about']}\n")
        parts.append("| file | author | licence | used for |\n|---|---|---|---|")
        for path, (author, licence, uses) in sorted(rows[package].items()):
            parts.append(f"| {path} | {author} | {licence} | {', '.join(sorted(uses))} |")
    if "flite" in about:
        parts.append(_voices(about["flite"]))
    return "\n".join(parts) + "\n"


def _voices(package: dict) -> str:
    """The voices that speak in the world, and the dictionary that says how."""
    lines = [f"\n## Voices\n\nLicences are stated in: {package['about']}\n"]
    lines.append("| voice | author | licence | used for |\n|---|---|---|---|")
    use = "sentences.py spoken; durations of sounds in v2a_core/prompts/durations.json"
    lines += [f"| flite {voice} | {package['author']} | {package['licence']} | {use} |" for voice in VOICES]
    lines.append(_DICTIONARY)
    return "\n".join(lines)
