"""The library of licence-clean recordings, cut, levelled, split by source file and cached."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import tomllib
from numpy.random import Generator
from safetensors import safe_open
from safetensors.numpy import save_file

from ...atomic import whole_file
from .babble import made_babble
from .balls import made_balls
from .classes import SOUND_CLASSES
from .cutting import even_out, find_hit, find_hits, take_hit
from .packs import SAMPLE_RATE_HZ, decode, open_pack
from .speech import Speakers
from .splitting import SourceFile, test_files

SOURCES = Path(__file__).with_name("sources.toml")
EXTRA = "extra"  # recordings of no class: only `SoundLibrary.all` gives them
_MAX_TEXTURE_S = 60.0
_EVENTS = {name for name, spec in SOUND_CLASSES.items() if spec.kind == "event"}


@dataclass(frozen=True)
class Recording:
    """One cut of one source file.

    take: recordings of one take belong together (one object, one place). attack: samples from the start to the
    attack (0 for textures). start, length: place in the library's buffer.
    """

    sound_class: str
    take: int
    package: str
    path: str
    author: str
    licence: str
    split: str
    attack: int
    start: int
    length: int


class SoundLibrary:
    """All recordings under `root` (filled by `make sounds`), 24 kHz mono.

    The first use decodes the packages and writes `root/library.safetensors`; later ones load that in about a second.
    Splits are by source file: a test recording is in no other split, "val" draws from train's.
    """

    def __init__(self, root: str | Path, progress: Callable[[str, int, int], None] | None = None):
        root = Path(root)
        cache = root / "library.safetensors"
        digest = hashlib.sha256(SOURCES.read_bytes() + _code_bytes()).hexdigest()
        if not cache.exists() or _metadata(cache)["digest"] != digest:
            _write(cache, digest, *_build(root, progress))
        self.recordings = [Recording(**entry) for entry in json.loads(_metadata(cache)["recordings"])]
        with safe_open(cache, "numpy") as file:
            self._samples = file.get_tensor("samples")
        self._takes: dict[tuple[str, str], list[list[Recording]]] = {}
        for name in SOUND_CLASSES:
            for split in ("train", "test"):
                takes = defaultdict(list)
                for recording in self.recordings:
                    if recording.sound_class == name and recording.split == split:
                        takes[recording.take].append(recording)
                self._takes[name, split] = list(takes.values())

    def wave(self, recording: Recording, first: int = 0, last: int | None = None) -> np.ndarray:
        """The recording's samples, or those from first up to last, as float32 [N]."""
        stop = recording.length if last is None else min(last, recording.length)
        return self._samples[recording.start + first : recording.start + stop].astype(np.float32) * np.float32(
            1 / 32767
        )

    def takes(self, sound_class: str, split: str) -> list[list[Recording]]:
        """The class's recordings in this split, grouped by take."""
        return self._takes[sound_class, "test" if split == "test" else "train"]

    def draw_take(self, sound_class: str, split: str, rng: Generator) -> list[Recording]:
        """Draw a take, each with a chance that grows with the square root of its size."""
        takes = self.takes(sound_class, split)
        weights = np.sqrt([len(take) for take in takes])
        return takes[rng.choice(len(takes), p=weights / weights.sum())]

    def draw(self, sound_class: str, split: str, rng: Generator) -> Recording:
        """Draw one recording from a drawn take."""
        take = self.draw_take(sound_class, split, rng)
        return take[rng.integers(len(take))]

    def pick(self, sound_class: str, split: str, rng: Generator) -> np.ndarray:
        """Draw one recording's samples, float32 [N]."""
        return self.wave(self.draw(sound_class, split, rng))

    def all(self, split: str) -> list[np.ndarray]:
        """Every recording of a split, those of no class too, as float32 arrays at 24 kHz mono."""
        wanted = "test" if split == "test" else "train"
        return [self.wave(recording) for recording in self.recordings if recording.split == wanted]


def _code_bytes() -> bytes:
    return b"".join(
        Path(__file__).with_name(name).read_bytes()
        for name in ("babble.py", "balls.py", "cutting.py", "packs.py", "splitting.py")
    )


def _metadata(cache: Path) -> dict[str, str]:
    with safe_open(cache, "numpy") as file:
        return file.metadata()


def _write(cache: Path, digest: str, samples: np.ndarray, recordings: list[Recording]) -> None:
    metadata = {"digest": digest, "recordings": json.dumps([asdict(recording) for recording in recordings])}
    with whole_file(cache) as unfinished:
        save_file({"samples": samples}, unfinished, metadata)


@dataclass(frozen=True)
class _Source:
    take: int
    spec: dict
    package: str
    path: str
    author: str
    licence: str
    file: SourceFile


def _build(root: Path, progress) -> tuple[np.ndarray, list[Recording]]:
    sources = []
    for source, done, total in _sources(root):
        sources.append(source)
        if progress:
            progress("sounds", done, total)
    test = test_files([source.file for source in sources], _EVENTS)
    buffer: list[np.ndarray] = []
    recordings: list[Recording] = []
    position = 0
    for source in sources:
        split = "test" if source.file.digest in test else "train"
        for wave, attack in source.file.cuts:
            samples = np.round(wave * 32767).astype(np.int16)
            fields = (source.package, source.path, source.author, source.licence, split, attack)
            recordings.append(Recording(source.spec["sound"], source.take, *fields, position, len(samples)))
            buffer.append(samples)
            position += len(samples)
    return np.concatenate(buffer), recordings


def _sources(root: Path) -> Iterator[tuple[_Source, int, int]]:
    """Every file that a take names, decoded and cut, with the number of files done and in all."""
    tables = tomllib.loads(SOURCES.read_text())
    about = tables["package"]
    packs = {name: open_pack(root / "x" / name / entry["files"]) for name, entry in about.items() if "files" in entry}
    packs["self-made"] = made_balls()
    if "flite" in about:
        packs["flite"] = made_babble(Speakers(root))
    wanted = [
        (number, take, name)
        for number, take in enumerate(tables["take"])
        for name in sorted(packs[take["package"]])
        if any(fnmatchcase(name, like) for like in take["files"])
    ]
    seen: set[tuple[str, str]] = set()
    for done, (number, take, name) in enumerate(wanted):
        package, sound_class = take["package"], take["sound"]
        data = packs[package][name]()
        digest = hashlib.sha256(data).hexdigest()
        # Games repeat files under several names: one copy a class is enough.
        if (sound_class, digest) in seen:
            continue
        seen.add((sound_class, digest))
        author, licence = (take.get(key, about[package][key]) for key in ("author", "licence"))
        cuts = list(_cuts(decode(data, f"{package}/{name}"), take))
        file = SourceFile(sound_class, digest, _same(take, name), take.get("split"), cuts)
        if cuts:
            yield _Source(number, take, package, name, author, licence, file), done + 1, len(wanted)


def _same(take: dict, name: str) -> str | None:
    """The key of the recording that a file is a part of; "*" in a take's key stands for the file's first word."""
    same = take.get("same")
    return same and same.replace("*", "-".join(name.split("-")[:2]))


def _cuts(wave: np.ndarray, take: dict) -> Iterator[tuple[np.ndarray, int]]:
    if len(wave) < SAMPLE_RATE_HZ // 20 or np.abs(wave).max() < 1e-3:
        return
    start_s, stop_s = take.get("span_s", (0.0, _MAX_TEXTURE_S))
    wave = wave[int(start_s * SAMPLE_RATE_HZ) : int(stop_s * SAMPLE_RATE_HZ)]
    if take["sound"] == EXTRA:
        yield wave / max(np.abs(wave).max(), 0.25), 0
    elif take["sound"] not in _EVENTS:
        yield even_out(wave, take.get("even", 0.8)), 0
    else:
        find = find_hits if take.get("many") else lambda *args: [find_hit(*args)]
        for hit in find(wave, take.get("least_ms", 90)):
            if hit.end - hit.attack > SAMPLE_RATE_HZ // 20:
                yield take_hit(wave, hit, take.get("max_s", 1.5))
