"""The one thing FFmpeg's mp4 and mov writer cannot be told: that a track ends before its last frame does."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def end_first_track(path: Path, duration_s: float) -> None:
    """Shorten the first track's edit list to `duration_s`; frames after it stay stored but are not shown.

    Boxes: ISO/IEC 14496-12, sections 8.2.2 (mvhd), 8.3.2 (tkhd), 8.6.6 (elst).
    """
    with path.open("r+b") as file:
        file.seek(0, 2)
        moov = next(_boxes(file, 0, file.tell(), b"moov"))
        header = next(_boxes(file, *moov, b"mvhd"))
        wide = _read(file, header[0], ">B")
        timescale = _read(file, header[0] + (20 if wide else 12), ">I")
        ticks = round(duration_s * timescale)
        tracks = list(_boxes(file, *moov, b"trak"))
        edits = next(_boxes(file, *next(_boxes(file, *tracks[0], b"edts")), b"elst"))
        _set_last_edit(file, edits[0], ticks)
        lengths = []
        for number, track in enumerate(tracks):
            start = next(_boxes(file, *track, b"tkhd"))[0]
            field = (start + 28, ">Q") if _read(file, start, ">B") else (start + 20, ">I")
            if number == 0:
                _write(file, *field, ticks)
            lengths.append(_read(file, *field))
        _write(file, header[0] + (24 if wide else 16), ">Q" if wide else ">I", max(lengths))


def _set_last_edit(file: BinaryIO, start: int, ticks: int) -> None:
    wide, count = _read(file, start, ">B"), _read(file, start + 4, ">I")
    size, kind = (20, ">Q") if wide else (12, ">I")
    before = sum(_read(file, start + 8 + size * n, kind) for n in range(count - 1))
    _write(file, start + 8 + size * (count - 1), kind, ticks - before)


def _boxes(file: BinaryIO, start: int, end: int, name: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of the contents of every box called `name` directly within a range of the file."""
    while start + 8 <= end:
        file.seek(start)
        size, found = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", file.read(8))[0], 16
        stop = start + size if size else end
        if found == name:
            yield start + head, stop
        start = stop


def _read(file: BinaryIO, at: int, kind: str) -> int:
    file.seek(at)
    return struct.unpack(kind, file.read(struct.calcsize(kind)))[0]


def _write(file: BinaryIO, at: int, kind: str, value: int) -> None:
    file.seek(at)
    file.write(struct.pack(kind, value))
