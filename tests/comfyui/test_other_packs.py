"""Other packs in the same ComfyUI: one with packages called nodes and v2a_core, one with the node ids of kijai's."""

from .conftest import CLIP, audio_of
from .graphs import node, one_node, save_video

KIJAIS = {"MMAudioModelLoader", "MMAudioFeatureUtilsLoader", "MMAudioSampler"}


def test_all_packs_are_loaded(server):
    listed = server.get("/object_info")
    assert KIJAIS | {"TestWhose", "V2AVideoToAudio"} <= listed.keys()
    modules = {name: listed[name]["python_module"] for name in ("TestWhose", "MMAudioSampler", "V2ASampler")}
    assert list(modules.values()) == [
        "custom_nodes.another",
        "custom_nodes.ComfyUI-MMAudio",
        "custom_nodes.comfyui-v2a",
    ]
    assert "IMPORT FAILED" not in server.log.read_text()


def test_one_graph_has_nodes_of_all(server, model):
    loader = server.get("/object_info/MMAudioModelLoader")["MMAudioModelLoader"]
    files, _ = loader["input"]["required"]["mmaudio_model"]
    graph = one_node(CLIP, model, codec="flac") | {
        "weights": node("MMAudioModelLoader", mmaudio_model=files[0]),
        "features": node("MMAudioFeatureUtilsLoader", mmaudio_model=files[0]),
        "theirs": node("MMAudioSampler", mmaudio_model=["weights", 0], feature_utils=["features", 0], duration=2.0),
        "both": node("V2AMuxVideo", video=["make", 0], audio=["theirs", 0], mode="mix", codec="flac"),
        "save both": save_video("both"),
        "whose": node("TestWhose", audio=["make", 1]),
    }
    done = server.run(graph)
    assert done.error is None, done.error
    assert done.outputs["whose"]["text"] == ["another's", "another's"]
    made, mixed = (audio_of(server.output(done, name))[0] for name in ("save", "save both"))
    assert made.any() and mixed.any()
