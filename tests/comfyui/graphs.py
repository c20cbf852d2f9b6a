"""Prompts in ComfyUI's API format, as short as the tests want to say them."""


def node(kind: str, **inputs) -> dict:
    return {"class_type": kind, "inputs": inputs}


def full(video: str, model: str, /, **changes) -> dict:
    """Every stage a node, up to the decoded audio; changes name a node and its inputs: sampler={"seed": 3}."""
    graph = {
        "load": node("V2ALoadVideo", file=video, start=0.0, duration=0.0),
        "model": node("V2ALoadModel", model=model, precision="auto"),
        "encode": node("V2AEncodeVideo", encoders=["model", 1], video=["load", 0]),
        "prompt": node("V2APrompt", encoders=["model", 1], prompt="rain on wood", negative_prompt="footsteps"),
        "condition": node(
            "V2ACondition", positive=["prompt", 0], negative=["prompt", 1], features=["encode", 0], seconds=0.0
        ),
        "sampler": node(
            "V2ASampler",
            model=["model", 0],
            positive=["condition", 0],
            negative=["condition", 1],
            latent=["condition", 2],
            **sampling(),
        ),
        "decode": node("V2ADecodeAudio", vae=["model", 2], latent=["sampler", 0]),
    }
    for name, inputs in changes.items():
        graph[name]["inputs"].update(inputs)
    return graph


def sampling(**changes) -> dict:
    return {"seed": 7, "steps": 5, "cfg": 2.5, "video_cfg": -1.0, "solver": "euler", **changes}


def one_node(video: str, name: str, /, **changes) -> dict:
    """The whole chain in one node, saved."""
    inputs = {"prompt": "rain", "negative_prompt": "", "model": name, "precision": "auto", "mode": "replace"}
    inputs |= {"codec": "auto", **sampling(), **changes}
    return {
        "load": node("V2ALoadVideo", file=video, start=0.0, duration=0.0),
        "make": node("V2AVideoToAudio", video=["load", 0], **inputs),
        "save": save_video("make"),
    }


def save_video(source: str) -> dict:
    return node("SaveVideo", video=[source, 0], filename_prefix="video/made", format="auto", codec="auto")


def save_latent(source: str, output: int = 0) -> dict:
    return node("SaveLatent", samples=[source, output], filename_prefix="latents/made")
