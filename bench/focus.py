"""Does a mask choose whose sound is made: two balls bounce at different times, and Mini sees one, the other, or both.

python bench/focus.py [--scenes 24] [--takes 2] [--prompt TEXT] [--weights FILE]
writes results/focus.json and focus.png beside this file; README.md says how to read them.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from common import HERE, options, save
from matplotlib.figure import Figure

from v2a_core import stages
from v2a_core.evaluation.onsets import OnsetScore, detect_onsets, match_onsets
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.base import Family
from v2a_core.settings import Settings

FPS, SECONDS, SIDE = 25, 6.0, 192
RADIUS, FLOOR, DROP = 14, 170, 110  # pixels
APART_S = 0.15  # no hit of one ball is closer to one of the other
SEEN = ("left ball", "right ball", "both")


def hits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """When the left and the right ball hit the floor, in seconds: at rates of their own, never together."""
    while True:
        steps = rng.uniform(0.6, 1.3, 2)
        left, right = (np.arange(rng.uniform(0.3, 0.9), SECONDS - 0.2, step) for step in steps)
        if abs(left[:, None] - right).min() > APART_S:
            return left, right


def ball(times_s: np.ndarray, hits_s: np.ndarray, x: float) -> np.ndarray:
    """Where a ball at column x covers the picture, 0..1, [T, SIDE, SIDE]; between two hits it flies a parabola."""
    step = hits_s[1] - hits_s[0]
    phase = (times_s - hits_s[0]) / step % 1
    height = DROP * 4 * phase * (1 - phase)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    away = np.hypot(columns - x, rows - (FLOOR - RADIUS - height[:, None, None]))
    return np.clip(RADIUS - away + 0.5, 0, 1)


def scene(number: int) -> tuple[torch.Tensor, tuple[np.ndarray, np.ndarray]]:
    """Frames uint8 [T, SIDE, SIDE, 3] of two bouncing balls, and when each hits the floor."""
    rng = np.random.default_rng([number, 5])
    both = hits(rng)
    times_s = np.arange(round(SECONDS * FPS)) / FPS
    ground = np.where(np.arange(SIDE) < FLOOR, 150.0, 90.0)[:, None, None] + rng.uniform(-25, 25, 3)
    frames = np.repeat(np.broadcast_to(ground, (SIDE, SIDE, 3))[None], len(times_s), 0)
    for hits_s, x in zip(both, (SIDE / 4, 3 * SIDE / 4), strict=True):
        cover = ball(times_s, hits_s, x)[..., None]
        frames = frames * (1 - cover) + rng.uniform((150, 20, 20), (255, 90, 90)) * cover
    return torch.from_numpy(frames.clip(0, 255).astype(np.uint8)), both


def masks() -> dict[str, torch.Tensor | None]:
    """What is seen, by its name."""
    left = torch.zeros(1, SIDE, SIDE)
    left[..., : SIDE // 2] = 1
    return dict(zip(SEEN, (left, 1 - left, None), strict=True))


@torch.inference_mode()
def onsets(
    family: Family, frames: torch.Tensor, mask: torch.Tensor | None, prompt: str, seeds: Iterable[int]
) -> list[np.ndarray]:
    """When sounds begin in a take of each seed, in seconds."""
    features = stages.encode_video(family, VideoSource.from_frames(frames, FPS), mask=mask)
    texts = (stages.encode_prompt(family, text) for text in (prompt, ""))
    conditions = stages.condition(family, *texts, features)
    noise = torch.cat([stages.draw_latent(family.spec, SECONDS, seed) for seed in seeds])
    latents = stages.sample(family.network, *conditions, noise, Settings.for_family(family.spec))
    return [detect_onsets(stages.decode(family, latent[None], SECONDS)) for latent in latents]


def measure(family: Family, scenes: int, prompt: str, takes: int) -> dict[str, dict[str, float]]:
    """Onset F1 at 50 ms by what is seen and whose hits are expected, pooled over scenes and takes."""
    total = {seen: dict.fromkeys(SEEN, OnsetScore()) for seen in SEEN}
    for number in range(scenes):
        frames, (left, right) = scene(number)
        expected = dict(zip(SEEN, (left, right, np.concatenate([left, right])), strict=True))
        seeds = range(number * takes, (number + 1) * takes)
        for seen, mask in masks().items():
            for heard in onsets(family, frames, mask, prompt, seeds):
                for whose, times_s in expected.items():
                    total[seen][whose] += match_onsets(heard, times_s)
    return {seen: {whose: score.f1 for whose, score in row.items()} for seen, row in total.items()}


def draw(results: dict, path: Path) -> None:
    """A group of bars for each thing seen, in it a bar for each one's hits; beside them a picture of a scene."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    picture, axes = figure.subplots(1, 2, width_ratios=(1, 2))
    picture.imshow(scene(0)[0][10])
    picture.set(xticks=[], yticks=[], title="one scene")
    for place, whose in enumerate(SEEN):
        values = [results["f1"][seen][whose] for seen in SEEN]
        axes.bar(np.arange(len(SEEN)) + (place - 1) * 0.27, values, 0.25, label=f"against the hits of: {whose}")
    axes.set_xticks(range(len(SEEN)), [f"{seen} seen" for seen in SEEN])
    axes.set(ylabel="onset F1 at 50 ms", ylim=(0, 1))
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = options(__doc__, sounds=False)
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--takes", type=int, default=2)
    parser.add_argument("--prompt", default="a ball bouncing on a wooden floor")
    args = parser.parse_args()
    family = load_family("mini", weights=args.weights)
    scores = measure(family, args.scenes, args.prompt, args.takes)
    results = {"scenes": args.scenes, "takes": args.takes, "prompt": args.prompt, "f1": scores}
    save("focus", results)
    draw(results, HERE / "focus.png")
    for seen, row in scores.items():
        print(f"{seen + ' seen':<18}" + "  ".join(f"{whose}: {value:.3f}" for whose, value in row.items()))


if __name__ == "__main__":
    main()
