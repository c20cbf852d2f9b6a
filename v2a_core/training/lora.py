"""Training of a LoRA: the network stays as it is, and what is trained are narrow matrices beside its layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError
from ..models.base import FamilySpec
from ..models.lora import ALPHA, BASE, DOWN, PREFIX, UP, matrices
from ..weights.formats import write_state
from .features import WindowBatches
from .objective import flow_pair
from .trainer import TrainConfig, Training

MAX_RANK = 512


@dataclass(frozen=True)
class LoRAConfig:
    """How wide a LoRA is, how strong (alpha / rank; alpha is rank where left out), and which layers it changes.

    targets are parts of parameter paths, such as "attn" or "blocks.3."; none of them means every layer.
    """

    rank: int = 16
    alpha: float | None = None
    targets: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self):
        if not 1 <= self.rank <= MAX_RANK:
            raise InputError(f"The rank is {self.rank}: give a whole number from 1 to {MAX_RANK}.")
        if self.alpha is not None and not 0 < self.alpha < 1e6:
            raise InputError(f"alpha is {self.alpha}: give a number above 0, such as the rank.")

    @property
    def scale(self) -> float:
        return 1.0 if self.alpha is None else self.alpha / self.rank


class LowRank(nn.Module):
    """What a LoRA adds to one layer's output; nothing at first."""

    def __init__(self, layer: nn.Module, config: LoRAConfig, generator: torch.Generator):
        super().__init__()
        out, *seen = layer.weight.shape
        self.scale, fan_in = config.scale, layer.weight[0].numel()
        self.down = nn.Parameter((torch.rand(config.rank, *seen, generator=generator) * 2 - 1) / fan_in**0.5)
        self.up = nn.Parameter(torch.zeros(out, config.rank, *[1] * (len(seen) - 1)))

    def forward(self, layer: nn.Module, seen: tuple[Tensor], out: Tensor) -> Tensor:
        """A layer's forward hook. A convolution over time gets its windows with the kernel before the channels."""
        down = self.down if self.down.ndim == 2 else self.down.transpose(1, 2).flatten(1)
        low = F.linear(seen[0], down.to(seen[0].dtype))
        return out + self.scale * F.linear(low, self.up.flatten(1).to(low.dtype)).to(out.dtype)


class LoRA(nn.Module):
    """A network's LoRA under training; the network itself is no part of it."""

    def __init__(self, network: nn.Module, config: LoRAConfig):
        super().__init__()
        self.config = config
        chosen = {
            name: layer
            for name, layer in matrices(network).items()
            if not config.targets or any(part in name for part in config.targets)
        }
        if not chosen:
            raise InputError(f"No layer's name holds {' or '.join(config.targets)}: leave the targets out for all.")
        self.names = tuple(chosen)
        generator = torch.Generator().manual_seed(config.seed)
        self.parts = nn.ModuleList(LowRank(layer, config, generator) for layer in chosen.values())

    @contextmanager
    def on(self, network: nn.Module) -> Iterator[None]:
        """Put it on a network for a while."""
        layers = matrices(network)
        hooks = [layers[name].register_forward_hook(part) for name, part in zip(self.names, self.parts, strict=True)]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def save(self, path, model: str, metadata: dict[str, str]) -> None:
        """Write it as float16; layers that training never reached are left out."""
        state = {}
        for name, part in zip(self.names, self.parts, strict=True):
            if part.up.any():
                state[f"{PREFIX}{name}{UP}"] = part.up.detach().half().cpu()
                state[f"{PREFIX}{name}{DOWN}"] = part.down.detach().half().cpu()
                state[f"{PREFIX}{name}{ALPHA}"] = torch.tensor(self.config.scale * self.config.rank)
        write_state(path, state, {BASE: model, "rank": str(self.config.rank), **metadata})


def check_trainable(spec: FamilySpec) -> None:
    """Raise InputError for a model that is distilled: what it has learned of guidance and steps would be lost."""
    if spec.base:
        raise InputError(
            f"The model {spec.name!r} is distilled and can't be trained: train a LoRA of {spec.base!r}, which works on "
            "both."
        )


def train_lora(
    network: nn.Module, spec: FamilySpec, lora: LoRA, batches: WindowBatches, config: TrainConfig, progress=None
) -> int:
    """Train a LoRA on the flow that its network was trained on, until it is the averaged one; returns its steps."""
    network.requires_grad_(False)
    training = Training(lora, config)

    def losses(batch: list) -> dict[str, Tensor]:
        total, rows = 0.0, sum(len(latent) for _, latent, _ in batch)
        for tensors, latent, generator in batch:
            x, sigma, velocity = flow_pair(latent.to(config.device), generator, *spec.noise_levels)
            made = network(x, sigma, **{name: tensor.to(config.device) for name, tensor in tensors.items()})
            total = total + F.mse_loss(made.float(), velocity) * len(latent) / rows
        return {"flow": total}

    with lora.on(network):
        training.run(batches, losses, progress)
    training.averaged()
    return training.done
