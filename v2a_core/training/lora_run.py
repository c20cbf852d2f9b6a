"""A LoRA's run in a folder: what it is of, its features, checkpoint, log, samples, and the file in the end."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from ..atomic import whole_file
from ..errors import InputError
from ..models.base import Family
from ..parts import digest
from .crew import crew
from .features import Features, Window, WindowBatches
from .lora import LoRA, LoRAConfig, train_lora
from .plot import plot_log
from .trainer import CHECKPOINT, TrainConfig

RESULT, SETTINGS = "lora.safetensors", "run.json"
MAX_STEPS, MAX_BATCH = 1_000_000, 256


@dataclass(frozen=True)
class LoRARun:
    """A run: which model, on which windows, into which folder, how long. The same one again goes on where it was.

    Raises InputError for what is out of bounds.
    """

    model: str
    windows: Sequence[Window]
    out: Path
    lora: LoRAConfig
    steps: int = 500
    rate: float = 3e-4
    batch: int = 4

    def __post_init__(self):
        for name, value, most in (("steps", self.steps, MAX_STEPS), ("batch", self.batch, MAX_BATCH)):
            if not 1 <= value <= most:
                raise InputError(f"{name} is {value}: give a whole number from 1 to {most:,}.")
        if not 0 < self.rate <= 1:
            raise InputError(f"The rate is {self.rate}: give a number above 0, such as 0.0003.")

    def open(self) -> None:
        """Make the folder; raises InputError where it holds another run."""
        said = {
            "model": self.model,
            "rank": self.lora.rank,
            "alpha": self.lora.scale * self.lora.rank,
            "targets": list(self.lora.targets),
            "seed": self.lora.seed,
            "batch": self.batch,
            "clips": digest([(window.source, window.prompts, window.transcript) for window in self.windows]),
        }
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / SETTINGS
        if path.exists() and (self.out / CHECKPOINT).exists():
            before = json.loads(path.read_text())
            others = [name for name, value in said.items() if before.get(name) != value]
            if others:
                raise InputError(
                    f"{self.out} holds a run with other {', '.join(others)}: choose another name or folder for this "
                    "one, or delete that."
                )
        if crew().leads:
            with whole_file(path) as unfinished:
                unfinished.write_text(json.dumps(said, indent=1))

    def features(self, family: Family, progress=None) -> Features:
        """What the family's encoders make of the windows, kept in the folder; one process of several makes it."""
        with crew().first_then_others():
            return Features(family, self.windows, self.out / "features", progress if crew().leads else None)

    def train(
        self,
        family: Family,
        network: nn.Module,
        features: Features,
        device: str,
        *,
        max_s: float = float("inf"),
        watch: Callable[[int], None] | None = None,
        every: int = 0,
        progress=None,
    ) -> Path:
        """Train on a network of the family, which may be a copy of its own, and write lora.safetensors.

        watch(step) is called before the first step, after every so many and at the end, with the LoRA on the network.
        """
        config = TrainConfig(
            self.out,
            self.steps,
            self.rate,
            warmup=max(1, min(100, self.steps // 10)),
            device=device,
            max_s=max_s,
            log_every=max(1, min(20, self.steps // 20)),
        )
        lora = LoRA(network, self.lora)
        batches = WindowBatches(family, features, self.batch, self.lora.seed)

        def told(stage: str, done: int, total: int) -> None:
            if watch and every and done % every == 0 and done < total:
                watch(done)
            if progress:
                progress(stage, done, total)

        if watch and every and crew().leads and not (self.out / CHECKPOINT).exists():
            watch(0)
        done = train_lora(network, family.spec, lora, batches, config, told)
        path = self.out / RESULT
        if crew().leads:
            plot_log(self.out)
            captions = sorted({prompt for window in self.windows for prompt in window.prompts})
            metadata = {"steps": str(done), "windows": str(len(self.windows)), "captions": digest(captions)}
            lora.save(path, self.model, metadata)
            if watch and every:
                with lora.on(network):
                    watch(done)
        return path
