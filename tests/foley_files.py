"""Files of a narrow HunyuanVideo-Foley with random weights, laid out as the published ones."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import save_file
from torch import Tensor

from v2a_core.models import load_family
from v2a_core.models.hunyuan_foley.family import FoleyFamily
from v2a_core.weights.catalog import catalog

WEIGHT_NORM = {  # spellings of a convolution's length and direction
    "legacy": ("weight_g", "weight_v"),
    "parametrized": ("parametrizations.weight.original0", "parametrizations.weight.original1"),
}


def write_files(family: FoleyFamily, folder: Path, spelling: str = "legacy") -> dict[str, Path]:
    """{role: file} of a narrow family, each with what of the published file nobody reads."""
    files = {role: folder / f"{role}.safetensors" for role in published(family, spelling)}
    for role, state in published(family, spelling).items():
        save_file({name: value.contiguous() for name, value in state.items()}, files[role])
    files["tokenizer"] = folder / "tokenizer.json"
    family.text.tower.tokenizer.save(str(files["tokenizer"]))
    return files


def place_files(folder: Path) -> dict[str, Path]:
    """{role: file} of a narrow family, put where the catalogue's are looked for in a models folder."""
    parts, files = catalog()["hunyuan_foley_xl"].parts, {}
    with TemporaryDirectory() as written:
        for role, path in write_files(load_family("hunyuan_foley_xl", weights="random"), Path(written)).items():
            part = next(part for part in parts if part.role == role)
            files[role] = folder / part.folder / part.choice().path
            files[role].parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, files[role])
    return files


def published(family: FoleyFamily, spelling: str = "legacy") -> dict[str, dict[str, Tensor]]:
    """{role: state} of a narrow family, under the names that files have."""
    timing = family.visual.timing.state_dict().items()
    return {
        "network": {name: value.bfloat16() for name, value in family.network.state_dict().items()},
        "vae": _codec(family, spelling),
        "siglip2": family.visual.image.state_dict() | {"text_model.head.bias": torch.zeros(1)},
        "synchformer": {f"vfeat_extractor.{name.replace('.in_proj.', '.in_proj_')}": value for name, value in timing}
        | {"afeat_extractor.cls_token": torch.zeros(1)},
        "clap": family.text.tower.state_dict() | {"audio_model.norm.bias": torch.zeros(1)},
    }


def _codec(family: FoleyFamily, spelling: str) -> dict[str, Tensor]:
    state, (gain, direction) = {}, WEIGHT_NORM[spelling]
    for name, value in (family.decoder.state_dict() | family.encoder.state_dict()).items():
        if name.endswith(".weight") and "quant_conv." not in name:
            stem = name.removesuffix("weight")
            # Half the direction, twice the length: only their product counts.
            length = value.flatten(1).norm(dim=1)[:, None, None]
            state |= {stem + gain: length, stem + direction: value / 2}
        else:
            state[name] = value
    return state
