"""Rendered clips as shards on disk: frames, mels of several soundtracks, and what the scene knows about its sound."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from safetensors.numpy import save_file

from ..models.mini.mel import log_mel
from .world.captions import caption
from .world.classes import SOUND_CLASSES
from .world.mixing import mix
from .world.scene import FAMILIES, Scene, encoder_frames, make_scene
from .world.sounds import SoundLibrary

CLIPS_A_SHARD = 128
DURATION_S = 6.0
LATENT_RATE_HZ = 100
BINS = round(DURATION_S * LATENT_RATE_HZ)


def build(
    out: str | Path,
    library: SoundLibrary,
    clips: int,
    variants: int = 4,
    split: str = "train",
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Render `clips` clips with `variants` soundtracks each into shards of 128 clips; returns the shards' paths.

    A shard holds frames uint8 [n, 150, 64, 64, 3], mel float16 [n * variants, 80, 600] (all variants of a clip in a
    row), onset [n, 600] (the strength of the event in that hundredth of a second), level [n, 600] and has_level [n].
    A JSON file beside it says what each clip and variant is. Even variants sound as the picture suggests, odd ones
    are of another class of the same kind. Finished shards are kept, so that a run that was stopped goes on; shards
    are made `workers` at a time, and do not depend on how many.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    jobs = []
    for first in range(0, clips, CLIPS_A_SHARD):
        seeds = range(seed + first, seed + min(first + CLIPS_A_SHARD, clips))
        header = {"split": split, "variants": variants, "seed": seeds.start, "clips": len(seeds)}
        jobs.append((out / f"{split}-{seed + first:07d}.safetensors", header))
    to_do = [job for job in jobs if not _finished(*job)]
    done = clips - sum(header["clips"] for _, header in to_do)
    for count in _write_shards(to_do, library, workers):
        done += count
        if progress:
            progress("dataset", done, clips)
    return [path for path, _ in jobs]


def targets(scene: Scene) -> tuple[np.ndarray, np.ndarray, bool]:
    """Onset strengths and loudness level of a scene at 100 Hz, float32 [600] each, and whether it has a level."""
    onset = np.zeros(BINS, np.float32)
    for event in scene.events:
        place = round(event.time_s * LATENT_RATE_HZ)
        if 0 <= place < BINS:
            onset[place] = max(onset[place], event.strength)
    level = np.zeros(BINS, np.float32)
    if scene.level is not None:
        level[: len(scene.level)] = scene.level[:BINS]
    return onset, level, scene.level is not None


def choose_class(scene: Scene, agree: bool, rng: Generator) -> str:
    """The class that the picture suggests, or any other of the same kind that may accompany such a scene."""
    if agree:
        return scene.looks
    kind = SOUND_CLASSES[scene.looks].kind
    others = [
        name
        for name, spec in SOUND_CLASSES.items()
        if name != scene.looks and spec.kind == kind and scene.family in spec.families
    ]
    return others[rng.integers(len(others))]


def _finished(path: Path, header: dict) -> bool:
    sidecar = path.with_suffix(".json")
    if not (path.exists() and sidecar.exists()):
        return False
    about = json.loads(sidecar.read_text())
    return all(about[key] == value for key, value in header.items())


def _write_shards(jobs: list[tuple[Path, dict]], library: SoundLibrary, workers: int) -> Iterator[int]:
    """Write shards in this process or in several; gives the number of clips of each as it is done."""
    if workers == 1:
        yield from (_write_shard(*job, library) for job in jobs)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _bring_library, (library,)) as pool:
        for future in as_completed(pool.submit(_write_with_own_library, *job) for job in jobs):
            yield future.result()


def _bring_library(library: SoundLibrary) -> None:
    global _library
    _library = library
    torch.set_num_threads(1)


def _write_with_own_library(path: Path, header: dict) -> int:
    return _write_shard(path, header, _library)


def _write_shard(path: Path, header: dict, library: SoundLibrary) -> int:
    count, variants, split = header["clips"], header["variants"], header["split"]
    seeds = range(header["seed"], header["seed"] + count)
    frames = np.empty((count, round(DURATION_S * 25), 64, 64, 3), np.uint8)
    mel = np.empty((count * variants, 80, BINS), np.float16)
    onset, level = np.empty((count, BINS), np.float32), np.empty((count, BINS), np.float32)
    has_level = np.empty(count, np.uint8)
    about = []
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng([seed, 1])
        scene = make_scene(seed, split, FAMILIES[seed % len(FAMILIES)], DURATION_S)
        frames[row] = encoder_frames(scene)
        onset[row], level[row], has_level[row] = targets(scene)
        waves, spoken = [], []
        for variant in range(variants):
            sound_class = choose_class(scene, variant % 2 == 0, rng)
            waves.append(mix(scene, sound_class, library, rng))
            spoken.append({"sound_class": sound_class, "caption": caption(sound_class, rng, split)})
        mel[row * variants : (row + 1) * variants] = log_mel(torch.from_numpy(np.stack(waves))).numpy()
        known = {"looks": scene.looks, "family": scene.family, "fps": scene.fps, "seed": seed}
        about.append({**known, "variants": spoken})
    arrays = {"frames": frames, "mel": mel, "onset": onset, "level": level, "has_level": has_level}
    _replace(path.with_suffix(".json"), lambda part: part.write_text(json.dumps({**header, "about": about})))
    _replace(path, lambda part: save_file(arrays, part))
    return count


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write to a name beside the file and move it there: a reader never sees half a file."""
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
