"""Time 8 s of video to a finished file with Mini, stage by stage, imports apart.

python bench/speed.py [--video FILE] [--seconds 8] [--runs 5] [--threads 2] [--weights FILE] [--model mini_fast]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
IMPORTS = {
    "v2a_core": "import v2a_core",
    "torch": "import torch",
    "v2a_core.pipeline, torch loaded": "import torch; start = clock(); import v2a_core.pipeline",
}


def import_seconds(code: str, runs: int) -> float:
    """Median time of an import in a fresh process."""
    program = f"import sys; from time import perf_counter as clock; start = clock(); {code}; print(clock() - start)"
    times = [
        float(subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True).stdout)
        for _ in range(runs)
    ]
    return statistics.median(times)


def rendered(path: Path, seconds: float) -> Path:
    """Write a 640 x 360 video at 25 fps of a moving square, for want of a better one."""
    from v2a_core.media.video import VideoSource, encode_frames

    frames = torch.randint(96, 104, (round(25 * seconds), 360, 640, 3), dtype=torch.uint8)
    for k, frame in enumerate(frames):
        frame[100:160, (8 * k) % 580 : (8 * k) % 580 + 60] = 240
    encode_frames(VideoSource.from_frames(frames, 25), path)
    return path


def measure(
    video: Path | None,
    seconds: float = 8.0,
    runs: int = 5,
    threads: int = 2,
    weights: Path | Mapping[str, Path] | None = None,
    model: str = "mini_fast",
) -> list[dict[str, float]]:
    """Seconds of each stage from a video, or a rendered one, to a finished file, in several runs."""
    torch.set_num_threads(threads)

    from v2a_core.pipeline import generate

    with tempfile.TemporaryDirectory() as folder:
        video = video or rendered(Path(folder, "video.mp4"), seconds)
        job = {"prompt": "footsteps on gravel", "duration_s": seconds, "model": model, "weights": weights}
        return [generate(video, Path(folder, f"{k}.mp4"), **job).seconds for k in range(runs)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--video", type=Path, help="a video of at least --seconds; a rendered one if left out")
    parser.add_argument("--weights", type=Path, help="a weights file other than the shipped one")
    parser.add_argument("--model", default="mini_fast", help="mini_fast or mini (default: mini_fast)")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    runs = measure(args.video, args.seconds, args.runs, args.threads, args.weights, args.model)
    totals = [sum(run.values()) for run in runs]
    median = statistics.median(totals)
    print(f"{args.seconds:g} s of video to a finished file, {args.threads} threads, {args.runs} runs:")
    print(f"median {median:.2f} s, fastest {min(totals):.2f} s, slowest {max(totals):.2f} s")
    for stage in runs[0]:
        seconds = statistics.median(run[stage] for run in runs)
        print(f"  {stage:<8}{seconds:7.3f} s {seconds / median:6.1%}")
    print("imports, median of 3 fresh processes:")
    for name, code in IMPORTS.items():
        print(f"  {name:<34}{import_seconds(code, 3):7.3f} s")


if __name__ == "__main__":
    main()
