"""Files of a narrow mmaudio_small_16k with random weights, laid out as the published ones."""

from pathlib import Path

import torch
from golden_cases import fill_state, manifest
from safetensors.torch import save_file

from v2a_core.models import load_family
from v2a_core.weights.catalog import catalog


def write_files(folder: Path) -> dict[str, Path]:
    """{role: file}, put where the catalogue's are looked for in a models folder."""
    states, files = published(load_family("mmaudio_small_16k", weights="random")), {}
    for part in catalog()["mmaudio_small_16k"].parts:
        files[part.role] = folder / part.folder / part.choice().path
        files[part.role].parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.contiguous() for name, value in states[part.role].items()}, files[part.role])
    return files


def published(family) -> dict[str, dict[str, torch.Tensor]]:
    """{role: state} of narrow parts, under the names that files have."""

    def packed(module, prefix):
        state = module.state_dict().items()
        return {prefix + name.replace(".in_proj.", ".in_proj_"): value for name, value in state}

    def narrowed(case):
        shapes = manifest(case).items()
        return fill_state({name: tuple(n // 24 if n % 24 == 0 else n for n in shape) for name, shape in shapes})

    return {
        "network": family.network.state_dict(),
        "clip": packed(family.visual.image, "visual.") | packed(family.text.tower, ""),
        "synchformer": packed(family.visual.timing, "vfeat_extractor."),
        "vae": narrowed("vae_16k"),
        "vocoder": narrowed("bigvgan_16k"),
    }
