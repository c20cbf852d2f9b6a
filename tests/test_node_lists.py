"""Lists that the nodes keep of their own, since they load without the library's heavy parts: they are the library's."""

import ast
from pathlib import Path

import pytest

from v2a_core.media.formats import ENCODERS
from v2a_core.media.loudness import TARGETS_LUFS
from v2a_core.sampling.guidance import RAMPS
from v2a_core.sampling.solvers import SOLVERS

NODES = Path(__file__).parents[1] / "nodes"


def offered(file: str, name: str):
    """What a module of nodes/ assigns to a name, from the source, as it can't be imported without ComfyUI."""
    for node in ast.parse((NODES / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [target.id for target in node.targets] == [name]:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{file} has no list called {name}")


@pytest.mark.parametrize(
    ("file", "name", "known"),
    [
        ("guidance.py", "RAMPS", [*RAMPS]),
        ("sampler.py", "SOLVERS", [*SOLVERS]),
        ("mux_video.py", "CODECS", ["auto", *ENCODERS]),
    ],
)
def test_a_node_offers_all_that_the_library_knows(file, name, known):
    assert list(offered(file, name)) == known


def test_the_mixer_offers_the_loudnesses_that_the_library_knows_by_their_names():
    targets = {"as it is": None, **{f"{target:g} LUFS": target for target in TARGETS_LUFS}}
    assert offered("mix_audio.py", "TARGETS") == targets
