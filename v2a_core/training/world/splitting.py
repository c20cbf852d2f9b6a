"""Which source files are for testing: chosen so that no test recording has a copy, or nearly one, in training."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.fft import irfft, rfft

from .packs import SAMPLE_RATE_HZ

_COMPARED = SAMPLE_RATE_HZ // 3
_COPY = 0.8
_SHARE = 6  # one unit in so many is for testing


@dataclass
class SourceFile:
    """A decoded source file: its class, the hash of its bytes, what it shares a recording with, its cuts.

    split forces a split; None leaves the choice to test_files.
    """

    sound_class: str
    digest: str
    same: str | None
    split: str | None
    cuts: list[tuple[np.ndarray, int]] = field(repr=False)


def test_files(files: list[SourceFile], compare: set[str]) -> set[str]:
    """Hashes of the test files.

    Files are grouped into units: those with one `same` key, and, in the classes of `compare`, those with cuts whose
    cross-correlation says that one is an edited copy of the other. Of every class about a sixth of the units is for
    testing, one to three at least where there are enough.
    """
    parent = {file.digest: file.digest for file in files}

    def root(digest: str) -> str:
        while parent[digest] != digest:
            digest = parent[digest]
        return digest

    keys: dict[str, str] = {}
    classes = defaultdict(list)
    for file in files:
        classes[file.sound_class].append(file)
        if file.same:
            parent[root(file.digest)] = root(keys.setdefault(file.same, file.digest))
    for name in sorted(compare & set(classes)):
        for a, b in _copies(classes[name]):
            parent[root(a)] = root(b)

    forced = defaultdict(set)
    for file in files:
        forced[file.split].add(root(file.digest))
    test = forced["test"]
    # Small classes choose first, so that a unit which two classes share falls where the choice is narrow.
    for _, members in sorted(classes.items(), key=lambda item: (len(item[1]), item[0])):
        units = defaultdict(set)
        for file in members:
            units[root(file.digest)].add(file.digest)
        wanted = max(round(len(units) / _SHARE), min(3, len(units) // 2)) - len(units.keys() & test)
        # A unit of more than a third of a class would leave too little to learn from.
        free = [u for u in units if u not in test and u not in forced["train"] and 3 * len(units[u]) <= len(members)]
        test.update(sorted(free or units.keys() - forced["train"], key=lambda unit: min(units[unit]))[: max(wanted, 0)])
    return {file.digest for file in files if root(file.digest) in test}


def _copies(files: list[SourceFile]) -> list[tuple[str, str]]:
    """Pairs of files of which some cuts are alike in their first third of a second, wherever they start."""
    cuts = [(file.digest, wave[:_COMPARED]) for file in files for wave, _ in file.cuts]
    size = 2 * _COMPARED
    spectra = np.stack([rfft(wave / max(np.linalg.norm(wave), 1e-9), size) for _, wave in cuts])
    pairs = []
    for i, (digest, _) in enumerate(cuts[:-1]):
        alike = np.abs(irfft(spectra[i].conj() * spectra[i + 1 :], size, axis=-1)).max(-1)
        pairs += [(digest, cuts[i + 1 + j][0]) for j in np.flatnonzero(alike > _COPY)]
    return pairs
