"""The row of `table.py` that says what a run pays for being seen while it samples."""

import time

import torch

from bench.table_parts import alone, answer, line, middle
from v2a_core import stages
from v2a_core.models import load_family, spectrogram_of
from v2a_core.models.base import VisualFeatures
from v2a_core.models.mini.visual import RATE_HZ
from v2a_core.preview.live import LivePicture
from v2a_core.settings import Settings

MOST = 0.03  # issue 7
LENGTHS_S, QUICK_LENGTHS_S = (8.0, 60.0), (2.0,)


def live_preview(job: dict) -> list[dict]:
    """The pictures of a sampling run by all of the run, from when it has its first step to its last."""
    lines = []
    for seconds in QUICK_LENGTHS_S if job["quick"] else LENGTHS_S:
        rounds = [alone(seen, job, seconds) for _ in range(1 if job["quick"] else 3)]
        pictures_s, run_s, drawn = middle(rounds, lambda one: one[0] / one[1])
        why = f"{drawn} pictures: one a second at most, as many as 2 % of the time passed will pay for."
        lines.append(
            line(f"mini, {seconds:g} s, live preview", pictures_s, "the sampling run", run_s, "s", why, aim=MOST)
        )
    return lines


def seen(job: dict, seconds: float) -> tuple[float, float, int]:
    """Seconds that pictures took, those of the run that they were drawn in, and how many there were."""
    torch.set_num_threads(job["threads"])
    family = load_family("mini")
    ticks = torch.randn(round(seconds * RATE_HZ), 128, generator=torch.Generator().manual_seed(0))
    features = VisualFeatures("mini", {"sync": ticks}, {"sync": RATE_HZ}, seconds)
    texts = (stages.encode_prompt(family, words) for words in ("footsteps on gravel", ""))
    conditions = stages.condition(family, *texts, features)
    live = LivePicture(spectrogram_of(family), family.spec.latent_length(family.spec.max_duration_s))
    spent_s, pictures = 0.0, 0

    def watched(velocity):
        def step(x, sigma):
            nonlocal spent_s, pictures
            v = velocity(x, sigma)
            began = time.perf_counter()
            pictures += live.draw(x - sigma * v) is not None
            spent_s += time.perf_counter() - began
            return v

        return step

    noise, settings = stages.draw_latent(family.spec, seconds, 0), Settings.for_family(family.spec)
    began = time.perf_counter()
    live.begin()
    stages.sample(family.network, *conditions, noise, settings, around=watched)
    return spent_s, time.perf_counter() - began, pictures


if __name__ == "__main__":
    answer({"live_preview": live_preview})
