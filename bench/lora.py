"""What training a LoRA takes, by model, at full size, for batches of one window of 8 s.

python bench/lora.py              every model: memory, counted without computing
python bench/lora.py MODEL...     these, computed with random weights: CPU seconds a step on one core, and peak memory
"""

import resource
import subprocess
import sys
import time

import torch
from torch.autograd.graph import saved_tensors_hooks

from v2a_core.models import FAMILIES, load_family
from v2a_core.models.hunyuan_foley import config as foley
from v2a_core.models.hunyuan_foley.network import FoleyNetwork
from v2a_core.models.mmaudio import config as mmaudio
from v2a_core.models.mmaudio.network import MMAudioNetwork
from v2a_core.training.lora import LoRA, LoRAConfig
from v2a_core.weights.catalog import catalog

SECONDS, STEPS, RANK = 8.0, 4, 16


def network_of(name: str, **make):
    """A network of a model's own size, what it is conditioned by over 8 s, and the shape of its latent."""
    if name == "mini":
        family = load_family("mini")
        network, tensors = family.network, family.condition(None, None, None, SECONDS).tensors()
        return network, tensors, (1, 80, family.spec.latent_length(SECONDS))
    if name in mmaudio.VARIANTS:
        variant = mmaudio.VARIANTS[name]
        config, rows, words = variant.config, mmaudio.lengths(SECONDS), variant.config.text_tokens
        network, frames = MMAudioNetwork(config, **make), round(SECONDS * variant.latent_rate_hz)
    else:
        config, rows, words = foley.VARIANTS[name], foley.lengths(SECONDS), foley.TEXT_TOKENS
        network, frames = FoleyNetwork(config, **make), round(SECONDS * 50)
    device = make.get("device", "cpu")
    tensors = {
        "text": torch.randn(1, words, config.text_width, device=device),
        "clip": torch.randn(1, rows["clip"], config.clip_width, device=device),
        "sync": torch.randn(1, rows["sync"], config.sync_width, device=device),
    }
    return network, tensors, (1, config.latent_dim, frames)


def count(name: str) -> None:
    """Print a row: weights in bfloat16, what a step keeps for its gradients, and LoRA, gradients, average and Adam."""
    network, tensors, shape = network_of(name, dtype=torch.bfloat16, device="meta")
    network = network.to("meta", torch.bfloat16 if name == "mini" else None).requires_grad_(False)
    network.dtype = torch.bfloat16
    lora = LoRA(network, LoRAConfig(RANK)).to("meta")
    weights = [one.untyped_storage() for one in (*network.parameters(), *lora.parameters())]
    known, kept = set(map(id, weights)), {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if id(storage) not in known:
            kept[id(storage)] = storage
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor), lora.on(network):
        x = torch.randn(shape, device="meta")
        out = network(x, torch.rand(1, device="meta"), **{key: value.to("meta") for key, value in tensors.items()})
    assert out.requires_grad
    frozen = sum(one.numel() * one.element_size() for one in network.parameters())
    step, own = sum(storage.nbytes() for storage in kept.values()), sum(one.numel() for one in lora.parameters())
    gb = [f"{value / 1e9:.2f} GB" for value in (frozen, step, 20 * own)]
    print(f"| {name} | {' | '.join(gb)} | {2 * own / 1e6:.1f} MB |")


def measure(name: str) -> None:
    """Print a row: CPU seconds a step, and peak memory of the process."""
    torch.set_num_threads(1)
    network, tensors, shape = network_of(name)
    network.requires_grad_(False)
    lora, times = LoRA(network, LoRAConfig(RANK)), []
    optimizer = torch.optim.AdamW(lora.parameters(), fused=True)
    with lora.on(network):
        for _ in range(STEPS):
            start = time.process_time()
            network(torch.randn(shape), torch.rand(1), **tensors).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
            times.append(time.process_time() - start)
    print(f"| {name} | {min(times):.2f} s | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        measure(sys.argv[2])
    elif sys.argv[1:]:
        print("| model | a step | peak memory |\n|---|---|---|", flush=True)
        for name in sys.argv[1:]:  # a process each, for its peak
            subprocess.run([sys.executable, __file__, "--here", name], check=True)
    else:
        print("| model | weights | a window | LoRA under training | its file |\n|---|---|---|---|---|")
        for name in (name for name in FAMILIES if name in catalog()):
            count(name)
