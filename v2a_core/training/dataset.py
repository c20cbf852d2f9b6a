"""Rendered clips as shards on disk: frames, mels of several soundtracks, and what the scene knows about its sound."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from safetensors.numpy import save_file

from ..models.mini.mel import log_mel
from ..prompts.phonemes import TOKEN_RATE_HZ, token_ids
from .world.classes import SOUND_CLASSES
from .world.degrade import KINDS, poor_frames
from .world.faces import Say
from .world.mouth import mouth_of
from .world.scene import FAMILIES, Scene, encoder_frames, make_scene
from .world.sounds import SoundLibrary
from .world.soundtracks import soundtrack
from .world.speech import imagined

CLIPS_A_SHARD = 128
DURATION_S = 6.0
LATENT_RATE_HZ = 100
BINS = round(DURATION_S * LATENT_RATE_HZ)
# How many of the clips are degraded on top of what the scene's own lens does.
_DEGRADED = 0.15


def build(
    out: str | Path,
    library: SoundLibrary,
    clips: int,
    variants: int = 4,
    split: str = "train",
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
    say: Say = imagined,
) -> list[Path]:
    """Render `clips` clips with `variants` soundtracks each into shards of 128 clips; returns the shards' paths.

    A shard holds frames uint8 [n, 150, 64, 64, 3], mel float16 [n * variants, 80, 600] (all variants of a clip in a
    row), onset [n, 600] (the strength of the event in that hundredth of a second), level [n, 600], has_level [n],
    phonemes uint8 [n, 150] (of what is said, into `prompts.phonemes.PHONEMES`) and mouth float16 [n, 150] (how open).
    A JSON file beside it says what each clip and variant is. Even variants sound as the picture suggests, odd ones
    are of another class of the same kind (of faces: a sound that goes on). say gives talking faces their sentences:
    `world.speech.Speakers(root).draw`. Finished shards are kept, so that a run that was stopped goes on; shards
    are made `workers` at a time, and do not depend on how many.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    jobs = []
    for first in range(0, clips, CLIPS_A_SHARD):
        seeds = range(seed + first, seed + min(first + CLIPS_A_SHARD, clips))
        header = {"split": split, "variants": variants, "seed": seeds.start, "clips": len(seeds)}
        header["families"] = list(FAMILIES)
        jobs.append((out / f"{split}-{seed + first:07d}.safetensors", header))
    to_do = [job for job in jobs if not _finished(*job)]
    done = clips - sum(header["clips"] for _, header in to_do)
    for count in _write_shards(to_do, library, say, workers):
        done += count
        if progress:
            progress("dataset", done, clips)
    return [path for path, _ in jobs]


def targets(scene: Scene) -> tuple[np.ndarray, np.ndarray, bool]:
    """Onset strengths and loudness level of a scene at 100 Hz, float32 [600] each, and whether it has a level.

    A word has no onset: what lips do is told by phonemes, mouth and level.
    """
    onset = np.zeros(BINS, np.float32)
    for event in scene.events:
        place = round(event.time_s * LATENT_RATE_HZ)
        if 0 <= place < BINS and event.kind != "word":
            onset[place] = max(onset[place], event.strength)
    level = np.zeros(BINS, np.float32)
    if scene.level is not None:
        level[: len(scene.level)] = scene.level[:BINS]
    return onset, level, scene.level is not None


def choose_class(scene: Scene, agree: bool, rng: Generator) -> str:
    """The class that the picture suggests, or any other of the same kind that may accompany such a scene."""
    if agree:
        return scene.looks
    kind = {"speech": "texture"}.get(SOUND_CLASSES[scene.looks].kind, SOUND_CLASSES[scene.looks].kind)
    others = [
        name
        for name, spec in SOUND_CLASSES.items()
        if name != scene.looks and spec.kind == kind and scene.family in spec.families
    ]
    return others[rng.integers(len(others))]


def lips(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """What is said and how far the lips that say it are apart, in each token: uint8 [150] and float16 [150]."""
    tokens = round(DURATION_S * TOKEN_RATE_HZ)
    spans = [span for talk in scene.talk for span in talk.spans]
    opening = mouth_of(spans, DURATION_S)(np.arange(tokens) / TOKEN_RATE_HZ)[0]
    said = token_ids([list(talk.spans) for talk in scene.talk], tokens)
    return said.numpy().astype(np.uint8), opening.astype(np.float16)


def _frames(scene: Scene, rng: Generator) -> np.ndarray:
    """What the encoder sees, in training at times through poor footage: uint8 [150, 64, 64, 3]."""
    if scene.split == "test" or rng.random() >= _DEGRADED:
        return encoder_frames(scene)
    return poor_frames(scene, KINDS[rng.integers(len(KINDS))], rng)


def _finished(path: Path, header: dict) -> bool:
    sidecar = path.with_suffix(".json")
    if not (path.exists() and sidecar.exists()):
        return False
    about = json.loads(sidecar.read_text())
    return all(about[key] == value for key, value in header.items())


def _write_shards(jobs: list[tuple[Path, dict]], library: SoundLibrary, say: Say, workers: int) -> Iterator[int]:
    """Write shards in this process or in several; gives the number of clips of each as it is done."""
    if workers == 1:
        for job in jobs:
            with _one_thread():
                count = _write_shard(*job, library, say)
            yield count
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _bring_library, (library, say)) as pool:
        for future in as_completed(pool.submit(_write_with_own_library, *job) for job in jobs):
            yield future.result()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on one thread, as in the workers: on some processors sums round otherwise on several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _bring_library(library: SoundLibrary, say: Say) -> None:
    global _library, _say
    _library, _say = library, say
    torch.set_num_threads(1)


def _write_with_own_library(path: Path, header: dict) -> int:
    return _write_shard(path, header, _library, _say)


def _write_shard(path: Path, header: dict, library: SoundLibrary, say: Say) -> int:
    count, variants, split = header["clips"], header["variants"], header["split"]
    seeds = range(header["seed"], header["seed"] + count)
    frames = np.empty((count, round(DURATION_S * 25), 64, 64, 3), np.uint8)
    mel = np.empty((count * variants, 80, BINS), np.float16)
    onset, level = np.empty((count, BINS), np.float32), np.empty((count, BINS), np.float32)
    has_level = np.empty(count, np.uint8)
    tokens = round(DURATION_S * TOKEN_RATE_HZ)
    phonemes, mouth = np.empty((count, tokens), np.uint8), np.empty((count, tokens), np.float16)
    about = []
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng([seed, 1])
        scene = make_scene(seed, split, FAMILIES[seed % len(FAMILIES)], DURATION_S, say)
        frames[row] = _frames(scene, np.random.default_rng([seed, 2]))
        phonemes[row], mouth[row] = lips(scene)
        onset[row], level[row], has_level[row] = targets(scene)
        waves, heard = [], []
        for variant in range(variants):
            sound_class = choose_class(scene, variant % 2 == 0, rng)
            made = soundtrack(scene, sound_class, library, rng)
            waves.append(made.wave)
            heard.append(
                {"sound_class": sound_class, "caption": made.caption, "also": made.also, "absent": made.absent}
            )
        mel[row * variants : (row + 1) * variants] = log_mel(torch.from_numpy(np.stack(waves))).numpy()
        known = {"looks": scene.looks, "family": scene.family, "fps": scene.fps, "seed": seed}
        talk = [{"text": t.text, "voice": t.voice, "span_s": [t.start_s, t.spans[-1].end_s]} for t in scene.talk]
        about.append({**known, "talk": talk, "variants": heard})
    arrays = {"frames": frames, "mel": mel, "onset": onset, "level": level, "has_level": has_level}
    arrays |= {"phonemes": phonemes, "mouth": mouth}
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
