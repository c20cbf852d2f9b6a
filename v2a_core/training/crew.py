"""Several processes that train one module together, as torchrun starts them; one process alone is a crew of one."""

import atexit
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import torch
import torch.distributed as dist
from torch import Tensor

# One process caches features while the others wait.
PATIENCE = timedelta(hours=24)


@dataclass(frozen=True)
class Crew:
    """Which of the processes this is, and how many there are; only the first writes files."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def number(self, step: int) -> int:
        """The number that this process's batch of a step is drawn from: no two of all processes have the same."""
        return step * self.size + self.rank

    def average(self, parameters: Iterable[Tensor]) -> None:
        """Make every gradient the mean of those of all processes."""
        if self.size == 1:
            return
        parameters = list(parameters)
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([parameter.grad.flatten() for parameter in parameters])
        dist.all_reduce(flat)
        parts = flat.div_(self.size).split([parameter.numel() for parameter in parameters])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.grad.copy_(part.view_as(parameter))

    def agree(self, yes: bool) -> bool:
        """What the first process says, for what must not differ between them, such as the time."""
        if self.size == 1:
            return yes
        said = [yes]
        dist.broadcast_object_list(said, 0)
        return said[0]

    @contextmanager
    def first_then_others(self) -> Iterator[None]:
        """The first process goes ahead; the others wait until it is done, and find what it wrote."""
        if self.size > 1 and not self.leads:
            dist.barrier()
        yield
        if self.size > 1 and self.leads:
            dist.barrier()


@cache
def crew() -> Crew:
    """The crew that this process belongs to."""
    # Its own variable, not WORLD_SIZE alone: schedulers set that for programs that know nothing of it.
    if not dist.is_torchelastic_launched() or os.environ.get("WORLD_SIZE", "1") == "1":
        return Crew()
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    dist.init_process_group(backend, timeout=PATIENCE)
    atexit.register(dist.destroy_process_group)
    return Crew(dist.get_rank(), dist.get_world_size())


def own_device(device: str) -> str:
    """The device of this process where the user says only "cuda"."""
    if device == "cuda" and crew().size > 1:
        return f"cuda:{torch.cuda.current_device()}"
    return device
