"""What few frames a second cost the timing: mini_fast's sounds for the same scenes, filmed at several rates.

python bench/rates.py [--clips 16] [--sounds DIR] [--weights FILE] [--fast FILE]
writes results/rates.json beside this file and prints a table; README.md says how to read it.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import torch
from clips import BATCH, DURATION_S, Clip, latents
from common import options, save, weights_of
from mini_clips import Case, World, held_out
from mini_hear import hear_onsets
from mini_scores import MEASURES, Row, ratio, score
from mini_tables import cell
from mini_ways import job

from v2a_core import stages
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


def listened(family: Family, cases: list[Case], clips: list[Clip], rate: float) -> list[Row]:
    """The cases with the onsets that are heard where their scenes are filmed at a rate."""
    seen = [watch(family, replace(clip.scene, fps=rate)) for clip in clips]
    jobs = [job("mini", *one) for one in zip(cases, clips, seen, strict=True)]
    made = torch.cat([latents(family, jobs[first : first + BATCH]) for first in range(0, len(jobs), BATCH)])
    heard = (hear_onsets(stages.decode(family, one[None], DURATION_S)) for one in made)
    return [*zip(cases, heard, strict=True)]


def main() -> None:
    parser = options(__doc__, distilled=True)
    parser.add_argument("--clips", type=int, default=16, help="of each scene family (default: 16)")
    args = parser.parse_args()
    family = load_family("mini_fast", weights=weights_of(args))
    world, rows = World(SoundLibrary(args.sounds), Speakers(args.sounds)), defaultdict(list)
    for name in FAMILIES:
        cases, clips = map(list, zip(*(held_out(name, FIRST + i, world) for i in range(args.clips)), strict=True))
        for rate in RATES:
            rows[rate] += listened(family, cases, clips, rate)
    f1, found = MEASURES["f1"], {}
    print("| frames a second | onset F1 | of that at 25 |\n|---|---|---|")
    for rate in RATES:
        found[f"{rate:g}"] = one = {"f1": score(f1, rows[rate]), "of_full": ratio(f1, rows[rate], rows[RATES[0]])}
        print(f"| {rate:g} | {cell(one['f1'])} | {cell(one['of_full'])} |")
    save("rates", {"clips": args.clips, "families": FAMILIES, "rates": found})


if __name__ == "__main__":
    main()
