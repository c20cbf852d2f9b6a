"""The blueprint of the whole chain: served by ComfyUI, listed in its frontend, put in a graph and run."""

import json
import urllib.error

import numpy as np
import pytest

from .conftest import CLIP, audio_of
from .graphs import one_node
from .server import ROOT

(BLUEPRINT,) = (ROOT / "subgraphs").glob("*.json")


@pytest.fixture(scope="module")
def served(server):
    """The blueprint as ComfyUI gives it to its frontend."""
    try:
        listed = server.get("/api/global_subgraphs")
    except urllib.error.HTTPError:
        pytest.skip("this ComfyUI has no blueprints of packs")
    ((key, entry),) = listed.items()
    assert (entry["name"], entry["info"]) == (BLUEPRINT.stem, {"node_pack": "custom_nodes.comfyui-v2a"})
    return json.loads(server.get(f"/api/global_subgraphs/{key}")["data"])


def test_it_is_one_node_of_nodes_that_are_there(server, served):
    assert served == json.loads(BLUEPRINT.read_text())
    (outer,), (inner,) = served["nodes"], served["definitions"]["subgraphs"]
    assert outer["type"] == inner["id"]
    assert {step["type"] for step in inner["nodes"]} <= server.get("/object_info").keys()


def test_it_runs_as_the_one_node_does(server, served, in_browser, model):
    chosen = {"prompt": "rain", "negative_prompt": "", "model": model, "seed": 7, "steps": 5, "cfg": 2.5}
    out = in_browser("add_blueprint.mjs", BLUEPRINT.stem, CLIP, json.dumps(chosen))
    found = json.loads((out / "blueprint.json").read_text())
    assert found["about"] == served["extra"]["BlueprintDescription"]
    assert found["widgets"] == [*chosen, "video_cfg", "mode"]
    assert found["dialogs"] == []
    done, one = server.run(found["prompt"]), server.run(one_node(CLIP, model))
    assert done.error is None and one.error is None, (done.error, one.error)
    (saver,) = (key for key, step in found["prompt"].items() if step["class_type"] == "SaveVideo")
    made, expected = audio_of(server.output(done, saver)), audio_of(server.output(one, "save"))
    assert np.array_equal(made[0], expected[0])
