"""HunyuanVideo-Foley beside upstream's implementation: random weights, from features to sound, in bfloat16.

python bench/hunyuan_foley.py --work DIR [--upstream CHECKOUT] [--python INTERPRETER] [--model NAME] [--steps 4]

Prints a table and adds it to results/hunyuan_foley.json and hunyuan_foley.md beside this file. The encoders are left
out: SigLIP 2 and CLAP are the same classes of transformers on both sides, and `mmaudio.py` has Synchformer.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from v2a_core.models.hunyuan_foley.config import VARIANTS, clip_length, sync_length

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from golden_cases import draw, fill, manifest

HERE = Path(__file__).resolve().parent
SECONDS, TOKENS, CFG, SEED = 8.0, 20, 4.5, 0
CODEC = {  # what upstream's file of the codec says of it
    **{"encoder_dim": 128, "encoder_rates": [2, 3, 4, 5, 8], "latent_dim": 128, "decoder_dim": 2048},
    **{"decoder_rates": [8, 5, 4, 3, 2], "sample_rate": 48000, "continuous": True},
}
STAGES = ("load", "sample", "decode")


def write_weights(work: Path, model: str) -> dict[str, str]:
    """Random weights under the published names and shapes: {file: path}, a pickle and safetensors of each part."""
    files = {}
    for part in (model, "dac_128d_48k"):
        pickle, ours = work / f"{part}.pth", work / f"{part}.safetensors"
        files |= {f"{part}.pth": str(pickle), f"{part}.safetensors": str(ours)}
        if ours.exists():
            continue
        network, state = part == model, {}
        for name, shape in manifest(part).items():
            value = 1 + 0.1 * draw(name, shape) if name.endswith("alpha") else fill(name, shape, 1 if network else 0.7)
            state[name] = value.bfloat16() if network else value
        torch.save(state if network else {"state_dict": state, "metadata": {"kwargs": CODEC}}, pickle)
        save_file(state, ours)
    return files


def write_inputs(path: Path) -> None:
    """Features as the encoders give them, and the noise that upstream draws of the seed."""
    shapes = {"clip": (1, clip_length(SECONDS), 768), "sync": (1, sync_length(SECONDS), 768)}
    shapes |= {"text": (1, TOKENS, 768), "negative": (1, TOKENS, 768)}
    inputs = {name: draw(name, shape) for name, shape in shapes.items()}
    torch.manual_seed(SEED)
    torch.save(inputs | {"noise": torch.randn(1, 128, int(50 * SECONDS), dtype=torch.bfloat16)}, path)


def run(side: str, python: str, job: dict) -> dict:
    """One side in a process of its own: what it told of itself."""
    threads = {name: str(job["threads"]) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    ours = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    print(f"running {side} ...", flush=True)
    script, out = HERE / f"hunyuan_foley_{side}.py", Path(job["work"], f"{side}.pt")
    environment = os.environ | threads | {"PYTHONPATH": ours if side == "ours" else ""}
    subprocess.run([python, str(script), json.dumps(job | {"out": str(out)})], env=environment, check=True)
    return torch.load(out)


def distance(out: torch.Tensor, reference: torch.Tensor) -> float:
    return ((out.squeeze() - reference.squeeze()).norm() / reference.norm()).item()


def table(name: str, result: dict) -> str:
    """Markdown of one run."""
    ours, theirs = result["ours"], result.get("upstream")
    lines = [f"\n## {name}", f"{SECONDS:g} s of sound, {result['steps']} steps, {result['threads']} threads, "]
    lines[-1] += f"torch {result['torch']}, {result['machine']}\n"
    measured = {"wall_s": "s", "cpu_s": "CPU s", "peak_mb": "peak MB"}
    heads = ["stage", *(head for unit in measured.values() for head in (f"ours, {unit}", f"upstream, {unit}", "ratio"))]
    lines += ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for stage in STAGES:
        cells = [stage]
        for value in measured:
            mine, other = ours[stage][value], theirs and theirs[stage][value]
            cells += [f"{mine:,.0f}"] + ([f"{other:,.0f}", f"{mine / other:.2f}"] if theirs else ["", ""])
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    for pair, distances in result["differences"].items():
        told = ", ".join(f"{key} {value:.1e}" for key, value in distances.items())
        lines.append(f"- Difference by norm, {pair}: {told}.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="a folder for weights and outputs: 15 to 24 GB")
    parser.add_argument("--upstream", type=Path, help="a checkout of Tencent-Hunyuan/HunyuanVideo-Foley")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with what upstream imports")
    parser.add_argument("--model", choices=VARIANTS, default="hunyuan_foley_xl")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4, help="each takes as long as any other")
    parser.add_argument("--exact", action="store_true", help="set both against ours in float32 too: 16 GB of memory")
    args = parser.parse_args()

    work = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    job = {name: getattr(args, name) for name in ("model", "device", "threads", "steps")}
    job |= {"work": str(work), "files": write_weights(work, args.model), "seconds": SECONDS, "cfg": CFG, "seed": SEED}
    write_inputs(work / "inputs.pt")
    job |= {"dtype": "bfloat16"}
    told = {"ours": run("ours", sys.executable, job)}
    if args.upstream:
        told["upstream"] = run("upstream", args.python, job | {"upstream": str(args.upstream.resolve())})
    result = {side: told[side]["stages"] for side in ("ours", "upstream") if side in told}
    result |= {"steps": args.steps, "threads": args.threads, "torch": torch.__version__}
    result |= {"machine": torch.cuda.get_device_name() if args.device == "cuda" else platform.machine()}
    if args.exact:
        told["float32"] = run("ours", sys.executable, job | {"dtype": "float32"})
    pairs = [
        pair for pair in (("ours", "upstream"), ("ours", "float32"), ("upstream", "float32")) if {*pair} <= {*told}
    ]
    result["differences"] = {
        f"{one} to {other}": {key: distance(told[one][key], told[other][key]) for key in ("latent", "wave")}
        for one, other in pairs
    }

    path, name = HERE / "results" / "hunyuan_foley.json", f"{args.model}, bfloat16, {args.device}"
    results = (json.loads(path.read_text()) if path.exists() else {}) | {name: result}
    path.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")
    tables = [table(name, result) for name, result in sorted(results.items())]
    (HERE / "hunyuan_foley.md").write_text("\n".join(["# HunyuanVideo-Foley beside upstream", *tables]) + "\n")
    print(table(name, result))


if __name__ == "__main__":
    main()
