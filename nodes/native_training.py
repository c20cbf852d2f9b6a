"""Training inside ComfyUI: on a copy of the network, outside of inference mode, with everything else off the device."""

import copy
from pathlib import Path

import comfy.model_management as memory
import comfy.sd
import comfy.utils
import torch
from torch import nn

from ..v2a_core.errors import InputError


def train_lora(model, encoders, vae, run, progress) -> Path:
    """Train the LoRA of a LoRARun for a MODEL with the encoders and the vae of the same family; returns its file.

    Raises InputError where the three don't belong together, the model carries patches or computes in float16.
    """
    family = encoders.family
    if vae.family is not family or model.model.diffusion_model is not family.network:
        raise InputError("model, encoders and vae are of different loaders: connect those of one V2A Load Model.")
    if model.patches:
        raise InputError("The model has a LoRA or another patch on it: connect the model of V2A Load Model itself.")
    if family.network.dtype == torch.float16:
        raise InputError("The model is loaded in float16, in which small gradients vanish: choose bfloat16 or float32.")
    memory.load_models_gpu([encoders.visual, encoders.text, vae.encoder], force_full_load=True)
    features = run.features(family, progress)
    # Takes off the network what other graphs have patched into it, too.
    memory.unload_all_models()
    device = memory.get_torch_device()
    # What is made in inference mode, in which nodes run, can't take part in training.
    with torch.inference_mode(False), torch.enable_grad():
        network = _copied(family.network, device)
        try:
            return run.train(family, network, features, str(device), progress=progress)
        finally:
            del network
            memory.soft_empty_cache()


def with_lora(model, path: Path):
    """A MODEL with a LoRA file on it at strength 1, as ComfyUI's loader puts it there."""
    state = comfy.utils.load_torch_file(str(path), safe_load=True)
    return comfy.sd.load_lora_for_models(model, None, state, 1.0, 0.0)[0]


def _copied(network: nn.Module, device: torch.device) -> nn.Module:
    """A network whose weights are copies on a device: the graph's own stays as it is, whatever comes of training."""
    memo = {id(one): nn.Parameter(one.detach().to(device, copy=True), False) for one in network.parameters()}
    memo |= {id(one): one.detach().to(device, copy=True) for one in network.buffers()}
    return copy.deepcopy(network, memo)
