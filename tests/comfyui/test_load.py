"""Many workflows of all families in one queue, some cancelled: no error, and the same results as one by one.

bench/load.py does this with hundreds, and looks at the memory.
"""

import random

from .load import digest, run_queue, workflows

DIFFERENT, ORDER = 6, (0, 1, 2, 0, 3, 4, 4, 5, 1, 2, 5, 0)
CANCELLED = {1: "interrupt", 4: "interrupt", 6: "delete", 8: "delete"}


def test_a_queue_gives_what_single_runs_give(server, model, mmaudio, foley):
    rng = random.Random(0)
    different = workflows(DIFFERENT, rng, model)
    cancelled = [CANCELLED.get(place, "") for place in range(len(ORDER))]
    done = run_queue(server, [different[number] for number in ORDER], cancelled, rng, timeout_s=400)
    assert done.errors == []
    assert {"done", "interrupted", "deleted"} == set(done.ends)
    alone = {}
    for number, end, made in zip(ORDER, done.ends, done.hashes, strict=True):
        if end == "done":
            if number not in alone:
                server.post("/free", {"unload_models": True, "free_memory": True})
                run = server.run(different[number])
                assert run.error is None, run.error
                alone[number] = digest(server, run.outputs)
            assert made == alone[number]
    assert len(set(alone.values())) == len(alone) > 2
