"""Pictures of a sound while it is refined: what they show, and what they may cost."""

import numpy as np
import pytest
import torch

from v2a_core.models import load_family, spectrogram_of
from v2a_core.models.mini.mel import SILENCE, log_mel
from v2a_core.preview.colours import PANEL
from v2a_core.preview.live import EVERY_S, HEIGHT, PROBE, SHARE, WIDTH, LivePicture

FRAMES, FRAME_S = 160, 5e-5


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


class Run:
    """A run whose pictures take a known time; `asked` has the frames of each that was computed."""

    def __init__(self, frame_s=FRAME_S, **options):
        self.clock, self.frame_s, self.asked = Clock(), frame_s, []
        self.live = LivePicture(self._spectrogram, FRAMES, clock=self.clock, **options)
        self.spent_s = 0.0

    def _spectrogram(self, latent):
        self.asked.append(latent.shape[-1])
        self.clock.now += self.frame_s * latent.shape[-1]
        self.spent_s += self.frame_s * latent.shape[-1]
        return latent

    def pictures(self, steps, step_s, frames=FRAMES):
        """How many come of a run."""
        drawn = 0
        for _ in range(steps):
            self.clock.now += step_s
            drawn += self.live.draw(torch.randn(2, 80, frames)) is not None
        return drawn


def test_low_bands_are_below_and_time_runs_to_the_right():
    live = LivePicture(lambda latent: latent, 100, clock=(clock := Clock()))
    clock.now = 10.0
    level = torch.full((1, 80, 100), -100.0)
    level[:, :20, 75:] = 0.0
    picture = live.draw(level)
    assert picture.shape == (HEIGHT, WIDTH, 3) and picture.dtype == np.uint8
    light = picture.sum(-1) > 500
    assert light[-30:, -100:].all()
    assert not light[: HEIGHT // 2].any() and not light[:, : WIDTH // 2].any()


def test_pictures_are_a_second_apart():
    run = Run()
    assert 20 <= run.pictures(steps=100, step_s=0.25) <= 25
    assert EVERY_S == 1


@pytest.mark.parametrize("step_s", [0.02, 0.5, 4.0])
@pytest.mark.parametrize("frame_s", [5e-6, 5e-4, 5e-3])
def test_they_stay_in_their_share_whatever_they_cost(frame_s, step_s):
    run = Run(frame_s)
    run.pictures(steps=120, step_s=step_s)
    # But for what is measured before the first, if there is time for no more.
    assert run.spent_s <= SHARE * run.clock.now + 2 * frame_s * FRAMES / PROBE + 1e-9


def test_what_is_too_dear_is_measured_once_and_never_drawn():
    run = Run(frame_s=5e-2)  # 8 s a picture
    assert run.pictures(steps=50, step_s=1.0) == 0
    assert run.asked == [FRAMES // PROBE] * 2


def test_each_run_counts_by_itself():
    run = Run(frame_s=5e-3)  # 0.8 s a picture: one in 40 s
    assert run.pictures(steps=100, step_s=1.0) == 2
    run.clock.now += 1000
    run.live.begin()
    assert run.pictures(steps=35, step_s=1.0) == 0
    assert run.pictures(steps=10, step_s=1.0) == 1


def test_of_a_film_its_beginning_is_drawn():
    run = Run()
    assert run.pictures(steps=20, step_s=1.0, frames=50 * FRAMES)
    assert max(run.asked) == FRAMES


def test_where_there_is_no_room_nothing_is_computed():
    run = Run(ready=lambda: False)
    assert run.pictures(steps=20, step_s=1.0) == 0
    assert run.asked == []


def test_out_of_memory_ends_the_pictures_not_the_run():
    def fails(latent):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    live = LivePicture(fails, FRAMES, clock=(clock := Clock()))
    for clock.now in range(5, 500, 5):
        assert live.draw(torch.zeros(1, 80, 10)) is None

    def broken(latent):
        raise RuntimeError("shapes differ")

    live = LivePicture(broken, FRAMES, clock=clock)
    clock.now += 5
    with pytest.raises(RuntimeError, match="shapes differ"):
        live.draw(torch.zeros(1, 80, 10))


def test_what_is_not_finite_is_drawn_as_silence():
    live = LivePicture(lambda latent: latent, FRAMES, clock=(clock := Clock()))
    clock.now = 5
    picture = live.draw(torch.full((1, 80, 100), float("nan")))
    assert (picture == PANEL).all()


def test_minis_latent_is_a_spectrogram():
    show = spectrogram_of(load_family("mini", weights="random"))
    loud = torch.sin(torch.arange(24_000) * 0.3)[None]
    level, quieter = show(log_mel(loud)), show(log_mel(loud / 10))
    assert level.shape == (1, 80, 100)
    assert level.max() - quieter.max() == pytest.approx(20, abs=0.1)
    assert show(torch.full((1, 80, 4), SILENCE)).max() == pytest.approx(-60, abs=0.1)


@pytest.mark.parametrize("name", ["mmaudio_small_16k", "mmaudio_small_44k"])
def test_mmaudios_is_that_of_its_autoencoder(name):
    family = load_family(name, weights="random")
    latent = torch.randn(1, family.spec.latent_channels, 10)
    with torch.inference_mode():
        level = spectrogram_of(family)(latent)
        mel = family.decoder.vae(family.decoder.unnormalized(latent))
    # Either kind of logarithm becomes decibels.
    power_of_ten = mel if name.endswith("16k") else mel / np.log(10)
    assert level.shape[-1] == 20
    assert torch.allclose(level, 20 * power_of_ten, rtol=1e-5)


def test_hunyuan_foleys_has_none():
    assert spectrogram_of(load_family("hunyuan_foley_xl", weights="random")) is None
