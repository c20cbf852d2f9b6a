"""The rows of `table.py` beside the authors' own code: stages as the families' own benches measured them, and mux."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

import torch

from bench.mmaudio_parts import Stages
from bench.mmaudio_report import AIMS, NETWORK_AIM
from bench.reader import write_clip
from bench.table_parts import Skipped, alone, answer, drawn, line, times
from v2a_core.media.audio import Audio
from v2a_core.media.mux import mux
from v2a_core.media.video import VideoSource

HERE = Path(__file__).resolve().parent
RATE_HZ = 16000
FOLEY_AIMS = {"time": 0.8, "peak": 0.6}  # issue 4
MODELS = ("mmaudio_small_16k", "mmaudio_large_44k_v2")


def mmaudio(job: dict) -> list[dict]:
    """Stages of every model that mmaudio.py has set beside upstream; it is run anew where a checkout is given."""
    results, when = results_of("mmaudio", job, [["--model", model] for model in MODELS])
    lines = []
    for name, result in results.items():
        ours, theirs, dtype = result["stages"]["ours"], result["stages"]["upstream"], name.split(", ")[1]
        whys = {
            "encode": f"CLIP's matrix products are {share(ours, 'clip', 'encode')} of it, the same on both sides.",
            "sample": f"The network at {result['network']['ours']['share']:.0%} of large matrix products' rate.",
            "decode": "The vocoder's convolutions.",
            "whole": f"Encoding is {share(ours, 'encode', 'whole')} of it.",
            "new seed": "Sampling and decoding, where upstream encodes again.",
        }
        for stage, why in whys.items():
            other = theirs["whole" if stage == "new seed" else stage]
            aim = AIMS.get(stage, {}).get(dtype)
            lines.append(times(f"{name}: {stage}", ours[stage], "upstream", other, f"{why} {when}", aim))
        peaks = [side["with loading"]["peak_mb"] for side in (ours, theirs)]
        why = f"The largest of our stages is {largest(ours)}; upstream holds all modules at once. {when}"
        told = line(f"{name}: peak memory", peaks[0], "upstream", peaks[1], "MB", why, aim=AIMS["peak"][dtype])
        took, rate = ours["sample"]["wall_s"], result["network"]["ours"]["share"]
        why = f"What is no matrix product: norms, rotations, activations, and narrow products. {when}"
        what = f"{name}: flow network"
        least = line(what, took, "as many operations of large products", took * rate, "s", why, aim=1 / NETWORK_AIM)
        lines += [told, least]
    return lines


def hunyuan_foley(job: dict) -> list[dict]:
    """Sampling and decoding of every model that hunyuan_foley.py has set beside upstream; likewise."""
    results, when = results_of("hunyuan_foley", job, [["--steps", "2"]])
    whys = {
        "sample": "Matrix products of 16-bit weights, made in float32 where a CPU has no matrix unit.",
        "decode": "The codec's convolutions, with channels last.",
    }
    lines = []
    for name, result in results.items():
        ours, theirs = result["ours"], result["upstream"]
        lines += [
            times(f"{name}: {stage}", ours[stage], "upstream", theirs[stage], f"{why} {when}", FOLEY_AIMS["time"])
            for stage, why in whys.items()
        ]
        peaks = [max(one["peak_mb"] for one in side.values()) for side in (ours, theirs)]
        why = f"The network's weights, held once, while it samples. {when}"
        lines.append(line(f"{name}: peak memory", *(peaks[0], "upstream", peaks[1], "MB", why), aim=FOLEY_AIMS["peak"]))
    return lines


def results_of(name: str, job: Mapping, variants: list[list[str]]) -> tuple[dict, str]:
    """What a family's own bench has found beside upstream, and when; it is run for it where a checkout is given.

    Not at the smallest sizes, which it has none of.
    """
    path, upstream = HERE / "results" / f"{name}.json", job[f"{name.partition('_')[0]}_upstream"]
    if upstream and not job["quick"]:
        given = ["--work", job["work"], "--upstream", upstream, "--python", job["upstream_python"]]
        for options in variants:
            script = [sys.executable, str(HERE / f"{name}.py"), "--threads", str(job["threads"])]
            subprocess.run([*script, *given, *options], check=True)
    results = json.loads(path.read_text()) if path.exists() else {}
    beside = {run: result for run, result in results.items() if "upstream" in result.get("stages", result)}
    if not beside:
        raise Skipped(f"results/{name}.json has no run beside upstream: give its checkout.")
    return beside, f"As {name}.py found on {measured_on(path)}."


def measured_on(path: Path) -> str:
    """When a file of results was written: its commit's date, as a checkout gives files its own."""
    command = ["git", "log", "-1", "--format=%cs", "--", path.name]
    changed = ["git", "status", "--porcelain", "--", path.name]
    try:
        told = [subprocess.run(one, cwd=path.parent, check=True, capture_output=True) for one in (command, changed)]
    except (OSError, subprocess.CalledProcessError):
        told = None
    if told and told[0].stdout.strip() and not told[1].stdout.strip():
        return told[0].stdout.decode().strip()
    return date.fromtimestamp(path.stat().st_mtime).isoformat()


def share(stages: Mapping, part: str, whole: str) -> str:
    return f"{stages[part]['wall_s'] / stages[whole]['wall_s']:.0%}"


def largest(stages: Mapping) -> str:
    """The stage with the highest peak."""
    return max(("load", "encode", "prompt", "sample", "decode"), key=lambda stage: stages[stage]["peak_mb"])


def mmaudio_mux(job: dict) -> list[dict]:
    """The finished file: ours copies the picture, upstream's `make_video` encodes it again."""
    if not job["mmaudio_upstream"]:
        raise Skipped("Upstream's own code is needed: give --mmaudio-upstream a checkout.")
    seconds, size = (1, (640, 360)) if job["quick"] else (8, (1920, 1080))
    clip = drawn(Path(job["work"], f"clip-{size[1]}-{seconds}.mp4"), partial(write_clip, seconds=seconds, size=size))
    ours = alone(mux_ours, clip, seconds)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told.json")
        theirs_job = {"upstream": job["mmaudio_upstream"], "clip": str(clip), "seconds": seconds, "rate_hz": RATE_HZ}
        theirs_job |= {"out": str(Path(folder, "out.mp4")), "told": str(told), "threads": job["threads"]}
        script = str(HERE / "table_mux_upstream.py")
        subprocess.run([job["upstream_python"], script, json.dumps(theirs_job)], check=True)
        theirs = json.loads(told.read_text())
    what = f"mmaudio, mux of {seconds} s of {size[1]}p"
    why = "Packets are copied, so the sound's encoder and the disk are left; upstream encodes H.264 anew."
    peaks = ours["peak_mb"], "upstream", theirs["peak_mb"], "MB"
    held = "The process with its imports; upstream holds every frame."
    return [times(what, ours, "upstream", theirs, why), line(f"{what}: peak memory", *peaks, held)]


def mux_ours(clip: Path, seconds: float) -> dict:
    """What our mux takes."""
    measured = Stages("cpu")
    sound = Audio(torch.randn(1, round(seconds * RATE_HZ)).clamp(-1, 1), RATE_HZ)
    with tempfile.TemporaryDirectory() as folder, measured("mux"):
        mux(VideoSource.from_path(clip), sound, Path(folder, "out.mp4"))
    return measured.stages["mux"]


if __name__ == "__main__":
    answer({name: globals()[name] for name in ("mmaudio", "mmaudio_mux", "hunyuan_foley")})
