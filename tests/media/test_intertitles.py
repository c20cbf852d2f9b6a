"""Title cards of silent films, drawn here: found when they are shown, and nothing else is."""

from fractions import Fraction

import av
import numpy as np
import pytest
import torch

from v2a_core.media.intertitles import find_intertitles
from v2a_core.media.video import VideoSource

FPS, WIDTH, HEIGHT = 18, 320, 240
Y, X = np.mgrid[:HEIGHT, :WIDTH]


def box(picture, top, left, high, wide, shade):
    picture[max(0, int(top)) : int(top + high), max(0, int(left)) : int(left + wide)] = shade


def card(seed, rows=4, size=12, ground=14.0, ink=215.0, framed=False):
    """Lines of made-up letters, each of a few strokes, in words."""
    rng, picture = np.random.default_rng(seed), np.full((HEIGHT, WIDTH), ground)
    stroke, pitch = max(2, size // 6), round(size * 0.8)
    for row in range(rows):
        top = HEIGHT / 2 + (row - rows / 2) * size * 1.8
        count = int(rng.integers(WIDTH // 2, WIDTH * 7 // 8) / pitch)
        left = (WIDTH - count * pitch) / 2
        for letter in range(count):
            if rng.random() < 0.16:
                continue  # between words
            high, x = size if rng.random() < 0.4 else size * 2 // 3, left + letter * pitch
            base, wide = top + size, size // 2
            for _ in range(int(rng.integers(2, 4))):
                kind = rng.integers(3)
                if kind == 0:
                    box(picture, base - high, x + rng.integers(0, wide), high, stroke, ink)
                elif kind == 1:
                    box(picture, base - rng.integers(stroke, high + 1), x, stroke, wide, ink)
                else:
                    for step in range(high):
                        box(picture, base - high + step, x + step * wide / high, 1, stroke, ink)
    for inset in (12, 18) if framed else ():
        for top, left, high, wide in (
            (inset, inset, 3, WIDTH - 2 * inset),
            (HEIGHT - inset - 3, inset, 3, WIDTH - 2 * inset),
            (inset, inset, HEIGHT - 2 * inset, 3),
            (inset, WIDTH - inset - 3, HEIGHT - 2 * inset, 3),
        ):
            box(picture, top, left, high, wide, ink)
    return picture


def street(time_s):
    """A bright scene in which somebody walks by."""
    picture = 90 + 70 * np.sin(X / 60) * np.cos(Y / 45) + X / 8
    box(picture, 130, 20 + 40 * time_s % 260, 90, 30, 30.0)
    box(picture, 105, 25 + 40 * time_s % 260, 25, 20, 190.0)
    return picture


def night(time_s):
    """A moon, a lamp, lit windows, and somebody with a lantern."""
    picture = 12 + 14.0 * (Y > 150)
    picture[(Y - 40) ** 2 + (X - 250) ** 2 < 18**2] = 225
    for left in (40, 80, 120):
        box(picture, 90, left, 22, 16, 180.0)
    box(picture, 120, 200, 100, 4, 60.0)
    picture[(Y - 115) ** 2 + (X - 202) ** 2 < 7**2] = 240
    picture[(Y - 190) ** 2 + (X - 20 - 30 * time_s % 280) ** 2 < 5**2] = 220
    return picture


def fence(_):
    picture = np.full((HEIGHT, WIDTH), 30.0)
    for left in range(10, WIDTH, 24):
        box(picture, 60, left, 150, 6, 200.0)
    box(picture, 90, 0, 5, WIDTH, 200.0)
    box(picture, 170, 0, 5, WIDTH, 200.0)
    return picture


def stars(_):
    rng, picture = np.random.default_rng(5), np.full((HEIGHT, WIDTH), 8.0)
    for _ in range(160):
        box(picture, rng.integers(HEIGHT), rng.integers(WIDTH), 2, 2, rng.integers(90, 250))
    return picture


def branches(_):
    """Bare twigs before a bright sky."""
    rng, picture = np.random.default_rng(6), np.full((HEIGHT, WIDTH), 215.0)
    for _ in range(70):
        y, x, turn = rng.integers(30, 220), rng.integers(20, 300), rng.uniform(0, np.pi)
        for step in range(int(rng.integers(20, 80))):
            box(picture, y - step * np.sin(turn), x + step * np.cos(turn), 2, 2, 25.0)
    return picture


def room(_):
    """A table, a door and a picture on the wall, all still."""
    picture = 70 + Y / 4 + 0.0 * X
    box(picture, 40, 30, 170, 60, 40.0)
    box(picture, 60, 150, 50, 70, 160.0)
    box(picture, 70, 160, 30, 50, 60.0)
    box(picture, 150, 130, 8, 150, 25.0)
    box(picture, 158, 140, 60, 6, 25.0)
    box(picture, 158, 264, 60, 6, 25.0)
    return picture


def wall(_):
    return np.where((Y % 20 < 3) | ((X + Y // 20 % 2 * 20) % 40 < 3), 190.0, 80.0)


def photograph(seed):
    """Something of every size in every shade, as in a photograph, darker or brighter."""

    def scene(_):
        rng, picture = np.random.default_rng(seed), np.zeros((HEIGHT, WIDTH))
        for cells in (2, 4, 8, 16, 32, 64):
            coarse = rng.normal(size=(cells * 3, cells * 4)) * 1.6 / cells**0.7
            picture += coarse[Y * cells * 3 // HEIGHT, X * cells * 4 // WIDTH]
        picture = np.tanh(picture - rng.uniform(-1.5, 1.5))
        return 125 + 115 * picture

    return scene


def black(_):
    return np.full((HEIGHT, WIDTH), 10.0)


def still(picture):
    return lambda _: picture


def fading(picture, in_s=0.0, out_s=0.0, length_s=0.0):
    return lambda t: picture * np.clip(min(t / in_s if in_s else 1, (length_s - t) / out_s if out_s else 1), 0, 1)


def aged(picture, rng, flicker=0.1, grain=9.0, weave=1.2):
    """A frame of an old print: it wanders in the gate, flickers, and has grain, dust and scratches."""
    moved = np.roll(picture, rng.normal(0, weave / 2, 2).round().astype(int), (0, 1))
    moved = moved * (1 + rng.normal(0, flicker)) + rng.normal(0, 3)
    moved = moved + rng.normal(0, grain, (HEIGHT, WIDTH)).astype(np.float32)
    for _ in range(rng.poisson(3)):
        box(moved, rng.integers(HEIGHT), rng.integers(WIDTH), *rng.integers(1, 6, 2), rng.choice([0.0, 255.0]))
    if rng.random() < 0.1:
        moved[:, rng.integers(WIDTH)] += 70
    return moved.clip(0, 255).astype(np.uint8)


def film(*shots, seed=0, fps=FPS, **age):
    """A film of (seconds, scene) and when the cards among them are shown; a scene is a card's picture or a function."""
    rng, pictures, cards, start_s = np.random.default_rng(seed), [], [], 0.0
    for length_s, scene in shots:
        is_card = isinstance(scene, np.ndarray)
        cards += [(start_s, start_s + length_s)] if is_card else []
        scene = still(scene) if is_card else scene
        pictures += [aged(scene(i / fps), rng, **age) for i in range(round(length_s * fps))]
        start_s += length_s
    return torch.from_numpy(np.stack(pictures))[..., None].expand(-1, -1, -1, 3), cards


def found(frames, fps=FPS, **trim):
    return find_intertitles(VideoSource.from_frames(frames, fps, **trim))


def check(found, expected, slack_s=0.2):
    assert len(found) == len(expected), (found, expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=slack_s)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("look", [{}, {"ground": 225.0, "ink": 30.0}, {"framed": True}, {"ground": 40.0, "ink": 120.0}])
def test_cards_are_found_when_they_are_shown(seed, look):
    frames, cards = film(
        (2, street),
        (2.5, card(10 * seed, rows=4, **look)),
        (1.5, night),
        (1.5, card(10 * seed + 1, rows=1, size=18, **look)),
        (2.0, card(10 * seed + 2, rows=7, size=10, **look)),  # right after another
        (2, street),
        seed=seed,
    )
    check(found(frames), cards)


@pytest.mark.parametrize("scene", [street, night, fence, stars, branches, room, wall, black], ids=lambda s: s.__name__)
def test_scenes_are_no_cards(scene):
    assert found(film((3, scene))[0]) == []
    assert found(film((3, still(scene(0.5))), grain=0.0, flicker=0.0, weave=0.0)[0]) == []


@pytest.mark.parametrize("seeds", [range(10), range(10, 20)], ids=["ten", "ten more"])
def test_photographs_are_no_cards(seeds):
    assert found(film(*((1.2, photograph(seed)) for seed in seeds))[0]) == []


@pytest.mark.parametrize("fade_s", [0.3, 0.6])
def test_a_card_that_fades_counts_while_it_can_be_read(fade_s):
    frames, _ = film((1, black), (3, fading(card(4), fade_s, fade_s, 3)), (1, black), (1, street))
    check(found(frames), [(1 + fade_s / 4, 4 - fade_s / 4)])


def test_a_flash_of_writing_is_too_short_and_a_splice_ends_no_card():
    frames, _ = film((1, street), (0.6, card(7)), (1, street))
    assert found(frames) == []
    frames, _ = film((1, street), (3, card(8)), (1, street))
    frames = frames.clone()
    frames[45:48] = 250
    check(found(frames), [(1, 4)])


def test_a_card_to_the_last_frame_and_a_trim():
    frames, _ = film((1, street), (2.2, card(9)))
    check(found(frames), [(1, 3.2)])
    check(found(frames, start_s=1.5, duration_s=1.2), [(0, 1.2)])
    assert found(frames, start_s=2.6) == []


def test_a_clean_card_in_a_file_at_the_film_s_own_speed(tmp_path):
    frames, cards = film((2, room), (3, card(3)), (1, room), fps=24, grain=3.0, flicker=0.02)
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture.contiguous().numpy(), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    check(find_intertitles(VideoSource.from_path(path)), cards)
    check(find_intertitles(VideoSource.from_path(path, fps=16)), [(3, 7.5)])


def test_progress_is_told_and_may_cancel():
    def cancel(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_intertitles(VideoSource.from_frames(film((1, black))[0], FPS), cancel)
