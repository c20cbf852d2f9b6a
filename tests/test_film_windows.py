"""What is known of a film's windows: their features, their conditions, and the network's word on them."""

from dataclasses import replace

import pytest
import torch
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.film import FilmConditions, FilmFeatures, divide, film_velocities
from v2a_core.film_sounds import refine, refined
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.base import Conditions, VisualFeatures
from v2a_core.parts import Parts
from v2a_core.stages import condition, encode_prompt, encode_video
from v2a_core.watch import encode_film


@pytest.fixture(scope="module")
def short():
    family = load_family("mini", weights="random")
    family.spec = replace(family.spec, max_duration_s=5.0, window_s=4.0)
    return family


@pytest.fixture(scope="module")
def watched(short, tmp_path_factory):
    source = VideoSource.from_path(write_video(tmp_path_factory.mktemp("film") / "film.mp4", seconds=9.56, fps=25))
    return source, encode_film(short, source)


def test_each_window_is_seen_as_a_video_of_its_own(short, watched):
    source, features = watched
    film = features.film
    assert features.duration_s == pytest.approx(9.56) and len(features.seen) == len(film.windows) > 2
    for number, seen in enumerate(features.seen):
        start_s, duration_s = film.span_s(number)
        alone = encode_video(short, VideoSource.from_path(source.origin, start_s, duration_s))
        assert torch.equal(seen.tensors["sync"], alone.tensors["sync"])
        assert duration_s <= 4.0


def test_a_mask_over_a_film_is_spread_over_all_of_it(short, watched):
    source, features = watched
    hidden_at_the_end = torch.tensor([1.0, 1.0, 0.0])[:, None, None].expand(-1, 4, 4)
    masked = encode_film(short, source, mask=hidden_at_the_end)
    assert torch.equal(masked.seen[0].tensors["sync"], features.seen[0].tensors["sync"])
    assert not torch.allclose(masked.seen[-1].tensors["sync"], features.seen[-1].tensors["sync"])


def test_a_film_cut_short_keeps_its_seams(short):
    film = divide(short.spec, 9.56)
    cut = film.until(5.2)
    frames = short.spec.latent_length(5.2)
    assert cut.windows[-1].stop == cut.windows[-1].end == frames
    assert [window.start for window in cut.windows] == [w.start for w in film.windows if w.start < frames]
    seen = tuple(VisualFeatures("mini", {}, {}, film.span_s(n)[1]) for n in range(len(film.windows)))
    assert len(FilmFeatures(film, seen).until(5.2).seen) == len(cut.windows)
    with pytest.raises(InputError, match=r"lasts 12 s and the film that was watched 9\.56 s"):
        FilmFeatures(film, seen).until(12.0)


def test_windows_are_evaluated_apart_and_prompts_take_turns(short, watched):
    features = watched[1]
    film, x = features.film, torch.randn(1, 80, short.spec.latent_length(9.56))
    rain, wood = (encode_prompt(short, words) for words in ("rain", "wood"))
    sides = [[condition(short, text, None, seen)[0] for seen in features.seen] for text in (rain, wood)]
    # A prompt that changes over time as families have it that take a mask.
    late = [torch.arange(window.first, window.end) >= 300 for window in film.windows]
    turns = [
        replace(first, mask=(~after).float(), more=(replace(second, mask=after.float()),))
        for first, second, after in zip(*sides, late, strict=True)
    ]
    conditions = [FilmConditions(film, side.__getitem__) for side in (*sides, turns)]
    with torch.inference_mode():
        out = film_velocities(short.network, torch.cat([x] * 3), torch.tensor(0.7), conditions).chunk(3)
        for number, window in enumerate(film.windows):
            part = x[..., window.first : window.end]
            alone = short.network(part, torch.tensor([0.7]), **sides[0][number].tensors())
            here = slice(window.start - window.first, window.stop - window.first)
            torch.testing.assert_close(out[0][..., window.start : window.stop], alone[..., here], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(out[2], torch.cat([out[0][..., :300], out[1][..., 300:]], -1))


def test_conditions_can_see_another_video(short):
    film = divide(short.spec, 9.56)
    empty, seen = Conditions(text={"text": torch.zeros(1)}), Conditions(video={"video": torch.ones(1)})
    negative = FilmConditions(film, lambda number: replace(empty, unprompted=empty))
    both = negative.seeing(FilmConditions(film, lambda number: seen))
    assert set(both.at(0).tensors()) == {"text", "video"} and both.at(0).unprompted is empty
    assert negative.unprompted.at(1) is empty


def test_a_run_in_doubt_trusts_only_what_begins_as_it_would(short, tmp_path):
    film, parts, made = divide(short.spec, 9.56), Parts(tmp_path / "parts"), []

    def run(offset):
        def sampled(number, around, _):
            made.append(number)
            window = film.windows[number]
            x = torch.randn(1, 80, window.end - window.first, generator=torch.Generator().manual_seed(number))
            return around(lambda x, sigma: x + offset)(x, torch.tensor(1.0))

        refine(film, sampled, parts, "latent", str, in_doubt=True)
        return refined(film, parts, "latent", str)(0, short.spec.latent_length(9.56))

    first, count = run(0.0), len(film.windows)
    assert made == list(range(count))
    assert torch.equal(run(0.0), first) and made[count:] == [0]
    made.clear()
    assert torch.equal(run(1.0), first + 1) and made == list(range(count))
