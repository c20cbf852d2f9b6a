"""MMAudio beside upstream's implementation: the same random weights and clip, time, memory and difference of outputs.

python bench/mmaudio.py --work DIR [--upstream CHECKOUT] [--python INTERPRETER] [--model NAME] [--dtype float32]

Prints a table and, with the family's own number of steps, adds it to results/mmaudio.json and mmaudio.md beside this
file; README.md says how to read it.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch
from mmaudio_inputs import SECONDS, clip_file, write_clip, write_frames, write_weights
from mmaudio_report import report, tables

from v2a_core.models.mmaudio.config import VARIANTS
from v2a_core.models.mmaudio.family import spec_of

HERE = Path(__file__).resolve().parent
OURS, THEIRS = "ours", "upstream"


def run(side: str, python: str, job: dict, folder: Path) -> dict:
    """One side in a process of its own: what it told of itself."""
    paths = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")])) if side == OURS else ""
    threads = {name: str(job["threads"]) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    environment = os.environ | threads | {"V2A_MODELS": str(Path(job["work"], "models")), "PYTHONPATH": paths}
    job = job | {"tensors": f"{side}.pt", "report": f"{side}.json", "ours": f"{OURS}.pt"}
    script = str(HERE / f"mmaudio_{side}.py")
    print(f"running {side} ...", flush=True)
    subprocess.run([python, script, json.dumps(job)], cwd=folder, env=environment, check=True)
    return json.loads(Path(job["work"], job["report"]).read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="a folder for weights, clip and outputs: 8 to 24 GB")
    parser.add_argument("--upstream", type=Path, help="a checkout of hkchengrex/MMAudio; ours alone if left out")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with what upstream imports")
    parser.add_argument("--model", choices=VARIANTS, default="mmaudio_small_16k")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the clip; what others give is not kept")
    parser.add_argument("--steps", type=int, help="what others than the model's own give is not kept")
    args = parser.parse_args()

    work, spec = args.work.resolve(), spec_of(args.model)
    work.mkdir(parents=True, exist_ok=True)
    write_weights(work, args.model)
    clip = work / "clip.mp4"
    if not clip.exists():
        write_clip(clip)
    frames = work / f"frames-{args.seconds:g}.pt"
    if not frames.exists():
        write_frames(clip, args.seconds, frames)

    job = {name: getattr(args, name) for name in ("model", "dtype", "device", "threads")}
    job |= {
        "work": str(work),
        "clip": str(clip),
        "video_s": args.seconds,
        "frames": str(frames),
        "clip_weights": str(clip_file(work)),
    }
    job |= {"prompt": "footsteps on gravel", "negative": "music", "seed": 0, "cfg": spec.text_scale}
    job |= {"steps": args.steps or spec.steps}
    told = {OURS: run(OURS, sys.executable, job, work)}
    if args.upstream:
        job["upstream"] = str(args.upstream.resolve())
        told[THEIRS] = run(THEIRS, args.python, job, work / "upstream")
    outputs = {side: torch.load(work / f"{side}.pt") for side in told}
    exact = work / f"{args.model}-{args.seconds:g}-float32.pt"  # what bfloat16 is to come near to
    if args.dtype == "float32":
        torch.save(outputs[OURS], exact)
    elif exact.exists():
        outputs["float32"] = torch.load(exact)
    result = report(told, outputs) | {
        "seconds": args.seconds,
        "threads": args.threads,
        "steps": job["steps"],
        "torch": torch.__version__,
    }
    result |= {"machine": torch.cuda.get_device_name() if args.device == "cuda" else platform.machine()}

    name = f"{args.model}, {args.dtype}, {args.device}"
    print(tables({name: result}))
    if (job["steps"], args.seconds) == (spec.steps, SECONDS):
        path = HERE / "results" / "mmaudio.json"
        results = json.loads(path.read_text()) if path.exists() else {}
        results = dict(sorted((results | {name: result}).items()))
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(results, indent=1) + "\n")
        (HERE / "mmaudio.md").write_text(tables(results))


if __name__ == "__main__":
    main()
