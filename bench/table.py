"""All ratios of speed and memory in one table, each measured within one run: python -m bench.table [--quick].

Each row is measured in a process of its own and kept as soon as it is there, so that what was stopped goes on with the
same command; --rows measures its own anew. Writes results/table.json and table.md beside this file, with --quick at the
smallest sizes out/table.json and out/table.md. README.md says how to read it.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from bench.table_report import missed, table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
COMFYUI = ROOT / ".cache" / "comfyui" / "ComfyUI"

# The module that measures each row, of which some run in ComfyUI's interpreter.
ROWS = {
    "reader": "table_host",
    "mmaudio": "table_upstream",
    "mmaudio_mux": "table_upstream",
    "hunyuan_foley": "table_upstream",
    "takes": "table_pipeline",
    "takes_mmaudio": "table_pipeline",
    "new_seed": "table_pipeline",
    "length": "table_pipeline",
    "live_preview": "table_preview",
    "import_library": "table_pipeline",
    "import_pack": "table_host",
    "in_comfyui": "table_server",
}
HOSTED = ("table_host", "table_server")


def measured(name: str, job: Mapping[str, object]) -> dict:
    """What a row's own process makes of it: its lines and when they were measured, or why there are none."""
    python = job["comfyui_python"] if ROWS[name] in HOSTED else sys.executable
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as folder:
        told, start = Path(folder, "told.json"), time.perf_counter()
        command = [python, "-m", f"bench.{ROWS[name]}", name, json.dumps(job), str(told)]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
            return {"failed": last}
        took_s = time.perf_counter() - start
        return {**json.loads(told.read_text()), "date": date.today().isoformat(), "took_s": took_s}


def collect(
    names: list[str],
    anew: bool,
    asked: Mapping[str, object],
    path: Path,
    measure: Callable[[str], dict],
) -> dict[str, dict]:
    """Rows by name, of which path keeps each as soon as it is measured.

    Those that it has already, asked for the same, are only measured anew if that is wanted. What was left out or failed
    is tried again.
    """
    kept = json.loads(path.read_text()) if path.exists() else {}
    rows = kept["rows"] if kept.get("asked") == asked else {}
    for name in names:
        if "lines" in rows.get(name, ()) and not anew:
            continue
        print(f"measuring {name} ...", flush=True)
        row = measure(name)
        if "lines" in row or "lines" not in rows.get(name, ()):
            rows[name] = row
        else:
            print(f"  {row.get('failed') or row['skipped']} What was measured before stays.", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"asked": asked, "rows": rows}, indent=1) + "\n")
    return {name: rows[name] for name in ROWS if name in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="+", choices=ROWS, metavar="NAME", help=f"only these, anew: {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes: numbers that say little")
    parser.add_argument("--threads", type=int, default=2)
    work = ROOT / ".cache" / "bench"
    parser.add_argument("--work", type=Path, default=work, help="a folder for films, and where mmaudio.py put weights")
    parser.add_argument("--comfyui", type=Path, default=COMFYUI, help="a folder with ComfyUI's source")
    parser.add_argument("--comfyui-python", default=sys.executable, help="an interpreter with what ComfyUI imports")
    parser.add_argument("--mmaudio-upstream", type=Path, help="a checkout of hkchengrex/MMAudio: it is run anew")
    parser.add_argument("--hunyuan-upstream", type=Path, help="one of Tencent-Hunyuan/HunyuanVideo-Foley: likewise")
    parser.add_argument("--upstream-python", default=sys.executable, help="an interpreter with what these import")
    args = parser.parse_args()

    args.work.mkdir(parents=True, exist_ok=True)
    job = {name: str(value.resolve()) if isinstance(value, Path) else value for name, value in vars(args).items()}
    asked = {"threads": args.threads, "sizes": "smallest" if args.quick else "full", "machine": platform.machine()}
    folder = ROOT / "out" if args.quick else HERE
    path = folder / "table.json" if args.quick else folder / "results" / "table.json"
    rows = collect(args.rows or list(ROWS), bool(args.rows), asked, path, lambda name: measured(name, job))
    told = table(rows, asked)
    (folder / "table.md").write_text(told)
    print(told)
    if any(missed(line) for row in rows.values() for line in row.get("lines", ())):
        print("Lines in bold miss their aims.")
    sys.exit(any("failed" in row for row in rows.values()))


if __name__ == "__main__":
    main()
