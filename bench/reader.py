"""Speed and memory of the streaming reader on hour-long 1080p H.264, beside a bare decode of the same file.

    python bench/reader.py CACHE_FOLDER [--minutes 6 60] [--repeats 3]

Writes the files it needs to CACHE_FOLDER (about 40 MB a minute) and prints one JSON object. Every measurement runs in a
process of its own, so that peak memory is its own; speeds of reader and bare decode alternate in one run.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FPS, WIDTH, HEIGHT = 30, 1920, 1080
ENCODERS = {
    "mini": {"sync": (25.0, 64, 64)},
    "two": {"sync": (25.0, 224, 224), "clip": (8.0, 384, 384)},
}


def write_clip(path: Path, seconds: float = 60, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """A texture that pans, and squares that move over it with grain: several Mbit/s at full size, like a camera."""
    width, height = size
    rng = np.random.default_rng(0)
    fine = rng.integers(0, 60, (height + 256, width + 256), dtype=np.uint8)
    coarse = rng.integers(0, 160, (height // 32 + 9, width // 32 + 9), dtype=np.uint8).repeat(32, 0).repeat(32, 1)
    texture = coarse[: fine.shape[0], : fine.shape[1]] + fine // 4
    chroma = np.full((height // 2, width), 128, np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "25", "g": "60"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * FPS)):
            x, y = (int(128 + 120 * f(number / 40)) for f in (np.sin, np.cos))
            luma = texture[y : y + height, x : x + width].copy()
            for square in range((height - 70) // 150):
                left = int((width - 200) * (0.5 + 0.5 * np.sin(number / (20 + 7 * square) + square)))
                luma[100 + 150 * square :, left:][:120, :200] = fine[:120, number % 50 :][:, :200] * 3
            frame = av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), format="nv12").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def loop_minute(minute: Path, path: Path, count: int) -> None:
    """The same packets `count` times, one minute after another."""
    partial = path.with_suffix(".part.mp4")
    with av.open(str(partial), "w") as out:
        copy = None
        for turn in range(count):
            with av.open(str(minute)) as source:
                stream = source.streams.video[0]
                copy = copy or out.add_stream_from_template(stream, opaque=True)
                for packet in source.demux(stream):
                    if packet.size:
                        later = int(60 * turn / packet.time_base)
                        packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, copy
                        out.mux(packet)
    partial.rename(path)


def bare_decode(path: Path) -> int:
    """Every frame decoded and dropped; returns how many."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def read(path: Path, encoders: str) -> int:
    """Every rate's pictures read and dropped; returns how many frames the file has."""
    from v2a_core.media.video import FrameRate, VideoSource, probe, read_frames

    source = VideoSource.from_path(path)
    for _ in read_frames(source, {name: FrameRate(*rate) for name, rate in ENCODERS[encoders].items()}):
        pass
    return probe(source).frame_count_estimate


def _timed(job, arguments: tuple, pipe) -> None:
    import v2a_core.media.video  # noqa: F401  both sides carry the same imports

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, start_cpu = time.perf_counter(), time.process_time()
    frames = job(*arguments)
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    speeds = {"frames_per_s": frames / wall_s, "frames_per_cpu_s": frames / cpu_s}
    pipe.send({**speeds, "peak_mb": peak / 1024, "imports_mb": before / 1024})


def measure(job, *arguments) -> dict:
    """Run a job in a fresh process: frames per second and peak resident memory."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(job, arguments, sender))
    process.start()
    sender.close()
    result = receiver.recv()
    process.join()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to keep the files that are made")
    parser.add_argument("--minutes", type=int, nargs=2, default=(6, 60), metavar=("SHORT", "LONG"))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    minute = options.folder / "minute.mp4"
    if not minute.exists():
        write_clip(minute.with_suffix(".part.mp4"))
        minute.with_suffix(".part.mp4").rename(minute)
    short, long = (options.folder / f"{count}min.mp4" for count in options.minutes)
    for path, count in zip((short, long), options.minutes, strict=True):
        if not path.exists():
            loop_minute(minute, path, count)

    report = {"megabits_per_s": round(minute.stat().st_size * 8 / 60e6, 1)}
    runs = {"bare": (bare_decode, short), **{name: (read, short, name) for name in ENCODERS}}
    rounds = [{name: measure(*run) for name, run in runs.items()} for _ in range(options.repeats)]
    report["frames_per_s"] = {n: round(statistics.median(r[n]["frames_per_s"] for r in rounds)) for n in runs}
    # Wall-clock is what a user waits for; CPU time is what stays comparable on a machine that others use too.
    for title, speed in (("speed_against_bare", "frames_per_s"), ("cpu_against_bare", "frames_per_cpu_s")):
        report[title] = {
            name: round(statistics.median(r[name][speed] / r["bare"][speed] for r in rounds), 3) for name in ENCODERS
        }
    peaks = {"short": rounds[0]["mini"], "long": measure(read, long, "mini")}
    report["minutes"] = {"short": options.minutes[0], "long": options.minutes[1]}
    report["peak_mb"] = {name: round(run["peak_mb"]) for name, run in peaks.items()}
    report["of_which_imports_mb"] = round(peaks["long"]["imports_mb"])
    report["long_against_short"] = round(peaks["long"]["peak_mb"] / peaks["short"]["peak_mb"], 3)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
