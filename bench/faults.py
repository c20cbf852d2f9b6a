"""What a run leaves behind that is killed at a random moment, or whose disk is full, and whether the next one succeeds.

python bench/faults.py [--kills 100] [--seed 0] [JOB...]     generate, film, mux, download, convert, train
prints a table, and stops at the first file that is not whole under its final name.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
DISK_FULL_PER_KILL = 4  # kills for each run on a full disk


def hub_of_slow_answers():
    """A stand-in for the hub whose answers take a second, on the loopback interface."""
    from stand_in import Hub, _Handler

    class Slow(_Handler):
        def do_GET(self):
            data = self._start()
            if data is None:
                return
            self.server.ranges.append(self.headers.get("Range"))
            try:
                for first in range(0, len(data), 1 << 17):
                    self.wfile.write(data[first : first + (1 << 17)])
                    time.sleep(1 / (len(data) >> 17))
            except OSError:  # the one who asked was killed
                pass

    hub = Hub()
    hub.RequestHandlerClass, hub.handle_error = Slow, lambda *_: None  # of a client that was killed
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    return hub


def contents(path: Path) -> object:
    """What is in a file; safetensors may note what they are in any order."""
    data = path.read_bytes()
    if path.suffix != ".safetensors":
        return data
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


class Faults:
    """One job, broken off again and again; processes are copies of one that has imported everything."""

    def __init__(self, name: str, prepared: Path, work: Path):
        from fault_jobs import JOBS

        self.name, self.prepared, self.work = name, prepared, work
        self.result, self.count = JOBS[name][1], 0
        for _ in range(2):  # the first one waits for the imports
            began, folder = time.monotonic(), self.folder()
            assert self.run(folder) == 0, f"{name} fails without any fault"
            self.seconds, self.whole = time.monotonic() - began, contents(folder / self.result)
        self.bytes = (folder / self.result).stat().st_size

    def folder(self) -> Path:
        self.count += 1
        folder = self.work / f"{self.name}-{self.count}"
        folder.mkdir()
        return folder

    def run(self, folder: Path, kill_after_s: float | None = None, **faults) -> int:
        """Exit code of a run, -9 where it was killed."""
        from fault_jobs import run

        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=run, args=(self.name, self.prepared, folder), kwargs=faults)
        process.start()
        process.join(kill_after_s)
        if process.is_alive():
            process.kill()
            process.join()
        return process.exitcode

    def check(self, folder: Path, must: bool) -> bool:
        """Whether the result is there; what is there must be whole."""
        there = (folder / self.result).exists()
        assert there or not must, f"{folder}: nothing came of the run after the fault"
        assert not there or contents(folder / self.result) == self.whole, f"{folder}: {self.result} is not whole"
        return there

    def kills(self, number: int, rng: random.Random) -> str:
        killed = done = left = 0
        for _ in range(number):
            folder = self.folder()
            killed += self.run(folder, rng.uniform(0, self.seconds)) == -9
            done += self.check(folder, must=False)
            left += len([path for path in folder.rglob("*") if path.name.startswith(".") and path.suffix != ".lock"])
            assert self.run(folder) == 0, f"{folder}: the run after a kill fails"
            self.check(folder, must=True)
        return f"{killed} killed ({done} had finished), {number} went on to the same file, {left} unfinished files"

    def full_disks(self, number: int, rng: random.Random) -> str:
        from fault_jobs import TOLD

        for _ in range(number):
            folder = self.folder()
            code = self.run(folder, most_bytes=rng.randrange(1000, self.bytes))
            assert code == TOLD, f"{folder}: a full disk ends with {code}"
            assert not self.check(folder, must=False)
            assert self.run(folder) == 0, f"{folder}: the run after a full disk fails"
            self.check(folder, must=True)
        return f"{number} told, then went on"

    def read_only(self) -> str:
        from fault_jobs import TOLD

        folder = self.folder()
        folder.chmod(0o555)
        code = self.run(folder, obey=True)
        assert code == TOLD and not list(folder.iterdir()), f"{folder}: a read-only folder ends with {code}"
        return "told"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB")
    parser.add_argument("--kills", type=int, default=100, help="of each job (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    from fault_jobs import JOBS, prepare

    hub = hub_of_slow_answers()
    os.environ |= {"HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(HERE)}
    multiprocessing.get_context("forkserver").set_forkserver_preload(["fault_jobs", "huggingface_hub.file_download"])
    print("| job | kill -9 | full disk | read-only |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work, prepared = Path(folder), Path(folder) / "prepared"
        prepared.mkdir()
        prepare(prepared)
        hub.publish("somebody/sounds", "made.safetensors", (prepared / "made.safetensors").read_bytes())
        for name in arguments.jobs or JOBS:
            faults, rng = Faults(name, prepared, work), random.Random(f"{name} {arguments.seed}")
            row = faults.kills(arguments.kills, rng), faults.full_disks(-(-arguments.kills // DISK_FULL_PER_KILL), rng)
            print(f"| {name} | {' | '.join([*row, faults.read_only()])} |", flush=True)
        if "download" in (arguments.jobs or JOBS):
            resumed = sum(each is not None for each in hub.ranges)
            print(f"\nOf {len(hub.ranges)} requests for the file {resumed} asked for the rest of it.")


if __name__ == "__main__":
    main()
