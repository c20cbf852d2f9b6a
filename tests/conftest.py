"""Small videos made on the spot, and Mini with random weights: fast, and enough for everything but quality."""

import pytest
from videos import write_video


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A silent video of 2 s."""
    return write_video(tmp_path_factory.mktemp("clips") / "silent.mp4")


@pytest.fixture(scope="session")
def sounding_clip(tmp_path_factory):
    """A video of 2 s with a tone."""
    return write_video(tmp_path_factory.mktemp("clips") / "sounding.mp4", sound=True)


@pytest.fixture(scope="session")
def mini():
    """Mini with seeded random weights."""
    from v2a_core.models import load_family

    return load_family("mini", weights="random")
