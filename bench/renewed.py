"""What noise drawn anew at each step does to Mini's sounds: euler_ancestral beside euler, by scene family.

python bench/renewed.py [--clips 32] [--sounds DIR] [--weights FILE]
writes results/renewed.json beside this file and prints a table; README.md says how to read it.
"""

import numpy as np
from clips import BATCH, DURATION_S, Job, judge, latents, watch
from common import options, save, with_interval
from mini_clips import World, held_out
from mini_ways import job

from v2a_core import stages
from v2a_core.media.audio import Audio
from v2a_core.models import load_family
from v2a_core.models.base import Family
from v2a_core.settings import Settings
from v2a_core.training.world.scene import FAMILIES
from v2a_core.training.world.sounds import SoundLibrary
from v2a_core.training.world.speech import Speakers

WAYS = ("euler", "euler_ancestral")
FIRST = 1000  # the report's clips come before


def soundtracks(family: Family, jobs: list[Job], solver: str) -> list[Audio]:
    """One soundtrack a job, all else as in the report."""
    settings = Settings.for_family(family.spec, solver=solver)
    batches = (latents(family, jobs[first : first + BATCH], settings) for first in range(0, len(jobs), BATCH))
    return [stages.decode(family, one[None], DURATION_S) for batch in batches for one in batch]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--clips", type=int, default=32, help="of each scene family (default: 32)")
    args = parser.parse_args()
    family = load_family("mini", weights=args.weights)
    world, found = World(SoundLibrary(args.sounds), Speakers(args.sounds)), {}
    print("| family | solver | class in the top 5 | onset F1 |\n|---|---|---|---|")
    for name in FAMILIES:
        cases, clips = map(list, zip(*(held_out(name, FIRST + i, world) for i in range(args.clips)), strict=True))
        jobs = [job("mini", *one) for one in zip(cases, clips, watch(family, clips), strict=True)]
        found[name] = {}
        for solver in WAYS:
            marks = [judge(*one) for one in zip(clips, soundtracks(family, jobs, solver), strict=True)]
            one = found[name][solver] = {"class": with_interval([mark.obeys for mark in marks], np.mean)}
            onsets = [mark.onsets for mark in marks if mark.onsets]
            if onsets:
                one["f1"] = with_interval(onsets, lambda some: sum(some[1:], some[0]).f1)
            f1 = f"{one['f1']['value']:.2f}" if onsets else ""
            print(f"| {name} | {solver} | {one['class']['value']:.2f} | {f1} |", flush=True)
    save("renewed", {"clips": args.clips, "families": found})


if __name__ == "__main__":
    main()
