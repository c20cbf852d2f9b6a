"""A sound alone in a file: FLAC, which loses nothing and, unlike WAV, is labelled like a video."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import av

from ..atomic import whole_file
from .audio import Audio, AudioStream
from .formats import add_sound, sound_packets
from .mux import NOTE, tag_text

Progress = Callable[[str, int, int], None]


def write_flac(
    audio: Audio | AudioStream,
    path: str | os.PathLike,
    metadata: Mapping[str, object],
    progress: Progress | None = None,
) -> Path:
    """Write a sound with 16 bits a sample, beside the comment "AI-generated audio" such tags as model, seed and prompt;
    what is beyond -1..1 is cut off.
    """
    path = Path(path)
    with whole_file(path) as temporary, av.open(str(temporary), "w", format="flac") as out:
        stream, audio = add_sound(out, "flac", audio)
        out.metadata.update({"comment": NOTE, **{key: tag_text(value) for key, value in metadata.items()}})
        for packet in sound_packets(stream, audio):
            out.mux(packet)
            if progress:
                progress("write stem", int((packet.pts or 0) * packet.time_base), int(audio.duration_s) + 1)
    return path
