"""The jobs that faults.py breaks off: each makes `out` in a folder, from what `prepare` has put beside that folder."""

import ctypes
import functools
import resource
import sys
from dataclasses import replace
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/weights")]

from stand_in import tiny_state  # noqa: E402
from videos import write_video  # noqa: E402

from v2a_core.errors import InputError  # noqa: E402
from v2a_core.media.audio import Audio  # noqa: E402
from v2a_core.media.mux import mux  # noqa: E402
from v2a_core.media.video import VideoSource  # noqa: E402
from v2a_core.models import load_family  # noqa: E402
from v2a_core.models.mini import family as _  # noqa: E402, F401  so that it is there before a process is copied
from v2a_core.pipeline import generate  # noqa: E402
from v2a_core.training import lora_run  # noqa: E402
from v2a_core.training.features import windows_of  # noqa: E402
from v2a_core.training.folder import read_folder  # noqa: E402
from v2a_core.weights.catalog import ModelFile  # noqa: E402
from v2a_core.weights.convert import convert  # noqa: E402
from v2a_core.weights.download import fetch  # noqa: E402
from v2a_core.weights.formats import write_state  # noqa: E402

SECONDS = 9.56
TOLD = 3
CAPABILITIES, OVERRIDES = 0x20080522, 0b110  # Linux's version of them, and root's two that pass over permissions


def prepare(folder: Path) -> None:
    """What the jobs begin with."""
    write_video(folder / "a.mp4", seconds=SECONDS, sound=True)
    (folder / "clips").mkdir()
    write_video(folder / "clips/a.mp4", seconds=1.0, sound=True).with_suffix(".txt").write_text("rain on wood")
    state = tiny_state("bigvgan")
    torch.save({"generator": {**state, next(reversed(state)): torch.rand(2000, 2000)}}, folder / "made.pt")
    write_state(folder / "made.safetensors", {"x": torch.rand(2000, 2000)}, {})


def make_soundtrack(prepared: Path, out: Path) -> None:
    source = VideoSource.from_path(prepared / "a.mp4", 0, 2)
    generate(source, out / "out.mp4", model=load_family("mini", weights="random"), steps=4)


def make_film(prepared: Path, out: Path) -> None:
    family = load_family("mini", weights="random")
    family.spec = replace(family.spec, max_duration_s=5.0, window_s=4.0)
    generate(prepared / "a.mp4", out / "out.mp4", model=family, steps=2)


def make_mux(prepared: Path, out: Path) -> None:
    sound = torch.rand(1, round(SECONDS * 48000), generator=torch.Generator().manual_seed(0)) - 0.5
    mux(VideoSource.from_path(prepared / "a.mp4"), Audio(sound, 48000), out / "out.mp4")


def make_download(prepared: Path, out: Path) -> None:
    size = (prepared / "made.safetensors").stat().st_size
    fetch(ModelFile("out.safetensors", size, repo="somebody/sounds", name="made.safetensors"), out)


def make_convert(prepared: Path, out: Path) -> None:
    convert(prepared / "made.pt", out / "out.safetensors")


def make_lora(prepared: Path, out: Path) -> None:
    # A checkpoint after every step, so that there is something to go on from.
    lora_run.TrainConfig = functools.partial(lora_run.TrainConfig, checkpoint_s=0)
    family = load_family("mini", weights="random")
    config = lora_run.LoRAConfig(2)
    run = lora_run.LoRARun(
        "mini", windows_of(read_folder(prepared / "clips"), family.spec), out / "run", config, 6, batch=1
    )
    run.open()
    run.train(family, family.network, run.features(family), "cpu")


# What makes it, and the file that it is to make.
JOBS = {
    "generate": (make_soundtrack, "out.mp4"),
    "film": (make_film, "out.mp4"),
    "mux": (make_mux, "out.mp4"),
    "download": (make_download, "out.safetensors"),
    "convert": (make_convert, "out.safetensors"),
    "train": (make_lora, "run/lora.safetensors"),
}


def obey_permissions() -> None:
    """Have no folder that is read-only be written to in this process, even as root."""
    libc, header, held = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    libc.capget(header, held)
    held[0] &= ~OVERRIDES
    libc.capset(header, held)


def run(name: str, prepared: Path, out: Path, most_bytes: int | None = None, obey: bool = False) -> None:
    """Do a job in this process, which ends with TOLD where it failed with an error that says why.

    most_bytes is how large a file may grow, which is where the disk is full.
    """
    torch.set_num_threads(1)
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    if obey:
        obey_permissions()
    try:
        JOBS[name][0](prepared, out)
    except (InputError, OSError) as error:
        print(f"    {name}: {' '.join(str(error).split())[:150]}", flush=True)
        sys.exit(TOLD)
