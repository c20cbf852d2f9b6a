"""Real files with a little damage: an InputError, or what is there is read. bench/fuzz.py does far more of this."""

from contextlib import suppress

import pytest
from fuzz_targets import TARGETS, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from v2a_core.errors import InputError

TRIES = {"media": 12, "packets": 12}
DAMAGE = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),  # where, as a part of the file
        st.sampled_from(["set", "flip", "cut", "drop", "double"]),
        st.integers(0, 255),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=6,
)


def damaged(data: bytes, damage: list) -> bytes:
    """The bytes with values set, bits flipped, stretches dropped or doubled, or the end cut off."""
    for where, how, value, length in damage:
        at = int(where * len(data))
        before, here, after = data[:at], data[at : at + length], data[at + length :]
        if how == "set":
            data = before + bytes([value]) * len(here) + after
        elif how == "flip":
            data = before + bytes(byte ^ value for byte in here) + after
        elif how == "cut":
            data = before + here
        else:
            data = before + here * (0 if how == "drop" else 2) + after
    return data


@pytest.fixture(scope="module", params=TARGETS)
def target(request, tmp_path_factory):
    """A target's name and its real files."""
    folder = tmp_path_factory.mktemp(request.param)
    seeds(request.param, folder)
    return request.param, [path.read_bytes() for path in sorted(folder.iterdir())]


def test_real_files_are_read(target):
    name, files = target
    for data in files:
        TARGETS[name](data)


def test_damaged_files_are_told(target):
    name, files = target

    @settings(derandomize=True, deadline=None, database=None, max_examples=TRIES.get(name, 60))
    @given(st.sampled_from(files), DAMAGE)
    def tried(data, damage):
        with suppress(InputError):
            TARGETS[name](damaged(data, damage))

    tried()
