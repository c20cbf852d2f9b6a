"""Memory comes back after a run."""

import time

from .conftest import CLIP
from .graphs import one_node

ALLOWED_MB = 50


def settled_mb(server) -> float:
    """Resident memory once ComfyUI's worker has carried out what /free asked for."""
    server.post("/free", {"unload_models": True, "free_memory": True})
    time.sleep(3)
    return server.resident_mb()


def test_memory_comes_back_after_unload_models(server, model):
    # Libraries that a first run imports stay, as any library does: they are not counted against the second.
    assert server.run(one_node(CLIP, model, seed=41)).error is None
    before = settled_mb(server)
    for seed in (42, 43, 44):
        assert server.run(one_node(CLIP, model, seed=seed)).error is None
    assert settled_mb(server) - before < ALLOWED_MB
