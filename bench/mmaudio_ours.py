"""Our side of `mmaudio.py`, in a process of its own: python bench/mmaudio_ours.py JOB, a JSON object."""

import gc
import json
import sys
from pathlib import Path

import torch
from mmaudio_parts import Stages, operations

from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.settings import Settings
from v2a_core.stages import condition, draw_latent, encode_prompt, encode_video, sample


@torch.inference_mode()
def main(job: dict) -> None:
    """Run every stage as `pipeline.generate` does, and write what each made and took to the folder work."""
    torch.set_num_threads(job["threads"])
    work, device, dtype = Path(job["work"]), job["device"], getattr(torch, job["dtype"])
    stages = Stages(device)
    with stages("load"):
        family = load_family(job["model"], device=device, dtype=dtype)
        visual = family.visual
    with stages("encode"):
        for name, encoder in (("clip", visual.image), ("sync", visual.timing)):
            encoder.encode = stages.timed(name, encoder.encode)
        features = encode_video(family, VideoSource.from_path(job["clip"], 0.0, job["video_s"]))
    del encoder, visual
    family.release("visual")
    gc.collect()  # the timed calls refer to their encoders, in circles
    with stages("load"):
        family.text  # noqa: B018  made when it is asked for
    with stages("prompt"):
        texts = [encode_prompt(family, job[name]) for name in ("prompt", "negative")]
        conditions = condition(family, *texts, features)
    family.release("text")
    settings = Settings.for_family(family.spec, job["seed"], steps=job["steps"])
    noise = draw_latent(family.spec, features.duration_s, job["seed"]).to(device)
    with stages("load"):
        family.network  # noqa: B018
    rates = [stages.matrix_rate(dtype)]
    with stages("sample"):
        latent = sample(family.network, *conditions, noise, settings)
    rates.append(stages.matrix_rate(dtype))
    pairs = {name: [one.tensors()[name] for one in conditions] for name in ("text", "clip", "sync")}
    both = {name: torch.cat(pair).to(device) for name, pair in pairs.items()}
    call = noise.expand(2, -1, -1), torch.ones(2, device=device)
    flops = settings.steps * operations(family.network, *call, **family.network.prepare(**both))
    family.release("network")
    with stages("load"):
        family.decoder  # noqa: B018
    with stages("decode"):
        wave = family.decoder.decode(latent)

    tensors = {name: features.tensors[name] for name in ("clip", "sync")} | {"latent": latent, "wave": wave}
    tensors |= {"noise": noise, "text": texts[0].tokens, "negative": texts[1].tokens}
    torch.save({name: value.float().cpu() for name, value in tensors.items()}, work / job["tensors"])
    told = {"stages": stages.stages, "parts": stages.parts, "flops": flops, "matrix_rates": rates}
    (work / job["report"]).write_text(json.dumps(told))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
