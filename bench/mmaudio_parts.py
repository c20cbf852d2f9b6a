"""What both sides of `mmaudio.py` are measured by; needs torch alone."""

import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

SIZE, REPEATS = 2048, 5  # of the matrices that tell the machine's rate, and how often they are multiplied


class Stages:
    """Wall and CPU seconds and peak memory of stages, one after the other, and seconds of parts of them.

    What has the same name adds up.
    """

    def __init__(self, device: str):
        self.device, self.stages, self.parts = torch.device(device), {}, {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        # From here on the peak is counted anew. Where a system can't do that, a stage's peak is that of all so far.
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        start, start_cpu = time.perf_counter(), time.process_time()
        yield
        self.wait()
        wall_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
        before = self.stages.get(name, {"wall_s": 0.0, "cpu_s": 0.0, "peak_mb": 0.0})
        peak_mb = max(before["peak_mb"], self.peak_mb())
        self.stages[name] = {"wall_s": before["wall_s"] + wall_s, "cpu_s": before["cpu_s"] + cpu_s, "peak_mb": peak_mb}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """A part of a stage."""
        start = time.perf_counter()
        yield
        self.wait()
        self.parts[name] = self.parts.get(name, 0.0) + time.perf_counter() - start

    def timed(self, name: str, call: Callable) -> Callable:
        """A function whose calls are a part."""

        def measured(*arguments):
            with self.part(name):
                return call(*arguments)

        return measured

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def peak_mb(self) -> float:
        """Peak of the device's memory on a GPU, of the process's resident memory elsewhere, in MB of 10^6 bytes."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 1e6
        # Linux's other figure, the portable one, begins with the peak of the process that started this one.
        with suppress(OSError):
            return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024 / 1e6
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6

    def matrix_rate(self, dtype: torch.dtype) -> float:
        """Operations a second of large matrix products, the best of a few."""
        a, b = (torch.randn(SIZE, SIZE, device=self.device).to(dtype) for _ in range(2))
        seconds = []
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            a @ b
            self.wait()
            seconds.append(time.perf_counter() - start)
        return 2 * SIZE**3 / min(seconds[1:])


def operations(call: Callable, *arguments, **options) -> int:
    """Operations of the matrix products, convolutions and attention in a call."""
    with FlopCounterMode(display=False) as counter:
        call(*arguments, **options)
    return counter.get_total_flops()
