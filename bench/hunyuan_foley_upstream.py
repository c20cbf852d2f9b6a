"""Upstream's side of `hunyuan_foley.py`, in a process of its own: python bench/hunyuan_foley_upstream.py JOB.

Its classes are loaded as its own loader does, and its own sampling loop runs on them.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from mmaudio_parts import Stages


class Kept:
    """Takes the codec's place in the sampling loop, so that decoding is timed apart."""

    sample_rate = 48000

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        self.latent = latent
        return torch.zeros(1, 1, 1)


@torch.no_grad()
def main(job: dict) -> None:
    """Sample and decode, and write latent, sound and what each stage took."""
    sys.path.insert(0, job["upstream"])
    from hunyuanvideo_foley.utils import model_utils

    torch.set_num_threads(job["threads"])
    device, files = torch.device(job["device"]), job["files"]
    inputs = {name: value.to(device) for name, value in torch.load(Path(job["work"], "inputs.pt")).items()}
    size = job["model"].rpartition("_")[2]
    config = model_utils.load_yaml(str(Path(job["upstream"], f"configs/hunyuanvideo-foley-{size}.yaml")))
    stages = Stages(job["device"])
    with stages("load"):
        network = model_utils.HunyuanVideoFoley(config, dtype=torch.bfloat16, device=device)
        network = network.to(device=device, dtype=torch.bfloat16)
        network = model_utils.load_state_dict(network, files[f"{job['model']}.pth"]).eval()
        codec = model_utils.DAC.load(files["dac_128d_48k.pth"]).to(device).eval()
    kept = Kept()
    models = SimpleNamespace(foley_model=network, dac_model=kept, device=device)
    seen = SimpleNamespace(siglip2_feat=inputs["clip"], syncformer_feat=inputs["sync"])
    texts = SimpleNamespace(text_feat=inputs["text"], uncond_text_feat=inputs["negative"])
    torch.manual_seed(job["seed"])
    with stages("sample"):
        model_utils.denoise_process(seen, texts, job["seconds"], models, config, job["cfg"], job["steps"])
    with stages("decode"):
        wave = codec.decode(kept.latent)
    torch.save({"latent": kept.latent.float().cpu(), "wave": wave.cpu(), "stages": stages.stages}, job["out"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
