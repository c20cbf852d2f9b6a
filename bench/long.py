"""Films longer than a window: memory against length, and what seams sound like.

python -m bench.long memory [--short 180] [--long 1800] [--steps 4]
python -m bench.long seams [--seconds 96] [--steps 20] [--seeds 4]
write results/long_memory.json, and results/long_seams.json and long.png, beside this file; README.md says how to read
them.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.pipeline import generate
from v2a_core.sampling.flow import shifted_sigmas
from v2a_core.sampling.solvers import euler
from v2a_core.sampling.windows import Window, assembled, film_noise, plan_windows, with_trail
from v2a_core.settings import Settings
from v2a_core.stages import condition, encode_prompt, encode_video

HERE = Path(__file__).resolve().parent
PROMPT = "rain on leaves"
SHOT_S, FPS, SIZE = 11, 25, (96, 64)
CUT_S = 8.0  # the windows of the hard cuts


def write_film(path: Path, seconds: float) -> Path:
    """A film of shots of flat colours in which a bar jumps twice a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        (stream.width, stream.height), stream.pix_fmt, stream.options = SIZE, "yuv420p", {"preset": "ultrafast"}
        for index in range(round(seconds * FPS)):
            shade = np.random.default_rng(index // (SHOT_S * FPS)).integers(0, 200, 3, np.uint8)
            picture = np.broadcast_to(shade, (*SIZE[::-1], 3)).copy()
            left = index * 2 // FPS * 17 % (SIZE[0] - 8)
            picture[:, left : left + 8] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def one(seconds: float, steps: int) -> None:
    """Make one film's soundtrack and print seconds of wall time by stage and the peak of resident memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        film = write_film(Path(folder) / "film.mp4", seconds)
        result = generate(film, Path(folder) / "out.mp4", prompt=PROMPT, steps=steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": round(peak, 1), "took_s": dict(result.seconds)}))


def memory(lengths: list[float], steps: int) -> None:
    """Each length in a process of its own."""
    films = []
    for seconds in lengths:
        command = [sys.executable, "-m", "bench.long", "one", str(seconds), "--steps", str(steps)]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(line, end="", flush=True)
        films.append(json.loads(line))
    ratio = films[-1]["peak_mb"] / films[0]["peak_mb"]
    print(f"peak of {lengths[-1]:g} s over that of {lengths[0]:g} s: {ratio:.3f}")
    save("long_memory", {"steps": steps, "films": films, "ratio": ratio})


def save(name: str, results: dict) -> None:
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")


@torch.inference_mode()
def seams(seconds: float, steps: int, seeds: int) -> None:
    """One film joined in four ways: flux at seams against elsewhere, and the level by frequency around them."""
    family = load_family("mini")
    with tempfile.TemporaryDirectory() as folder:
        film = VideoSource.from_path(write_film(Path(folder) / "film.mp4", seconds))
        features = encode_video(family, film)
    long = replace(family, spec=replace(family.spec, max_duration_s=seconds + 1))
    texts = encode_prompt(family, PROMPT), encode_prompt(family, "")
    positive, negative = condition(long, *texts, features)
    rate = family.spec.latent_rate_hz
    plans = {
        "latent swap, window by window": (windowed, CUT_S + 4),
        "latent swap, side by side": (side_by_side, CUT_S + 4),
        "averaged": (averaged, CUT_S + 4),
        "hard cuts": (hard_cuts, CUT_S),
    }
    settings = Settings.for_family(family.spec, 0, steps=steps)
    sigmas = shifted_sigmas(steps, settings.shift)
    found: dict[str, tuple[list[float], list[Tensor]]] = {}
    for name, (join, window_s) in plans.items():
        shared = 0 if join is hard_cuts else round(rate)
        windows = plan_windows(family.spec.latent_length(seconds), round(window_s * rate), shared, (), 4)
        ratios, levels = [], []
        for seed in range(seeds):
            noise = film_noise(family.spec.latent_channels, 0, windows[-1].end, seed)
            velocity_of = velocities(family, positive, negative, settings)
            latent = join(velocity_of, noise, windows, sigmas)
            samples = family.decoder.decode(latent)[0, 0].float()
            power = spectrogram(samples)
            ratios.append(seam_flux(power, [window.start / rate for window in windows[1:]]))
            around = [power[:, window.start - round(rate) : window.start + round(rate)] for window in windows[1:]]
            levels.append(10 * torch.cat(around, 1).clamp_min(1e-12).mean(1).log10())
        found[name] = ratios, levels
        print(f"{name}: flux at seams / elsewhere {np.mean(ratios):.3f} (seeds {min(ratios):.3f} to {max(ratios):.3f})")
    save(
        "long_seams",
        {"seconds": seconds, "steps": steps, "flux": {name: ratios for name, (ratios, _) in found.items()}},
    )
    draw(found, HERE / "long.png")


def velocities(family, positive, negative, settings):
    """velocity_of(window): guided, under a window's part of the conditions; Mini has a token for four latent frames."""

    def part(conditions, window: Window):
        first, end = window.first // 4, -(-window.end // 4)
        return {name: tensor[:, first:end] for name, tensor in conditions.items()}

    def velocity_of(window: Window):
        everything, nothing = part(positive.tensors(), window), part(negative.tensors(), window)
        scale = settings.text_scale

        def velocity(x: Tensor, sigma: Tensor) -> Tensor:
            both = {name: torch.cat([everything[name], nothing[name]]) for name in everything}
            with_all, with_none = family.network(x.repeat(2, 1, 1), sigma.to(x).expand(2), **both).chunk(2)
            return with_none + scale * (with_all - with_none)

        return velocity

    return velocity_of


def windowed(velocity_of, noise: Tensor, windows: list[Window], sigmas: Tensor) -> Tensor:
    trail, pieces = None, []
    for window, following in zip(windows, [*windows[1:], None], strict=True):
        keep = slice(following.first - window.first, window.stop - window.first) if following else slice(0)
        kept: list[Tensor] = []
        velocity = with_trail(velocity_of(window), trail, keep, kept)
        latent = euler(velocity, noise[..., window.first : window.end].clone(), sigmas)
        trail = torch.stack(kept)
        pieces.append(latent[..., window.start - window.first : window.stop - window.first])
    return torch.cat(pieces, -1)


def side_by_side(velocity_of, noise: Tensor, windows: list[Window], sigmas: Tensor) -> Tensor:
    each = {window: velocity_of(window) for window in windows}
    return euler(
        lambda x, sigma: assembled(x, windows, lambda window, part: each[window](part, sigma)), noise.clone(), sigmas
    )


def averaged(velocity_of, noise: Tensor, windows: list[Window], sigmas: Tensor) -> Tensor:
    """The mean of the windows' velocities wherever several look."""
    each = {window: velocity_of(window) for window in windows}

    def velocity(x: Tensor, sigma: Tensor) -> Tensor:
        total, count = torch.zeros_like(x), torch.zeros_like(x[:, :1])
        for window in windows:
            total[..., window.first : window.end] += each[window](x[..., window.first : window.end], sigma)
            count[..., window.first : window.end] += 1
        return total / count

    return euler(velocity, noise.clone(), sigmas)


def hard_cuts(velocity_of, noise: Tensor, windows: list[Window], sigmas: Tensor) -> Tensor:
    return torch.cat(
        [euler(velocity_of(each), noise[..., each.first : each.end].clone(), sigmas) for each in windows], -1
    )


def spectrogram(samples: Tensor, size: int = 1024, hop: int = 240) -> Tensor:
    """Power [bins, frames], 100 frames a second at 24 kHz."""
    return torch.stft(samples, size, hop, window=torch.hann_window(size), return_complex=True).abs().square()


def seam_flux(power: Tensor, seams_s: list[float], near_s: float = 0.05) -> float:
    """Median of the largest spectral flux near each seam, over the median of that near all other instants."""
    flux = power.clamp_min(1e-8).log().diff(dim=1).clamp_min(0).mean(0)
    near = round(near_s * 100)
    largest = torch.nn.functional.max_pool1d(flux[None], 2 * near + 1, 1, near)[0]
    at = torch.tensor([round(seam_s * 100) for seam_s in seams_s])
    away = torch.ones(len(flux), dtype=torch.bool)
    for index in at.tolist():
        away[max(0, index - 4 * near) : index + 4 * near] = False
    return (largest[at].median() / largest[away].median()).item()


def draw(found: dict[str, tuple[list[float], list[Tensor]]], path: Path) -> None:
    """Flux at seams by way of joining, and levels by frequency against those of hard cuts."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.bar(range(len(found)), [np.mean(ratios) for ratios, _ in found.values()])
    left.set_xticks(range(len(found)), [name.replace(", ", ",\n") for name in found], fontsize=8)
    left.axhline(1.1, color="black", linewidth=0.8, linestyle="--")
    left.set_ylabel("spectral flux at seams / elsewhere")
    cuts = torch.stack(found["hard cuts"][1]).mean(0)
    hertz = np.linspace(0, 12000, len(cuts))
    for name, (_, levels) in found.items():
        smooth = torch.nn.functional.avg_pool1d((torch.stack(levels).mean(0) - cuts)[None], 17, 1, 8)[0]
        right.plot(hertz, smooth, label=name)
    right.set(xlabel="Hz", ylabel="level against hard cuts (dB)")
    right.legend(fontsize=8)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["memory", "seams", "one"])
    parser.add_argument("of", nargs="?", type=float)
    parser.add_argument("--short", type=float, default=180.0)
    parser.add_argument("--long", type=float, default=1800.0)
    parser.add_argument("--seconds", type=float, default=96.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, default=4)
    given = parser.parse_args()
    if given.mode == "one":
        one(given.of, given.steps)
    elif given.mode == "memory":
        memory([given.short, given.long], given.steps or 4)
    else:
        seams(given.seconds, given.steps or 20, given.seeds)
