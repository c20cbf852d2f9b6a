"""Distillation of Mini: a LoRA with which it goes in few steps where, guided, it goes in many.

The teacher is the network itself under its own guidance. What it makes of noise is kept at every fourth of its steps,
and the student, unguided, learns to go from one of these to the next: guidance as Meng et al. (2023) distil it, steps
as Salimans and Ho (2022) do, along the teacher's whole path.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..models.base import Conditions
from ..models.mini.family import LICENCE, SPEC, MiniFamily
from ..models.mini.speech import UNTOLD
from ..parts import Parts, digest
from ..sampling.flow import draw_noise, shifted_sigmas
from ..sampling.solvers import Velocity
from ..settings import Settings
from ..stages import sample
from .crew import crew
from .latents import BATCH, LatentBatch, LatentBatches
from .lora import LoRA, LoRAConfig
from .lora_run import RESULT
from .mini import cached_features, network_tensors
from .shards import Shards
from .trainer import TrainConfig, Training

STEPS = 6  # of the student; in eight it is a little better still
SUBSTEPS = 4  # of the teacher, in each of these
RANK = 24


@dataclass(frozen=True)
class Paths:
    """Where the teacher has been: x float16 [STEPS + 1, N, 80, 4 T] at the noise levels sigmas [STEPS + 1], under the
    network's tensors float16 [N, T, ...].
    """

    x: Tensor
    sigmas: Tensor
    tensors: dict[str, Tensor]


@torch.inference_mode()
def teacher_paths(family: MiniFamily, batches: LatentBatches, count: int, config: TrainConfig, progress=None) -> Paths:
    """The teacher's paths under the conditions of the first batches, at least `count`; kept in the run's folder."""
    # With Euler's method each step begins with the only call of the network there, which is where a path is kept.
    settings = Settings.for_family(SPEC, steps=STEPS * SUBSTEPS, solver="euler")
    sigmas = shifted_sigmas(settings.steps, settings.shift)
    kept, made_of = Parts(config.out / "paths"), digest(repr(settings), family.network, family.text)
    for part in (family.network, family.text):
        part.to(config.device)
    parts, total = [], -(-count // BATCH)
    for number in range(total):
        batch, name = batches(number), f"{number:04}"
        key = digest(made_of, vars(batch))
        part = kept.read(name, key)
        if part is None:
            part = _walked(family, batch.to(config.device), settings, sigmas, number)
            kept.write(name, key, part)
        parts.append(part)
        if progress:
            progress("teach", number + 1, total)
    x = torch.cat([part.pop("x") for part in parts], 1)
    return Paths(x, sigmas[::SUBSTEPS], {name: torch.cat([part[name] for part in parts]) for name in parts[0]})


def _walked(family: MiniFamily, batch: LatentBatch, settings: Settings, sigmas: Tensor, seed: int) -> dict[str, Tensor]:
    nothing = replace(
        batch,
        ids=torch.full_like(batch.ids, -1),
        seen=torch.zeros_like(batch.seen),
        phonemes=torch.full_like(batch.phonemes, UNTOLD),
    )
    told, untold = (_conditions(family, one) for one in (batch, nothing))
    noise, walked = draw_noise(tuple(batch.latent.shape), seed).to(batch.latent.device), []

    def kept(velocity: Velocity) -> Velocity:
        def keep(x: Tensor, sigma: Tensor) -> Tensor:
            walked.append(x.cpu())
            return velocity(x, sigma)

        return keep

    end = sample(family.network, told, untold, noise, settings, around=kept, sigmas=sigmas)
    x = torch.stack([*walked[::SUBSTEPS], end.cpu()])
    return {"x": x.half(), **{name: tensor.half().cpu() for name, tensor in told.tensors().items()}}


def _conditions(family: MiniFamily, batch: LatentBatch) -> Conditions:
    tensors, _ = network_tensors(family.text, batch)
    return Conditions(video={"video": tensors.pop("video")}, text=tensors)


class PathBatches:
    """Batches drawn from the number of the step: places on paths, and the next places there."""

    def __init__(self, paths: Paths, seed: int = 0):
        self.paths, self.seed = paths, seed

    def __call__(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor, dict[str, Tensor]]:
        """x [B, 80, 4 T] at sigma [B], x at the next sigma, and the network's tensors."""
        rng = np.random.default_rng((self.seed, step))
        x, sigmas, tensors = self.paths.x, self.paths.sigmas, self.paths.tensors
        rows = torch.from_numpy(rng.integers(x.shape[1], size=BATCH))
        at = torch.from_numpy(rng.integers(len(x) - 1, size=BATCH))
        told = {name: tensor[rows].float() for name, tensor in tensors.items()}
        return x[at, rows].float(), sigmas[at], x[at + 1, rows].float(), sigmas[at + 1], told


def distil(family: MiniFamily, shards: Shards, count: int, config: TrainConfig, progress=None) -> Path:
    """Train the LoRA on `count` soundtracks of the teacher's, and write it to the run's folder."""
    told = progress if crew().leads else None
    with crew().first_then_others():
        features = cached_features(config.out, family.visual, shards, config.device, told)
        paths = teacher_paths(family, LatentBatches(shards, features, family.text), count, config, told)
    network = family.network.to(config.device).requires_grad_(False)
    lora = LoRA(network, LoRAConfig(RANK))
    training = Training(lora, replace(config, warmup=max(1, config.steps // 20)))

    def losses(batch: tuple) -> dict[str, Tensor]:
        *places, tensors = batch
        x, sigma, end, end_sigma = (place.to(config.device) for place in places)
        made = network(x, sigma, **{name: tensor.to(config.device) for name, tensor in tensors.items()})
        velocity = (end - x) / (end_sigma - sigma)[:, None, None]
        # The error of the clean latent that follows from the velocity: at high noise it is one of the whole sound.
        return {"jump": ((made.float() - velocity) * sigma[:, None, None]).square().mean()}

    with lora.on(network):
        training.run(PathBatches(paths), losses, progress)
    training.averaged()
    path = config.out / RESULT
    if crew().leads:
        lora.save(path, SPEC.name, {"licence": LICENCE, "steps": str(training.done), "soundtracks": str(count)})
    return path
