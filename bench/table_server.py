"""The row of `table.py` that runs a ComfyUI server: what it caches, and what stays of its memory."""

import ctypes
import gc
import os
import tempfile
import time
from pathlib import Path

import torch

from bench.speed import rendered
from bench.table_host import found
from bench.table_parts import alone, answer, line, times

LEFT_MB = 50  # issue 2
MORE_RUNS = 3
SETTLES_S = 3.0  # until ComfyUI's worker has carried out what /free asked for


def in_comfyui(job: dict) -> list[dict]:
    """A server's first run of a graph, a new seed in it, and what stays of its memory after models are unloaded."""
    found(job)
    from tests.comfyui.graphs import one_node
    from tests.comfyui.server import Server
    from tests.videos import write_video

    def freed_mb() -> float:
        server.post("/free", {"unload_models": True, "free_memory": True})
        time.sleep(SETTLES_S)
        return server.resident_mb()

    def timed(seed: int) -> dict:
        began, began_cpu = time.perf_counter(), cpu_s(server.process.pid)
        done = server.run(one_node("clip.mp4", "mini", seed=seed, steps=2 if job["quick"] else 25), timeout_s=1200)
        if done.error:
            raise RuntimeError(done.error)
        return {"wall_s": time.perf_counter() - began, "cpu_s": cpu_s(server.process.pid) - began_cpu}

    os.environ["OMP_NUM_THREADS"] = str(job["threads"])
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder, "base"))
        seconds = 2 if job["quick"] else 8
        write_video(server.base / "input" / "clip.mp4", seconds=seconds, width=640, height=360)
        try:
            server.start()
            before = freed_mb()
            first, second = timed(1), timed(2)
            held, left = server.resident_mb(), freed_mb()
            for seed in range(MORE_RUNS):
                timed(3 + seed)
            more = freed_mb()
        finally:
            server.stop()
    cached = (
        "Loading, watching and the prompt are cached: sampling, decoding and the file are left. The first has imports."
    )
    in_blocks, trimmed = alone(left_by_library, job)
    heap = (
        "What is freed in blocks of less than 32 MB, as Mini's weights are, the C library keeps for what comes next: "
        f"of `generate` outside ComfyUI {in_blocks:.0f} MB are left, {trimmed:.0f} once the heap is trimmed. The rest "
        "is libraries' code that a first run reads"
    )
    lines = [times(f"mini in ComfyUI, {seconds} s, a new seed", second, "the server's first run", first, cached)]
    for runs, least, stays, why in (
        ("two runs", before, left, heap),
        (f"{MORE_RUNS} more", left, more, "As of two runs"),
    ):
        what, held_mb = f"mini in ComfyUI, left of {runs} after unloading", held - before
        why = f"{why}: from {least:.0f} to {stays:.0f} MB."
        lines.append(line(what, stays - least, "held before unloading", held_mb, "MB", why, limit=LEFT_MB))
    return lines


def left_by_library(job: dict) -> tuple[float, float]:
    """MB that `generate` leaves when its model is gone, before and after the C library is asked to trim its heap."""
    import v2a_core.models.mini.family  # noqa: F401
    from v2a_core.pipeline import generate

    torch.set_num_threads(job["threads"])

    def resident_mb() -> float:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    trim = ctypes.CDLL(None).malloc_trim
    with tempfile.TemporaryDirectory() as folder:
        video = rendered(Path(folder, "video.mp4"), 2)
        trim(0)
        before = resident_mb()
        generate(video, Path(folder, "out.mp4"), steps=2)
        left = resident_mb() - before
        trim(0)
        return left, resident_mb() - before


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    answer({"in_comfyui": in_comfyui})
