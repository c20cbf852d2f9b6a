"""Several soundtracks of one picture, each of a prompt of its own: stems, and what they are together."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import InputError
from .media.audio import Audio, AudioStream
from .media.combine import combined
from .media.ducking import Ducking
from .media.mix import Stem, mix_stems

SPEECH = "speech"  # what the stem is called that all others make room for
MAX_STEMS = 16
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
# What is done in place of what stems exclude.
_INSTEAD = {
    "prompt": "give each stem its prompt, and leave out the one for all",
    "cues": "put the times in the stems' prompts, such as [0-3.2] footsteps",
    "regenerate": "stems are made from nothing, so leave it out",
    "strength": "stems are made from nothing, so leave it out",
}


def check_stems(stems: Mapping[str, str], **instead: object) -> None:
    """Raise InputError for stems that can't be, or for what can't be had beside them: names and what was given."""
    if len(stems) > MAX_STEMS:
        raise InputError(f"There are {len(stems)} stems: give at most {MAX_STEMS}.")
    for name in stems:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"A stem is called {name[:50]!r}: use up to 40 letters, digits, - and _, for its file's name."
            )
    if len({name.lower() for name in stems}) < len(stems):
        raise InputError(f"Two of the stems {', '.join(stems)} have one name: give each a file's name of its own.")
    for name, given in instead.items():
        if stems and given:
            raise InputError(f"Stems and {name} don't go together: {_INSTEAD[name]}.")


def mixed(tracks: Mapping[str, Audio | AudioStream], duration_s: float) -> Audio | AudioStream:
    """Stems together as `v2a mix` has them, all of one length, with room for the one called speech."""
    speech = list(tracks).index(SPEECH) if SPEECH in tracks else None

    def mix(_: float, sounds: Sequence[Audio]) -> Audio:
        return mix_stems([Stem(sound) for sound in sounds], speech=speech, ducking=Ducking())

    sounds = list(tracks.values())
    return mix(0.0, sounds) if isinstance(sounds[0], Audio) else combined(sounds, mix, duration_s)


def stem_path(path: Path, name: str) -> Path:
    """Where the stem of a video that is written lies."""
    return path.with_name(f"{path.stem}-{name}.flac")
