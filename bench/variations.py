"""Does ranking pick better takes: of held-out clips, chosen by V2A Variations' rule, by chance and by the truth.

python bench/variations.py [--sounds DIR] [--clips 40] [--takes 6] [--weights FILE]
writes results/variations.json and variations.png beside this file; README.md says how to read them.
"""

from pathlib import Path

import numpy as np
import torch
from clips import DURATION_S, Clip, judge, make_clip, watch
from common import HERE, options, save, told
from matplotlib.figure import Figure

from v2a_core import stages
from v2a_core.evaluation.motion import watch_motion
from v2a_core.evaluation.onsets import OnsetScore
from v2a_core.evaluation.ranking import Scores, listen, rank
from v2a_core.media.audio import Audio
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.base import Family, VisualFeatures
from v2a_core.settings import Settings
from v2a_core.training.world.scene import encoder_frames
from v2a_core.training.world.sounds import SoundLibrary

RATE_HZ = 25


@torch.inference_mode()
def make_takes(family: Family, clip: Clip, features: VisualFeatures, count: int) -> list[Audio]:
    """One batch of takes over one encoding, of seeds 0, 1, ..."""
    texts = (stages.encode_prompt(family, prompt) for prompt in (clip.prompt, ""))
    conditions = stages.condition(family, *texts, features)
    noise = torch.cat([stages.draw_latent(family.spec, DURATION_S, seed) for seed in range(count)])
    latents = stages.sample(family.network, *conditions, noise, Settings.for_family(family.spec))
    return [stages.decode(family, latent[None], DURATION_S) for latent in latents]


def score(clip: Clip, takes: list[Audio]) -> list[Scores]:
    """What V2A Variations hears in each, with the clip's picture."""
    frames = torch.from_numpy(encoder_frames(clip.scene, RATE_HZ))
    motion = watch_motion(VideoSource.from_frames(frames, RATE_HZ))
    return [listen(take, motion) for take in takes]


def summary(marks: list[list[OnsetScore]], scores: list[list[Scores]], takes: int) -> dict:
    """Onset F1 of who chooses, pooled over clips, for every number of takes to choose from."""
    sizes = list(range(1, takes + 1))
    chosen = {
        "ranked first": lambda clip, size: marks[clip][rank(scores[clip][:size])[0]],
        "average take": lambda clip, size: sum(marks[clip][:size], OnsetScore()),
        "ranked last": lambda clip, size: marks[clip][rank(scores[clip][:size])[-1]],
        "best by the truth": lambda clip, size: max(marks[clip][:size], key=lambda one: one.f1),
    }
    lines = {
        name: [sum((pick(clip, size) for clip in range(len(marks))), OnsetScore()).f1 for size in sizes]
        for name, pick in chosen.items()
    }
    return {"clips": len(marks), "takes": sizes, "f1": lines, "gain": gain(marks, scores)}


def gain(marks: list[list[OnsetScore]], scores: list[list[Scores]]) -> dict:
    """Mean F1 of the take ranked first over that of all its clip's takes, with a 95 % bootstrap interval over clips."""
    gains = [
        mine[rank(heard)[0]].f1 - np.mean([one.f1 for one in mine]) for mine, heard in zip(marks, scores, strict=True)
    ]
    draws = np.random.default_rng(0).choice(gains, (1000, len(gains))).mean(1)
    return {"mean": float(np.mean(gains)), "interval": [float(edge) for edge in np.percentile(draws, (2.5, 97.5))]}


def draw(results: dict, path: Path) -> None:
    """One line for each who chooses, over the number of takes."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, values in results["f1"].items():
        axes.plot(results["takes"], values, marker="o", label=name)
    axes.set(
        xlabel="takes to choose from", ylabel="onset F1 at 50 ms", title=f"{results['clips']} held-out clips, Mini"
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--clips", type=int, default=40, help="clips whose sound has events")
    parser.add_argument("--takes", type=int, default=6, help="takes of each")
    args = parser.parse_args()

    family, library = load_family("mini", weights=args.weights), SoundLibrary(args.sounds)
    with told("clips"):
        # More than half of all have events.
        clips = [clip for index in range(2 * args.clips) if (clip := make_clip(index, library)).kind == "event"]
        clips = clips[: args.clips]
        features = watch(family, clips)
    with told("Mini"):
        takes = [make_takes(family, clip, seen, args.takes) for clip, seen in zip(clips, features, strict=True)]
    with told("listening"):
        scores = [score(clip, some) for clip, some in zip(clips, takes, strict=True)]
        marks = [[judge(clip, take).onsets for take in some] for clip, some in zip(clips, takes, strict=True)]
    results = summary(marks, scores, args.takes)
    save("variations", results)
    draw(results, HERE / "variations.png")
    for name, values in results["f1"].items():
        print(f"{name:<20}{values[-1]:.3f}")
    print(f"ranked first over the average take: {results['gain']}")


if __name__ == "__main__":
    main()
