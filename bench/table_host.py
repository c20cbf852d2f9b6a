"""The rows of `table.py` that run in ComfyUI's interpreter: its reader, and its start."""

import asyncio
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.mmaudio_parts import Stages
from bench.reader import ENCODERS, bare_decode, read, write_clip
from bench.table_parts import Skipped, alone, answer, drawn, line, middle, times

ROOT = Path(__file__).resolve().parents[1]
SIZE, QUICK_SIZE = (1280, 720), (640, 360)
# Both are issue 2's: at least 0.8 of a bare decode's speed, and what the pack may add to the start.
BARE, IMPORT_S = 1.25, 0.5


def found(job: dict) -> str:
    """The folder of ComfyUI's source."""
    if not Path(job["comfyui"], "main.py").exists():
        raise Skipped(f"There is no ComfyUI in {job['comfyui']}: run tests/comfyui/install.sh, or give --comfyui.")
    return job["comfyui"]


def as_host(comfyui: str, folder: str) -> None:
    """Have this process be ComfyUI about to start, on the CPU, with its folders in a new place."""
    for name in ("custom_nodes", "input", "models", "output", "temp", "user"):
        Path(folder, name).mkdir()
    sys.argv = ["main.py", "--cpu", "--base-directory", folder]
    sys.path.insert(0, comfyui)


def reader(job: dict) -> list[dict]:
    """A clip read at each family's rates, against ComfyUI's way of reading it and against a bare decode."""
    comfyui, size, seconds = found(job), *((QUICK_SIZE, 1) if job["quick"] else (SIZE, 8))
    clip = drawn(Path(job["work"], f"clip-{size[1]}-{seconds}.mp4"), partial(write_clip, seconds=seconds, size=size))
    ways = ("bare", "get_components()", *ENCODERS)
    rounds = [{way: alone(read_by, comfyui, clip, way) for way in ways} for _ in range(1 if job["quick"] else 3)]
    ways = middle(rounds, lambda one: one["mini"]["wall_s"] / one["get_components()"]["wall_s"])
    theirs, bare = ways["get_components()"], ways["bare"]
    lines = []
    for name, rates in {"mini": "Mini's rate", "two": "MMAudio's two rates"}.items():
        ours, what = ways[name], f"reader, {seconds} s of {size[1]}p at {rates}"
        why = f"Decoding alone takes {bare['wall_s']:.2f} s; theirs makes float32 of every frame at full size."
        lines.append(times(what, ours, "get_components()", theirs, why))
        why = f"Beyond the {ours['imports_mb']:.0f} MB of imports: the decoder's pictures and a chunk of small ones."
        mine, other = (one["peak_mb"] - one["imports_mb"] for one in (ours, theirs))
        lines.append(line(f"{what}: peak memory", mine, "get_components()", other, "MB", why))
        why = (
            "Scaling what is picked, half a millisecond a picture, and opening the file five times for 10 ms each, "
            "which longer videos don't feel. The rest is FFmpeg's, on as many threads."
        )
        lines.append(times(what, ours, "bare decode", bare, why, BARE))
    return lines


def read_by(comfyui: str, clip: Path, way: str) -> dict:
    """What reading a clip takes; imports are ComfyUI's and ours in every way, and counted apart."""
    with tempfile.TemporaryDirectory() as folder:
        as_host(comfyui, folder)
        import comfy.options

        comfy.options.enable_args_parsing()
        from comfy_api.latest import InputImpl

        import v2a_core.media.video  # noqa: F401

        measured = Stages("cpu")
        with measured("imports"):
            pass
        with measured("read"):
            if way == "get_components()":
                InputImpl.VideoFromFile(str(clip)).get_components()
            elif way == "bare":
                bare_decode(clip)
            else:
                read(clip, way)
    return {**measured.stages["read"], "imports_mb": measured.stages["imports"]["peak_mb"]}


def import_pack(job: dict) -> list[dict]:
    """What the pack adds to ComfyUI's start."""
    comfyui = found(job)
    starts = [alone(start, comfyui) for _ in range(1 if job["quick"] else 3)]
    typical = middle(starts, lambda one: one["pack"]["wall_s"])
    why = "The catalogue, and the schemas of all nodes; what is heavy is imported when a node runs."
    told = times("import of the pack", typical["pack"], "ComfyUI's own, torch apart", typical["own"], why)
    return [told | {"limit": IMPORT_S}]


def start(comfyui: str) -> dict:
    """Wall and CPU seconds of ComfyUI's own imports and nodes, and of the pack after them."""
    measured = Stages("cpu")

    async def load() -> None:
        with measured("own"):
            import main  # noqa: F401, I001
            import nodes

            await nodes.init_builtin_extra_nodes()
        with measured("pack"):
            if not await nodes.load_custom_node(str(ROOT)):
                raise RuntimeError("ComfyUI could not load the pack.")

    with tempfile.TemporaryDirectory() as folder:
        as_host(comfyui, folder)
        asyncio.run(load())
    return measured.stages


if __name__ == "__main__":
    answer({name: globals()[name] for name in ("reader", "import_pack")})
