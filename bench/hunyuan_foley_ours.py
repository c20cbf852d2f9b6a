"""Our side of `hunyuan_foley.py`, in a process of its own: python bench/hunyuan_foley_ours.py JOB, a JSON object."""

import json
import sys
from pathlib import Path

import torch
from mmaudio_parts import Stages

from v2a_core.models.base import Conditions
from v2a_core.models.encoders.picture_and_timing import over
from v2a_core.models.hunyuan_foley.config import TEXT_TOKENS, lengths
from v2a_core.models.hunyuan_foley.dac import DACDecoder
from v2a_core.models.hunyuan_foley.network import FoleyNetwork
from v2a_core.settings import Settings
from v2a_core.stages import sample
from v2a_core.weights.formats import StoredTensors


@torch.inference_mode()
def main(job: dict) -> None:
    """Sample and decode with what the family is made of, and write latent, sound and what each stage took."""
    torch.set_num_threads(job["threads"])
    inputs, files, device = torch.load(Path(job["work"], "inputs.pt")), job["files"], job["device"]
    stages = Stages(device)
    with stages("load"):
        stored = StoredTensors(files[f"{job['model']}.safetensors"], layout="foley_network")
        network = FoleyNetwork.from_state(stored, dtype=getattr(torch, job["dtype"])).to(device)
    empty = {"clip": network.empty_clip_feat, "sync": network.empty_sync_feat}
    seen = {name: inputs[name] for name in ("clip", "sync")}
    conditions = [
        Conditions(prompt(inputs[name]), video)
        for name, video in (("text", seen), ("negative", over(lengths(job["seconds"]), None, empty)))
    ]
    settings = Settings(job["seed"], job["steps"], job["cfg"], job["cfg"], "euler", 1.0)
    with stages("sample"):
        latent = sample(network, *conditions, inputs["noise"].float().to(device), settings)
    del network
    with stages("decode"):
        stored = StoredTensors(files["dac_128d_48k.safetensors"], layout="foley_vae", only=DACDecoder.PREFIXES)
        wave = DACDecoder.from_state(stored).to(device).decode(latent)
    torch.save({"latent": latent.cpu(), "wave": wave.cpu(), "stages": stages.stages}, job["out"])


def prompt(tokens: torch.Tensor) -> dict[str, torch.Tensor]:
    """Tokens [1, L, 768] as the family lays them out."""
    padded = torch.nn.functional.pad(tokens, (0, 0, 0, TEXT_TOKENS - tokens.shape[1]))
    return {"text": padded, "text_length": torch.tensor([tokens.shape[1]])}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
