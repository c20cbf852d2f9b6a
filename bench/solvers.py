"""How near each solver comes to the end of the flow for the same number of network calls, with Mini as it ships.

python bench/solvers.py [--video FILE] [--prompt TEXT] [--seconds 2] [--takes 1] [--threads 2]

The end is that of 200 steps of the midpoint rule. Prints a table and writes solvers.png beside this file.
"""

import argparse
from pathlib import Path

import torch
from matplotlib.figure import Figure

from v2a_core import stages
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.settings import Settings

HERE = Path(__file__).resolve().parent
CALLS = (4, 8, 16, 32)
REFERENCE = {"solver": "midpoint", "steps": 200}
# Network calls of one step.
COST = {"euler": 1, "heun": 2, "midpoint": 2, "ab2": 1}


class Counted:
    """A network that counts how often it is called."""

    def __init__(self, network):
        self.network, self.calls = network, 0

    def __call__(self, *arguments, **conditions):
        self.calls += 1
        return self.network(*arguments, **conditions)


@torch.inference_mode()
def errors(video: Path, prompt: str, seconds: float, takes: int) -> dict[str, dict[int, float]]:
    """{solver: {calls: distance to the reference by its norm, over all takes}}."""
    family = load_family("mini")
    features = stages.encode_video(family, VideoSource.from_path(video, 0.0, seconds))
    texts = (stages.encode_prompt(family, text) for text in (prompt, ""))
    conditions = stages.condition(family, *texts, features)
    noise = torch.cat([stages.draw_latent(family.spec, features.duration_s, seed) for seed in range(takes)])

    def end(solver: str, steps: int) -> torch.Tensor:
        network = Counted(family.network)
        settings = Settings.for_family(family.spec, solver=solver, steps=steps)
        latent = stages.sample(network, *conditions, noise, settings)
        assert network.calls == COST[solver] * steps, f"{solver} calls the network {network.calls} times"
        return latent

    reference = end(**REFERENCE)
    return {
        solver: {
            calls: ((end(solver, calls // COST[solver]) - reference).norm() / reference.norm()).item()
            for calls in CALLS
        }
        for solver in COST
    }


def table(found: dict[str, dict[int, float]]) -> str:
    """Markdown: a row a number of calls."""
    lines = ["| network calls | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    lines += [f"| {calls} | " + " | ".join(f"{found[name][calls]:.4f}" for name in found) + " |" for calls in CALLS]
    return "\n".join(lines)


def draw(found: dict[str, dict[int, float]], path: Path) -> None:
    """One line a solver, both axes logarithmic."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, values in found.items():
        axes.plot(list(values), list(values.values()), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="network calls", ylabel="distance to 200 steps of the midpoint rule")
    axes.set_xticks(CALLS, [str(calls) for calls in CALLS])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--video", type=Path, default=HERE.parent / "demo/big_buck_bunny.mp4")
    parser.add_argument("--prompt", default="footsteps on grass")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--takes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = errors(args.video, args.prompt, args.seconds, args.takes)
    print(table(found))
    draw(found, HERE / "solvers.png")


if __name__ == "__main__":
    main()
