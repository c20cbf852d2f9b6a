"""Reading recordings out of unpacked game packages: plain folders, zip files and two games' own containers."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import torch
import torchaudio

from ...errors import InputError

SAMPLE_RATE_HZ = 24_000
SOUND_SUFFIXES = (".ogg", ".wav", ".wv", ".flac", ".mp3")

Pack = dict[str, Callable[[], bytes]]


def open_pack(path: Path) -> Pack:
    """Map every sound file under a folder, or inside a .zip, .cat or .ocg container, to a reader of its bytes."""
    if not path.exists():
        raise InputError(f"{path} is missing: run `make sounds` to fetch the sound packages first")
    readers = {".zip": _zip, ".cat": _opensfx, ".ocg": _openclonk}
    return readers.get(path.suffix, _folder)(path)


def decode(data: bytes, name: str) -> np.ndarray:
    """Decode any audio file to float32 mono at 24 kHz."""
    try:
        with av.open(io.BytesIO(data)) as container:
            stream = container.streams.audio[0]
            # Packed or planar, integer or float: let one resampler settle the layout, not the rate.
            planar = av.AudioResampler(format="fltp")
            parts = [frame.to_ndarray().mean(0) for raw in container.decode(stream) for frame in planar.resample(raw)]
            rate = stream.rate
    except (av.FFmpegError, IndexError) as error:
        raise InputError(f"{name} can't be decoded as audio ({error}): fetch its package again") from error
    wave = torch.from_numpy(np.concatenate(parts)) if parts else torch.zeros(0)
    return torchaudio.functional.resample(wave, rate, SAMPLE_RATE_HZ).numpy()


def _folder(path: Path) -> Pack:
    files = (file for file in path.rglob("*") if file.suffix in SOUND_SUFFIXES and file.is_file())
    return {file.relative_to(path).as_posix(): file.read_bytes for file in files}


def _zip(path: Path) -> Pack:
    archive = zipfile.ZipFile(path)
    names = [name for name in archive.namelist() if name.endswith(SOUND_SUFFIXES)]
    return {name: lambda name=name: archive.read(name) for name in names}


def _opensfx(path: Path) -> Pack:
    """OpenTTD's sample catalogue: (offset, size) pairs, each entry a title and a WAV file.

    The entry's name is its number and the first quoted part of its title.
    """
    data = path.read_bytes()
    count = (struct.unpack_from("<I", data)[0] & 0x7FFFFFFF) // 8
    pack: Pack = {}
    for index in range(count):
        offset, size = struct.unpack_from("<II", data, 8 * index)
        offset &= 0x7FFFFFFF
        title = data[offset + 1 : offset + 1 + data[offset]].rstrip(b"\0").decode()
        start = offset + 1 + data[offset]
        if size > 44:  # a bare WAV header is an unused slot
            pack[f"{index:02d} {title.split(chr(34))[1]}"] = lambda a=start, b=start + size: data[a:b]
    return pack


def _openclonk(path: Path) -> Pack:
    """OpenClonk's group file: gzip under another magic number, scrambled headers, groups within groups."""
    return dict(_group_entries(gzip.decompress(b"\x1f\x8b" + path.read_bytes()[2:]), ""))


_HEADER, _ENTRY, _NAME = 204, 316, 260


def _group_entries(data: bytes, prefix: str):
    header = bytearray(byte ^ 237 for byte in data[:_HEADER])
    for i in range(0, _HEADER - 2, 3):
        header[i], header[i + 2] = header[i + 2], header[i]
    count = struct.unpack_from("<i", header, 36)[0]
    body = _HEADER + _ENTRY * count
    for i in range(count):
        entry = data[_HEADER + _ENTRY * i : _HEADER + _ENTRY * (i + 1)]
        name = prefix + entry[:_NAME].split(b"\0")[0].decode()
        _, is_group, size, _, offset = struct.unpack_from("<5i", entry, _NAME)
        content = data[body + offset : body + offset + size]
        if is_group:
            yield from _group_entries(content, name + "/")
        elif name.endswith(SOUND_SUFFIXES):
            yield name, lambda content=content: content
