"""One training loop for every part: moving average, checkpoints that resume anywhere, a log and its picture."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import InputError
from ..weights.formats import write_state
from .crew import crew
from .log import RunLog

CHECKPOINT = "checkpoint.safetensors"
Losses = Mapping[str, Tensor]


@dataclass(frozen=True)
class TrainConfig:
    """How to train; out is the folder of checkpoint and log, max_s bounds the seconds of this run."""

    out: Path
    steps: int
    rate: float = 1e-3
    warmup: int = 200
    weight_decay: float = 0.01
    ema: float = 0.999
    clip: float = 1.0
    device: str = "cpu"
    bf16: bool = False  # worth it on GPUs; a CPU without matrix units is faster in float32
    max_s: float = math.inf
    checkpoint_s: float = 120.0
    log_every: int = 20


class Training:
    """A module under training: run until the steps or the seconds are up, then averaged() is the result.

    Several processes, as torchrun starts them, each take a batch a step, and the mean of their gradients.
    """

    def __init__(self, module: nn.Module, config: TrainConfig):
        config.out.mkdir(parents=True, exist_ok=True)
        self.module, self.config = module.to(config.device).train(), config
        self.parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self.average = {name: p.detach().clone() for name, p in self.parameters.items()}
        matrices = [p for p in self.parameters.values() if p.ndim > 1]
        vectors = [p for p in self.parameters.values() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.rate, betas=(0.9, 0.98), fused=True)
        self.done, self.spent_s = 0, 0.0
        self.crew, self.log = crew(), RunLog(config.out)
        if self.crew.rank:  # each process draws noise of its own
            torch.manual_seed(torch.initial_seed() + self.crew.rank)
        if self._checkpoint.exists():
            self._restore()

    @property
    def _checkpoint(self) -> Path:
        return self.config.out / CHECKPOINT

    def run(self, batch_of: Callable[[int], object], loss_of: Callable[[object], Losses], progress=None) -> None:
        """Train; batch_of(step) draws a batch from a number alone, so that a resumed run sees the same ones.

        loss_of(batch) returns named losses whose sum is minimised, already weighted. Where that or progress raises, as
        cancelling does, the checkpoint is saved first.
        """
        # Batches are drawn beside the step before, as drawing leaves most of a machine idle.
        with ThreadPoolExecutor(1) as beside:
            self._run(lambda done: beside.submit(batch_of, self.crew.number(done)), loss_of, progress)

    def _run(self, begin_batch: Callable[[int], Future], loss_of: Callable[[object], Losses], progress) -> None:
        config, started, saved = self.config, time.monotonic(), time.monotonic()
        before_s, sums, summed = self.spent_s, {}, 0
        coming = begin_batch(self.done)
        while self.done < config.steps and self.crew.agree(time.monotonic() - started < config.max_s):
            rate = self._set_rate()
            autocast = torch.autocast(torch.device(config.device).type, torch.bfloat16, enabled=config.bf16)
            with self._saved_on_leaving(), autocast:
                batch, coming = coming.result(), begin_batch(self.done + 1)
                losses = loss_of(batch)
                total = sum(losses.values())
            self.optimizer.zero_grad(set_to_none=True)
            total.backward()
            self.crew.average(self.parameters.values())
            norm = nn.utils.clip_grad_norm_(self.parameters.values(), config.clip)
            if torch.isfinite(norm):
                self.optimizer.step()
            self._follow()
            self.done += 1
            self.spent_s = before_s + time.monotonic() - started
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value.item()
            summed += 1  # fewer than log_every where the run went on from between two rows
            if self.done % config.log_every == 0:
                means = {name: round(value / summed, 5) for name, value in sums.items()}
                row = {"step": self.done, "seconds": round(self.spent_s, 1), "rate": rate, **means}
                if self.crew.leads:
                    self.log.add(row)
                sums, summed = {}, 0
            if time.monotonic() - saved > config.checkpoint_s:
                self.save()
                saved = time.monotonic()
            if progress and self.crew.leads:
                with self._saved_on_leaving():
                    progress("train", self.done, config.steps)
        self.save()

    @contextmanager
    def _saved_on_leaving(self) -> Iterator[None]:
        """For what leaves the weights as they are: if it raises, what has been learnt so far is kept."""
        try:
            yield
        except BaseException:
            self.save()
            raise

    def _set_rate(self) -> float:
        warm = min(1.0, (self.done + 1) / self.config.warmup)
        cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.done / self.config.steps))
        rate = self.config.rate * warm * (0.02 + 0.98 * cosine)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    @torch.no_grad()
    def _follow(self) -> None:
        # A young average would hold on to the first weights for 1 / (1 - ema) steps.
        decay = min(self.config.ema, (1 + self.done) / (10 + self.done))
        torch._foreach_lerp_(list(self.average.values()), list(self.parameters.values()), 1 - decay)

    def averaged(self) -> nn.Module:
        """The module with its averaged weights, in evaluation mode."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(self.average[name])
        return self.module.eval()

    def save(self) -> None:
        """Write the checkpoint under a temporary name and move it into place; the first of several processes does."""
        if not self.crew.leads:
            return
        state = {f"module.{k}": v.detach() for k, v in self.parameters.items()}
        state |= {f"average.{k}": v for k, v in self.average.items()}
        for name, parameter in self.parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                state[f"optimizer.{key}.{name}"] = value
        state = {key: value.cpu().contiguous() for key, value in state.items()}
        write_state(self._checkpoint, state, {"done": str(self.done), "spent_s": str(self.spent_s)})

    def _restore(self) -> None:
        with safe_open(self._checkpoint, "pt") as file:
            metadata = file.metadata()
        state = load_file(self._checkpoint, device=self.config.device)
        self.done, self.spent_s = int(metadata["done"]), float(metadata["spent_s"])
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state[f"module.{name}"])
                self.average[name].copy_(state[f"average.{name}"])
                if f"optimizer.step.{name}" in state:
                    self.optimizer.state[parameter] = {
                        key: state[f"optimizer.{key}.{name}"].clone() for key in ("step", "exp_avg", "exp_avg_sq")
                    }
        if self.crew.leads:
            self.log.forget_after(self.done)


def load_average(module: nn.Module, folder: Path, prefix: str = "") -> nn.Module:
    """Put the averaged weights of a run's checkpoint into a module, in evaluation mode; prefix names a part of it."""
    start = f"average.{prefix}"
    state = {k.removeprefix(start): v for k, v in load_file(folder / CHECKPOINT).items() if k.startswith(start)}
    wanted = dict(module.named_parameters())
    if {name: p.shape for name, p in state.items()} != {name: p.shape for name, p in wanted.items()}:
        raise InputError(f"{folder} holds no run of a {type(module).__name__}: train it again, or name another folder.")
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(state[name])
    return module.eval()
