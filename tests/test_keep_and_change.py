"""Changing a part of a sound that exists, and keeping the rest of it."""

import math

import pytest
import torch
from clips import clicks, write_clip

from v2a_core.errors import InputError
from v2a_core.known import Known, begin
from v2a_core.media.audio import Audio, read_audio
from v2a_core.media.splice import FADE_S, splice
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.pipeline import generate
from v2a_core.sampling.flow import draw_noise, part_sigmas, shifted_sigmas
from v2a_core.sampling.inpaint import begun, held, span_mask
from v2a_core.sampling.solvers import SOLVERS
from v2a_core.settings import Settings


def made(family, video, output=None, **options):
    return generate(video, output, model=family, **{"steps": 4, "prompt": "rain", **options}).audio


def test_outside_the_span_every_sample_is_the_old_one_s(mini, sounding_clip):
    old = read_audio(VideoSource.from_path(sounding_clip))
    new = made(mini, sounding_clip, regenerate=(0.8, 1.3))
    assert new.rate_hz == old.rate_hz and new.samples.shape[1] == 2 * old.rate_hz
    times_s = torch.arange(new.samples.shape[1]) / new.rate_hz
    outside = (times_s < 0.8 - FADE_S - 1e-3) | (times_s > 1.3 + FADE_S + 1e-3)
    length = min(old.samples.shape[1], new.samples.shape[1])
    outside = outside[:length]
    assert torch.equal(new.samples[:, :length][:, outside], old.samples[:, :length][:, outside])
    inside = (times_s[:length] > 0.85) & (times_s[:length] < 1.25)
    assert not torch.allclose(new.samples[:, :length][:, inside], old.samples[:, :length][:, inside], atol=0.01)


def test_no_click_at_the_borders(sounding_clip):
    mini = load_family("mini")
    sound = made(mini, sounding_clip, regenerate=(0.8, 1.3))
    jumps = sound.samples.diff().abs()[0]
    border = torch.zeros(len(jumps), dtype=torch.bool)
    for at_s in (0.8, 1.3):
        border[round((at_s - 2 * FADE_S) * sound.rate_hz) : round((at_s + 2 * FADE_S) * sound.rate_hz)] = True
    assert jumps[border].max() <= 1.1 * jumps[~border].max()


def test_another_seed_is_another_sound_within_the_span_alone(mini, sounding_clip):
    first, second = (made(mini, sounding_clip, regenerate=(0.8, 1.3), seed=seed).samples[0] for seed in (1, 2))
    where = (first != second).nonzero()[:, 0] / 48000
    assert where.min() >= 0.8 - FADE_S - 1e-3 and where.max() <= 1.3 + FADE_S + 1e-3


def test_a_sound_that_ends_early_is_extended(mini, clip):
    head = Audio(torch.sin(torch.arange(24000) * 0.1)[None] / 4, 24000)
    sound = made(mini, clip, sound=head, regenerate=(1.0, 2.0)).samples
    assert torch.equal(sound[:, : round((1 - FADE_S) * 24000)], head.samples[:, : round((1 - FADE_S) * 24000)])
    assert sound.shape == (1, 48000) and sound[:, 30000:].std() > 0


def test_strength_says_how_much_is_left(sounding_clip):
    mini = load_family("mini")
    old = read_audio(VideoSource.from_path(sounding_clip))
    from v2a_core.stages import encode_audio

    latent = encode_audio(mini, old, 2.0)
    away = [
        (encode_audio(mini, made(mini, sounding_clip, strength=strength), 2.0) - latent).square().mean().item()
        for strength in (0.1, 0.5, 1.0)
    ]
    assert away[0] < away[1] < away[2] or away[0] < 0.5 * away[2]
    plain = made(mini, sounding_clip)
    assert torch.equal(made(mini, sounding_clip, strength=1.0).samples, plain.samples)


def test_under_keeps_the_old_sound(mini, sounding_clip):
    old = read_audio(VideoSource.from_path(sounding_clip))
    both = made(mini, sounding_clip, under=True)
    assert both.rate_hz == old.rate_hz
    length = min(both.samples.shape[1], old.samples.shape[1])
    together = torch.stack([both.samples[0, :length], old.samples[0, :length]])
    assert torch.corrcoef(together)[0, 1] > 0.5


@pytest.mark.parametrize("solver", list(SOLVERS))
def test_what_is_known_keeps_to_its_path(solver):
    generator = torch.Generator().manual_seed(0)
    latent, noise = torch.randn(2, 1, 3, 40, generator=generator)
    mask, sigmas = span_mask(40, 10.0, 1.0, 2.0), part_sigmas(6, strength=0.6)
    assert mask[0, 0, :10].eq(0).all() and mask[0, 0, 20:].eq(0).all() and mask[0, 0, 11:19].eq(1).all()
    seen = []
    velocity = held(latent, noise, mask)(lambda x, sigma: seen.append((x, sigma)) or x.sin())
    ended = SOLVERS[solver](velocity, begun(latent, noise, sigmas[0]), sigmas)
    torch.testing.assert_close(ended[..., :10], latent[..., :10], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(ended[..., 11:19], latent[..., 11:19])
    for x, sigma in seen[:1] if solver == "euler_ancestral" else seen:
        torch.testing.assert_close(x[..., 20:], begun(latent, noise, sigma)[..., 20:], atol=1e-5, rtol=1e-5)


def test_what_is_known_keeps_to_its_path_with_noise_drawn_anew():
    latent, noise = draw_noise((1, 40, 2000), 1), draw_noise((1, 40, 2000), 2)
    mask, sigmas = torch.zeros(1, 1, 2000), shifted_sigmas(8)
    seen = []
    velocity = held(latent, noise, mask)(lambda x, sigma: seen.append((x, sigma)) or x)
    ended = SOLVERS["euler_ancestral"](velocity, begun(latent, noise, sigmas[0]), sigmas)
    torch.testing.assert_close(ended, latent, atol=1e-5, rtol=1e-5)
    for x, sigma in seen:
        around = (x - (1 - sigma) * latent) / sigma
        assert around.std().item() == pytest.approx(1, abs=0.02)
    # What it ends on the way with is no longer what it began with.
    assert torch.corrcoef(torch.stack([around.flatten(), noise.flatten()]))[0, 1] < 0.9


def test_a_span_up_to_the_end_has_no_edge_there(mini):
    """1.013 s are 104 frames, which last 1.04 s."""
    known = Known(Audio(torch.zeros(1, 24312), 24000), span_s=(0.5, 1.013))
    noise = torch.zeros(1, 80, 104)
    start, hold, _ = begin(known, mini, noise, Settings.for_family(mini.spec), 0.0, 1.013)
    anew = hold(lambda x, sigma: torch.full_like(x, 1e6))(start, torch.tensor(0.5)) / 1e6
    assert anew[..., 54:].min() > 0.99 and anew[..., :50].abs().max() < 0.01


def test_the_noise_levels_of_a_part():
    assert torch.equal(part_sigmas(10, 2.0, 1.0), shifted_sigmas(10, 2.0))
    assert torch.equal(part_sigmas(5, 1.0, 0.5), shifted_sigmas(10)[5:])
    assert part_sigmas(5, 1.0, 1e-320).shape == (6,)


def test_a_border_is_no_steeper_than_what_meets_there():
    """Two tones of one level, whose phases never agree: the sample difference of each, and that of the crossing."""
    times_s = torch.arange(48000, dtype=torch.float64) / 48000
    old, new = (Audio((0.5 * torch.sin(2 * math.pi * hz * times_s)).float()[None], 48000) for hz in (110.0, 173.0))
    together = splice(old, new, 0.3001, 0.7003).samples
    steepest = max(sound.samples.diff().abs().max().item() for sound in (old, new))
    crossing = (old.samples - new.samples).abs().max().item() / (FADE_S * 48000)
    assert together.diff().abs().max() <= steepest + crossing + 1e-6
    # A cut in the same place would be heard.
    assert (old.samples - new.samples)[0, round(0.3001 * 48000)].abs() > 10 * (steepest + crossing)


@pytest.mark.parametrize("channels", [4, 5])
@pytest.mark.parametrize("options", [{"under": True}, {"regenerate": (0.3, 0.6)}])
def test_a_sound_that_no_file_is_written_with_is_kept_as_stereo(mini, tmp_path, channels, options):
    audio = clicks([0.1, 0.8], 1.0, channels=channels)
    video = write_clip(tmp_path / "clip.mkv", audio=audio, audio_codec="flac")
    made(mini, video, tmp_path / "out.mp4", steps=1, codec="flac", **options)
    kept = read_audio(VideoSource.from_path(tmp_path / "out.mp4"))
    assert kept.samples.shape == (2, 48000)
    assert kept.samples[:, 4800:4824].mean() > 0.3


def test_splicing_at_the_very_ends():
    old, new = Audio(torch.zeros(2, 480), 48000), Audio(torch.ones(1, 480), 48000)
    assert torch.equal(splice(old, new, 0.0, 0.01).samples, torch.ones(2, 480))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"regenerate": (1.0, 1.0)}, "span to make anew is 1 to 1 s"),
        ({"regenerate": (-1.0, 1.0)}, "span to make anew"),
        ({"regenerate": (0.0, 9.0)}, "the video lasts 2.00 s"),
        ({"regenerate": (math.nan, 1.0)}, "span to make anew"),
        ({"strength": 0.0}, "strength is 0"),
        ({"strength": math.nan}, "strength is nan"),
        ({"strength": 1.5}, "strength is 1.5"),
    ],
)
def test_bad_changes(mini, sounding_clip, options, told):
    with pytest.raises(InputError, match=told):
        made(mini, sounding_clip, **options)


@pytest.mark.parametrize("options", [{"regenerate": (0.5, 1.0)}, {"strength": 0.5}, {"under": True}])
def test_a_silent_video_has_nothing_to_keep(mini, clip, options):
    with pytest.raises(InputError, match="has no sound to keep"):
        made(mini, clip, **options)
