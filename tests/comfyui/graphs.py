"""Prompts in ComfyUI's API format, as short as the tests want to say them."""

import torch

POSITIVE, NEGATIVE, LATENT = (["condition", i] for i in range(3))


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


def with_ksampler(graph: dict, network: str = "model", **changes) -> dict:
    """The graph of `full` with core's KSampler as node "k", set like V2ASampler in it but for changes."""
    chosen = {"scheduler": "simple", "sampler_name": "euler", "denoise": 1.0, **_sampling_of(graph), **changes}
    conditions = {"positive": POSITIVE, "negative": NEGATIVE, "latent_image": LATENT}
    return {**graph, "k": node("KSampler", model=[network, 0], **conditions, **chosen)}


def with_custom_sampler(graph: dict) -> dict:
    """The graph of `full` with core's SamplerCustomAdvanced as node "k", set like V2ASampler in it."""
    chosen = _sampling_of(graph)
    return {
        **graph,
        "noise": node("RandomNoise", noise_seed=chosen["seed"]),
        "guider": node("CFGGuider", model=["model", 0], positive=POSITIVE, negative=NEGATIVE, cfg=chosen["cfg"]),
        "sigmas": node("BasicScheduler", model=["model", 0], scheduler="simple", steps=chosen["steps"], denoise=1.0),
        "euler": node("KSamplerSelect", sampler_name="euler"),
        "k": node(
            "SamplerCustomAdvanced",
            noise=["noise", 0],
            guider=["guider", 0],
            sampler=["euler", 0],
            sigmas=["sigmas", 0],
            latent_image=LATENT,
        ),
    }


def _sampling_of(graph: dict) -> dict:
    return {name: graph["sampler"]["inputs"][name] for name in ("seed", "steps", "cfg")}


def random_lora(shapes: dict, form: str) -> dict[str, torch.Tensor]:
    """A LoRA of rank 4 for weights {parameter name: shape}, in the spelling of "kohya" or "diffusers"."""
    generator, state = torch.Generator().manual_seed(1), {}
    for key, (rows, columns, *kernel) in shapes.items():
        stem = key.removesuffix(".weight")
        up, down = (f"lora_unet_{stem.replace('.', '_')}.lora_{end}.weight" for end in ("up", "down"))
        if form == "diffusers":
            up, down = (f"diffusion_model.{stem}.lora_{end}.weight" for end in ("B", "A"))
        state[up] = torch.randn(rows, 4, *[1] * len(kernel), generator=generator) * 0.2
        state[down] = torch.randn(4, columns, *kernel, generator=generator) * 0.2
    return state


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """The largest difference between two latents, which must have one shape and be finite."""
    assert a.shape == b.shape and a.isfinite().all()
    return (a - b).abs().max().item()
