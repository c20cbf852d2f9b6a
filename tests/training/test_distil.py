"""Distillation: the LoRA takes the network, unguided, where its guidance led it."""

import torch
from test_mini import TwoClips, text

from v2a_core.models.lora import merge_lora
from v2a_core.models.mini.family import MiniFamily
from v2a_core.models.mini.network import MiniNetwork, NetworkConfig
from v2a_core.sampling.guidance import Guidance, guided_velocity
from v2a_core.sampling.solvers import euler
from v2a_core.training import distil, latents
from v2a_core.training.latents import LatentBatches
from v2a_core.training.trainer import TrainConfig
from v2a_core.weights.formats import write_state


def family():
    torch.manual_seed(1)
    config = NetworkConfig(width=64, inner=64, depth=1, attention_in=())
    return MiniFamily(MiniNetwork(config).eval(), None, text().eval(), None)


def made(network, paths):
    """Where the network goes from the paths' beginnings, unguided."""
    tensors = {name: tensor.float() for name, tensor in paths.tensors.items()}
    velocity = guided_velocity(
        network, Guidance(1, 1), positive=((tensors, None),), negative=(), negative_with_video=()
    )
    with torch.inference_mode():
        return euler(velocity, paths.x[0].float(), paths.sigmas)


def test_in_few_unguided_steps_it_goes_where_many_guided_ones_went(tmp_path, monkeypatch):
    monkeypatch.setattr(latents, "TOKENS", 8)
    teacher, shards = family(), TwoClips()
    features = torch.randn(2, 150, 128).half()
    write_state(tmp_path / "features.safetensors", {"features": features}, {})
    config = TrainConfig(tmp_path, 150, rate=1e-2, warmup=5, ema=0.9)
    path = distil.distil(teacher, shards, 32, config)

    paths = distil.teacher_paths(teacher, LatentBatches(shards, features, teacher.text), 32, config)
    assert len(paths.x) == distil.STEPS + 1
    assert paths.x.shape[1] == 32
    ends = paths.x[-1].float()
    before = (made(teacher.network, paths) - ends).square().mean()
    merge_lora(teacher.network, path, 1.0, "mini")
    assert (made(teacher.network, paths) - ends).square().mean() < 0.3 * before


def test_paths_are_not_walked_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(latents, "TOKENS", 8)
    teacher, batches = family(), LatentBatches(TwoClips(), torch.zeros(2, 150, 128).half(), text())
    config = TrainConfig(tmp_path, 1)
    first = distil.teacher_paths(teacher, batches, 20, config)
    monkeypatch.setattr(distil, "_walked", None)
    again = distil.teacher_paths(teacher, batches, 20, config)
    assert torch.equal(first.x, again.x)
