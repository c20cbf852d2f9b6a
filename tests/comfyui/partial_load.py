"""Says what ComfyUI's memory manager does with a model, as JSON: python partial_load.py MODEL FILE...

FILE... are ROLE=PATH of the model's parts. It runs inside ComfyUI's folder, without a server. A card too small for the
network is played by the device "meta", which computes nothing, but refuses what lies on another device; that the
numbers are right is seen on the CPU.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]


def imported(module: str):
    """A module of the pack, which ComfyUI's folder knows by no name of its own."""
    if "v2a_pack" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "v2a_pack", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        sys.modules["v2a_pack"] = pack = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(pack)
    return importlib.import_module(f"v2a_pack.{module}")


def main(name: str, *files: str) -> dict:
    sys.path.insert(0, str(Path.cwd()))
    from comfy.cli_args import args

    args.cpu = True
    patcher, _, _ = imported("nodes.native_model").load(name, "float32", dict(file.split("=", 1) for file in files))
    model, network = patcher.model, patcher.model.diffusion_model
    inputs = _inputs(network.config)
    budget = patcher.model_size() // 4
    told = {
        "types": sorted({str(value.dtype) for value in network.state_dict().values()}),
        "bytes": patcher.model_size(),
        # Matrices and kernels that ComfyUI could not bring over one layer at a time.
        "stuck": [
            f"{path}.{key}"
            for path, module in network.named_modules()
            for key, value in module.named_parameters(recurse=False)
            if value.numel() > 10_000 and not hasattr(module, "comfy_cast_weights")
        ],
    }
    with torch.inference_mode():
        whole = _velocity(patcher, inputs)
        patcher.detach()
        patcher.partially_load(patcher.load_device, budget)
        told["partial"] = [model.model_lowvram, 0 < model.model_loaded_weight_memory <= budget]
        told["same"] = torch.equal(whole, _velocity(patcher, inputs))
        patcher.detach()
        patcher.load_device = torch.device("meta")
        patcher.partially_load(patcher.load_device, 1)
        told["nothing loaded"] = model.model_loaded_weight_memory == 0
        told["on a small card"] = str(_velocity(patcher, inputs).device)
    return told


def _inputs(config) -> dict[str, torch.Tensor]:
    drawn = torch.Generator().manual_seed(0)
    shapes = {"x": (2, config.latent_dim, 50), "text": (2, 9, config.text_width), "clip": (2, 8, config.clip_width)}
    shapes |= {"sync": (2, 16, config.sync_width)}
    return {name: torch.randn(shape, generator=drawn) for name, shape in shapes.items()} | {"t": torch.full((2,), 0.6)}


def _velocity(patcher, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    at = {name: value.to(patcher.load_device) for name, value in inputs.items()}
    return patcher.model.diffusion_model(at.pop("x"), at.pop("t"), **at)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
