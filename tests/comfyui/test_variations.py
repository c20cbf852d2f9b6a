"""Takes in ComfyUI: made together, scored, put in order, and any of them made again alone."""

import numpy as np
import pytest

from .conftest import CLIP, audio_of
from .graphs import distance, full, node, save_latent

TAKES = 4


def takes(model, **changes):
    graph = full(CLIP, model, sampler={"latent": ["batch", 0]}, **changes)
    graph["batch"] = node("RepeatLatentBatch", samples=["condition", 2], amount=TAKES)
    return graph


def ranked(model, **inputs):
    graph = takes(model)
    graph["pick"] = node("V2AVariations", audio=["decode", 0], **inputs)
    graph["table"] = node("PreviewAny", source=["pick", 2])
    for name, output in (("best", 0), ("all", 1)):
        graph[name] = node("SaveAudio", audio=["pick", output], filename_prefix=f"audio/{name}")
    return graph


@pytest.mark.parametrize("inputs", [{"video": ["load", 0], "prompt": "rain"}, {}], ids=["video", "sound alone"])
def test_every_take_is_there_and_the_best_is_first(server, model, inputs):
    done = server.run(ranked(model, **inputs))
    assert done.error is None, done.error
    table = done.outputs["table"]["text"][0].split("\n")
    _, *rows, _, _ = table
    assert sorted(row.split()[4] for row in rows) == ["1", "2", "3", "4"]
    assert all(row.split()[1:4] == ["seed", "7,", "take"] for row in rows)
    syncs = [row.split()[5] for row in rows]
    if inputs:
        assert syncs == sorted(syncs, key=float, reverse=True)
    else:
        assert syncs == ["-"] * TAKES
    assert done.outputs["pick"]["text"][0] == "\n".join(table)
    (best, _), *rest = [audio_of(path) for path in server.saved(done, "best", "audio")]
    assert not rest
    everything = [audio_of(path)[0] for path in server.saved(done, "all", "audio")]
    assert len(everything) == TAKES
    assert np.array_equal(everything[0], best)
    assert len({samples.tobytes() for samples in everything}) == TAKES


def test_a_take_alone_is_that_of_the_batch(latent_of, model):
    together = latent_of({**takes(model), "save": save_latent("sampler")})
    graph = takes(model)
    graph["third"] = node("LatentFromBatch", samples=["batch", 0], batch_index=2, length=1)
    graph["sampler"]["inputs"]["latent"] = ["third", 0]
    alone = latent_of({**graph, "save": save_latent("sampler")})
    assert together.shape[0] == TAKES
    assert distance(together[2:3], alone) < 1e-4
    assert distance(together[1:2], alone) > 1e-2


def test_a_batch_that_is_not_finite_is_refused(server, model):
    graph = ranked(model)
    graph["none"] = node("EmptyAudio", duration=0.0, sample_rate=24000, channels=1)
    graph["pick"]["inputs"]["audio"] = ["none", 0]
    done = server.run(graph)
    assert done.error is not None and "'audio'" in done.error
