"""Films whose own sound is kept or changed: window by window, a part of it alone, and on from where a run broke off."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.film import divide
from v2a_core.film_sounds import film_sounds
from v2a_core.job import Job, Run, Script
from v2a_core.known import Known
from v2a_core.media.audio import Audio, read_audio
from v2a_core.media.ducking import Ducking
from v2a_core.media.mix import Stem, mix_stems
from v2a_core.media.splice import FADE_S
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.parts import Parts, digest
from v2a_core.pipeline import generate
from v2a_core.prompts.cues import CueSheet
from v2a_core.settings import Settings
from v2a_core.stages import encode_audio
from v2a_core.watch import stored_shots


@pytest.fixture(scope="module")
def short():
    """Mini with random weights whose windows are 4 s."""
    family = load_family("mini", weights="random")
    family.spec = replace(family.spec, max_duration_s=5.0, window_s=4.0)
    return family


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", seconds=9.56, fps=25, sound=True)


@pytest.fixture(scope="module")
def old(movie):
    return read_audio(VideoSource.from_path(movie))


def made(family, video, output=None, **options):
    return generate(video, output, model=family, **{"steps": 1, "prompt": "rain", **options})


@pytest.mark.parametrize(("span_s", "windows"), [((3.0, 4.0), 0), ((1.5, 8.0), 5)])
def test_only_a_part_around_the_span_is_made(short, movie, old, span_s, windows):
    told = []
    new = made(short, movie, regenerate=span_s, progress=lambda *step: told.append(step)).audio
    assert (new.rate_hz, new.samples.shape) == (48000, (1, 458880))
    times_s, length = torch.arange(458880) / 48000, old.samples.shape[1]
    outside = ((times_s < span_s[0] - FADE_S - 1e-3) | (times_s > span_s[1] + FADE_S + 1e-3))[:length]
    assert torch.equal(new.samples[:, :length][:, outside], old.samples[:, :length][:, outside])
    inside = (times_s > span_s[0] + 0.05) & (times_s < span_s[1] - 0.05)
    differs = (new.samples[:, inside] - old.samples[:, inside[:length]]).abs()[0] > 0.01
    assert all(part.float().mean() > 0.5 for part in differs.chunk(10))
    assert {total for stage, _, total in told if stage == "watch"} == ({windows} if windows else set())


def test_how_much_is_sampled_around_a_span(short, movie):
    source = VideoSource.from_path(movie, 0.5)
    job = Job(source, 100.0, (Script(CueSheet()),), Settings.for_family(short.spec), (0,))

    def part(*span_s):
        found = Known(source, span_s).around(job, short.spec)
        assert found.source.start_s == 0.5 + found.start_s and found.source.duration_s == found.duration_s
        return found.start_s, found.start_s + found.duration_s

    assert part(50.0, 51.0) == (48.5, 52.5)  # a window
    assert part(50.0, 60.0) == (49.0, 61.0)  # what windows share
    assert part(0.2, 60.0) == (0.0, 61.0) and part(99.0, 100.0) == (97.5, 100.0)
    assert Known(source, strength=0.5).around(job, short.spec) == job


def test_a_cancelled_run_with_a_known_sound_goes_on_to_the_same(short, movie, tmp_path):
    options = {"codec": "flac", "regenerate": (1.5, 8.0), "strength": 0.8}
    whole = made(short, movie, tmp_path / "whole.mkv", **options).path

    def cancel(stage, done, total):
        if stage == "sample" and done == 1:
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        made(short, movie, tmp_path / "out.mkv", progress=cancel, **options)
    folder, sampled = tmp_path / "out.mkv.v2a-parts", []
    kept = folder / "latent-0-0-00000.safetensors"
    stamp = kept.stat().st_mtime_ns

    def watch(stage, done, total):
        sampled.append((stage, done))
        if stage == "write video":
            assert kept.stat().st_mtime_ns == stamp

    out = made(short, movie, tmp_path / "out.mkv", progress=watch, **options).path
    assert torch.equal(*(read_audio(VideoSource.from_path(path)).samples for path in (whole, out)))
    assert ("sample", 5) in sampled and sorted(tmp_path.iterdir()) == [out, whole]


def test_what_is_known_is_in_the_name_of_a_part(short, movie):
    source, tone = VideoSource.from_path(movie), Audio(torch.ones(1, 100), 24000)
    knowns = [
        Known(source, (1.0, 2.0)),
        Known(source, (1.0, 2.5)),
        Known(source, strength=0.5),
        Known(tone, (1.0, 2.0)),
    ]
    knowns += [
        Known(Audio(torch.ones(1, 100), 48000), (1.0, 2.0)),
        Known(Audio(torch.zeros(1, 100), 24000), (1.0, 2.0)),
    ]
    told = [digest(known.told(short)) for known in knowns]
    assert len(set(told)) == len(knowns)
    # Under a sound the new one is made as if there were none.
    assert Known(source, under=True).told(short) is None
    assert digest(Known(Audio(torch.ones(1, 100), 24000), (1.0, 2.0)).told(short)) == told[3]


@pytest.mark.parametrize("given", [False, True])
def test_a_little_strength_leaves_each_window_what_it_was(short, movie, old, given, tmp_path):
    """The latents of all windows against that of the whole sound."""
    source, parts = VideoSource.from_path(movie), Parts(tmp_path)
    known = Known(old if given else source, strength=1e-6)
    settings = replace(Settings.for_family(short.spec), steps=1)
    job = Job(source, 9.56, (Script(CueSheet()),), settings, (0,))
    film_sounds(job, Run(short, "cpu", None, False), parts, known=known)
    film, whole = divide(short.spec, 9.56, stored_shots(source, parts, None)), encode_audio(short, old, 9.56)
    for number, window in enumerate(film.windows):
        latent = load_file(tmp_path / f"latent-0-0-{number:05d}.safetensors")["latent"]
        here = latent[..., window.start - window.first : window.stop - window.first]
        torch.testing.assert_close(here, whole[..., window.start : window.stop], atol=0.02, rtol=0)
        assert not torch.equal(here, whole[..., window.start : window.stop])


def test_under_a_film_s_sound(short, movie, old):
    both, plain = made(short, movie, under=True).audio, made(short, movie).audio
    at_once = mix_stems([Stem(old), Stem(plain)], speech=0, ducking=Ducking())
    torch.testing.assert_close(both.samples, at_once.samples[:, : both.samples.shape[1]], atol=1e-5, rtol=0)
    assert both.samples.shape == (1, 458880)


def test_a_sound_that_is_given_and_ends_early_is_extended(short, tmp_path):
    video = write_video(tmp_path / "silent.mp4", seconds=7.0)
    head = Audio(torch.sin(torch.arange(120_000) * 0.1)[None] / 4, 24000)
    sound = made(short, video, sound=head, regenerate=(5.0, 7.0)).audio.samples
    until = round((5 - FADE_S) * 24000)
    assert torch.equal(sound[:, :until], head.samples[:, :until])
    assert sound.shape == (1, 168000) and sound[:, 121_000:].std() > 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"regenerate": (5.0, 10.0)}, "the video lasts 9.56 s"),
        ({"strength": 0.0}, "strength is 0"),
    ],
)
def test_bad_changes_are_told_before_the_film_is_watched(short, movie, options, told):
    with pytest.raises(InputError, match=told):
        made(short, movie, progress=lambda *step: pytest.fail(f"went on to {step}"), **options)


def test_a_silent_film_has_nothing_to_keep(short, tmp_path):
    with pytest.raises(InputError, match="has no sound to keep"):
        made(short, write_video(tmp_path / "silent.mp4", seconds=6.0, fps=5), under=True)


def test_a_film_longer_than_a_run_can_be_is_refused_for_a_part_of_it_too(short, movie, monkeypatch):
    monkeypatch.setattr("v2a_core.settings.MAX_FILM_S", 6)
    with pytest.raises(InputError, match="trim it"):
        made(short, movie, regenerate=(3.0, 4.0))
