"""What few frames a second cost the timing: mini_fast's sounds for the same scenes, filmed at several rates.

python bench/rates.py [--clips 16] [--sounds DIR] [--weights FILE] [--fast FILE]
writes results/rates.json beside this file and prints a table; README.md says how to read it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from clips import BATCH, DURATION_S, latents
from common import options, save, weights_of, with_interval
from mini_clips import World, held_out
from mini_tables import cell
from mini_ways import job

from v2a_core import stages
from v2a_core.evaluation.onsets import OnsetScore, detect_onsets, match_onsets
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.base import Family, VisualFeatures
from v2a_core.training.world.scene import Scene
from v2a_core.training.world.sounds import SoundLibrary
from v2a_core.training.world.speech import Speakers

FAMILIES = ("impacts", "strikes", "footsteps", "doors", "animals")  # whose sounds have moments
RATES = (25.0, 18.0, 16.0, 12.0, 10.0, 8.0)
FIRST = 1000  # the report's clips come before
SIDE = 128


def watch(family: Family, scene: Scene) -> VisualFeatures:
    """Mini's features of a scene that the media reader reads."""
    times_s = np.arange(scene.frame_count) / scene.fps
    frames = torch.from_numpy(scene.draw_frames(times_s, SIDE, SIDE))
    return stages.encode_video(family, VideoSource.from_frames(frames, scene.fps))


def scored(family: Family, name: str, rate: float, count: int, world: World) -> list[OnsetScore]:
    """How a scene family's first clips, filmed at a rate, are timed."""
    cases, clips = map(list, zip(*(held_out(name, FIRST + i, world) for i in range(count)), strict=True))
    seen = [watch(family, replace(clip.scene, fps=rate)) for clip in clips]
    jobs = [job("mini", *one) for one in zip(cases, clips, seen, strict=True)]
    made = torch.cat([latents(family, jobs[first : first + BATCH]) for first in range(0, count, BATCH)])
    heard = (detect_onsets(stages.decode(family, one[None], DURATION_S)) for one in made)
    return [match_onsets(onsets, case.times_s) for onsets, case in zip(heard, cases, strict=True)]


def pooled(scores: Sequence[OnsetScore]) -> float:
    return sum(scores[1:], scores[0]).f1


def divided(scores: Sequence[OnsetScore], others: Sequence[OnsetScore]) -> float:
    return pooled(scores) / pooled(others)


def main() -> None:
    parser = options(__doc__, distilled=True)
    parser.add_argument("--clips", type=int, default=16, help="of each scene family (default: 16)")
    args = parser.parse_args()
    family = load_family("mini_fast", weights=weights_of(args))
    world, found = World(SoundLibrary(args.sounds), Speakers(args.sounds)), {}
    full = None
    print("| frames a second | onset F1 | of that at 25 |\n|---|---|---|")
    for rate in RATES:
        scores = [score for name in FAMILIES for score in scored(family, name, rate, args.clips, world)]
        full = full or scores
        kept = with_interval([*zip(scores, full, strict=True)], lambda pairs: divided(*zip(*pairs, strict=True)))
        found[f"{rate:g}"] = {"f1": with_interval(scores, pooled), "of_full": kept}
        print("|", " | ".join([f"{rate:g}", *(cell(one) for one in found[f"{rate:g}"].values())]), "|", flush=True)
    save("rates", {"clips": args.clips, "families": FAMILIES, "rates": found})


if __name__ == "__main__":
    main()
