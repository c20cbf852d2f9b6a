"""The rows of `table.py` that need the library alone: takes in a batch, new seeds, length, and its import."""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from bench.long import write_film
from bench.mmaudio_parts import Stages
from bench.speed import IMPORTS, import_seconds, rendered
from bench.table_parts import Skipped, alone, answer, drawn, line, middle, shares, times
from v2a_core import stages as stage
from v2a_core.media.mux import mux
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.pipeline import generate
from v2a_core.settings import Settings
from v2a_core.weights.catalog import catalog
from v2a_core.weights.files import locate_part

PROMPT, TAKES = "footsteps on gravel", 4
LENGTHS_S, QUICK_LENGTHS_S = (8, 60, 600, 3600), (2, 8, 64, 84)  # Mini makes films beyond 60 s in windows
# Of films the 10 % is issue 5's; that time is to be linear has no number there and takes the same.
FLAT = 1.1


def takes(job: dict, model: str = "mini") -> list[dict]:
    """Four takes at once against four runs, the model kept loaded in both."""
    small = model == "mini"
    # What takes long is run once, and counted four times.
    each = TAKES if small else 1
    rounds = [alone(four_takes, job, model, each) for _ in range(3 if small and not job["quick"] else 1)]
    sides = middle(rounds, lambda one: one["batch"]["wall_s"] / one["apart"]["wall_s"])
    apart, batch = sides["apart"], sides["batch"]
    apart |= {name: apart[name] * TAKES / each for name in ("wall_s", "cpu_s")}
    one_s, batch_s = apart["stages"], batch["stages"]
    why = (
        f"Of the batch: {shares(batch_s)}. Watching ({batch_s['encode']:.1f} s) is shared. The network's products "
        f"grow with the takes (sampling {batch_s['sample']:.1f} s, of one take {one_s['sample']:.1f} s), and each is "
        "decoded and written by itself."
    )
    what, against = f"{model}, {TAKES} takes of {seconds_of(job):g} s at once", f"{TAKES} runs"
    against += "" if small else ", one measured"
    peaks = batch["peak_mb"], against, apart["peak_mb"], "MB"
    held = "Activations of all takes at once; the process and its weights are in both."
    return [times(what, batch, against, apart, why), line(f"{what}: peak memory", *peaks, held)]


def takes_mmaudio(job: dict) -> list[dict]:
    os.environ["V2A_MODELS"] = str(Path(job["work"], "models"))
    if any(locate_part(part) is None for part in catalog()["mmaudio_small_16k"].parts):
        raise Skipped(f"No weights of mmaudio_small_16k in {job['work']}: give --work a folder that mmaudio.py filled.")
    return takes(job, "mmaudio_small_16k")


def four_takes(job: dict, model: str, each: int) -> dict:
    """What so many runs took apart, and all takes in a batch, with the seconds of the last one's stages."""
    torch.set_num_threads(job["threads"])
    measured, seconds, made = Stages("cpu"), seconds_of(job), {}
    with tempfile.TemporaryDirectory() as folder:
        video, out = rendered(Path(folder, "video.mp4"), seconds), Path(folder, "out.mp4")
        # Loaded here, and so kept from run to run.
        family = load_family(model)
        for part in ("visual", "text", "network", "decoder"):
            getattr(family, part)  # which some families only make when it is asked for
        options = {"prompt": PROMPT, "steps": 2 if job["quick"] else None, "model": family}
        if each > 1:
            generate(video, out, **options)  # what only a first run does
        with measured("apart"):
            for seed in range(each):
                made["apart"] = generate(video, out, seed=seed, **options)
        with measured("batch"):
            made["batch"] = generate(video, out, takes=TAKES, **options)
    return {side: {**measured.stages[side], "stages": dict(result.seconds)} for side, result in made.items()}


def new_seed(job: dict) -> list[dict]:
    """A second run with another seed against the first one, model and imports: by `generate`, and by the stages."""
    lines = []
    whys = {
        "the model kept": "It is loaded once, but `generate` watches the video again: {second}.",
        "what was seen kept too": "By the functions of v2a_core/stages.py, as ComfyUI does it; what is left: {second}.",
    }
    for (kept, why), run in zip(whys.items(), (whole_again, stages_again), strict=True):
        rounds = [alone(first_and_second, job, run) for _ in range(1 if job["quick"] else 3)]
        sides = middle(rounds, lambda one: one["second"]["wall_s"] / one["first"]["wall_s"])
        what, why = (
            f"mini, {seconds_of(job):g} s, a new seed, {kept}",
            why.format(second=shares(sides["second"]["stages"])),
        )
        lines.append(times(what, sides["second"], "the first run", sides["first"], why))
    return lines


def first_and_second(job: dict, run: Callable) -> dict:
    """What each of two runs took with the seconds of its stages; the first has nothing loaded but the library."""
    torch.set_num_threads(job["threads"])
    measured, stages_s, kept = Stages("cpu"), {}, {}
    with tempfile.TemporaryDirectory() as folder:
        video = rendered(Path(folder, "video.mp4"), seconds_of(job))
        for seed, place in enumerate(("first", "second")):
            with measured(place):
                stages_s[place] = run(video, Path(folder, f"{seed}.mp4"), seed, kept, 2 if job["quick"] else None)
    return {place: {**measured.stages[place], "stages": stages_s[place]} for place in stages_s}


def whole_again(video: Path, out: Path, seed: int, kept: dict, steps: int | None) -> dict[str, float]:
    """`generate`, with the model that is kept."""
    if not kept:
        kept["family"] = load_family("mini")
    return dict(generate(video, out, prompt=PROMPT, model=kept["family"], seed=seed, steps=steps).seconds)


def stages_again(video: Path, out: Path, seed: int, kept: dict, steps: int | None) -> dict[str, float]:
    """The stages one by one, with the model and the conditions that are kept."""
    parts, source = Stages("cpu"), VideoSource.from_path(video)
    if not kept:
        family = kept["family"] = load_family("mini")
        with parts.part("encode"):
            seen = stage.encode_video(family, source)
        texts = (stage.encode_prompt(family, words) for words in (PROMPT, ""))
        kept |= {"seen": seen, "conditions": stage.condition(family, *texts, seen)}
    family, duration_s = kept["family"], kept["seen"].duration_s
    with parts.part("sample"):
        noise = stage.draw_latent(family.spec, duration_s, seed)
        settings = Settings.for_family(family.spec, seed, steps=steps)
        latent = stage.sample(family.network, *kept["conditions"], noise, settings)
    with parts.part("decode"):
        audio = stage.decode(family, latent, duration_s)
    with parts.part("mux"):
        mux(source, audio, out)
    return parts.parts


def length(job: dict) -> list[dict]:
    """What a second of film costs, and the memory of all of it, by how long the film is."""
    lengths_s = QUICK_LENGTHS_S if job["quick"] else LENGTHS_S
    costs = {}
    for seconds in lengths_s:
        film = drawn(Path(job["work"], f"film-{seconds}.mp4"), partial(write_film, seconds=seconds))
        costs[seconds] = alone(cost, film, job["threads"], 1 if job["quick"] else None)
    short, lines = lengths_s[0], []
    a_second = {s: {name: took[name] / s for name in ("wall_s", "cpu_s")} for s, took in costs.items()}
    for seconds in lengths_s[1:]:
        way = (
            "in windows, read once for its cuts and once to be seen, decoded while muxed"
            if seconds > 60
            else "in one go"
        )
        why = f"Made {way}: {shares(costs[seconds]['stages'])}. Of {short} s: {shares(costs[short]['stages'])}."
        what, against = f"mini, a second of {told(seconds)}", f"of {told(short)}"
        lines.append(times(what, a_second[seconds], against, a_second[short], why, FLAT))
        peaks = [costs[s]["peak_mb"] for s in (seconds, short)]
        why = f"Windows are 20 s, more than {told(short)}; imports alone hold {costs[short]['imports_mb']:.0f} MB."
        lines.append(line(f"mini, {told(seconds)}: peak memory", peaks[0], against, peaks[1], "MB", why))
    longest, shorter = lengths_s[-1], lengths_s[-2]
    peaks = [costs[s]["peak_mb"] for s in (longest, shorter)]
    what, why = f"mini, {told(longest)}: peak memory, both in windows", "Windows are made one by one and kept in files."
    return [*lines, line(what, peaks[0], f"of {told(shorter)}", peaks[1], "MB", why, aim=FLAT)]


def cost(film: Path, threads: int, steps: int | None) -> dict:
    """What a film's soundtrack takes, the seconds of its stages, and the memory that imports hold before."""
    torch.set_num_threads(threads)
    measured = Stages("cpu")
    with measured("imports"):
        pass
    with tempfile.TemporaryDirectory() as folder, measured("all"):
        result = generate(film, Path(folder, "out.mp4"), prompt=PROMPT, steps=steps)
    imports_mb = measured.stages["imports"]["peak_mb"]
    return {**measured.stages["all"], "stages": dict(result.seconds), "imports_mb": imports_mb}


def import_library(job: dict) -> list[dict]:
    """The library's own modules against torch, which it needs."""
    runs = 1 if job["quick"] else 5
    library, torch_s = (import_seconds(IMPORTS[name], runs) for name in ("v2a_core.pipeline, torch loaded", "torch"))
    why = "torchaudio, av, numpy, safetensors and our own modules; families are imported when they are loaded."
    return [line("import of v2a_core.pipeline, torch apart", library, "import of torch", torch_s, "s", why)]


def seconds_of(job: dict) -> float:
    return 2.0 if job["quick"] else 8.0


def told(seconds: float) -> str:
    return f"{seconds / 60:.3g} min" if seconds >= 60 else f"{seconds:g} s"


if __name__ == "__main__":
    answer({name: globals()[name] for name in ("takes", "takes_mmaudio", "new_seed", "length", "import_library")})
