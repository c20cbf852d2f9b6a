"""When a silent film shows title cards: writing on a plain ground that stands still."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from .video import FrameRate, VideoSource, probe, read_frames

RATE_HZ, WIDTH, HEIGHT = 10.0, 192, 144
# A card stays at least this long; in between a splice or dust may hide it for a moment.
SHORTEST_S, HIDDEN_S = 0.8, 0.35
CONTRAST = 40  # of 255, between ground and writing: less can't be read
# Share of a card that is plain ground at least, and that may differ from it the other way than ink does; of its writing
# that may lie at the picture's edge. Photographs of all kinds pass 0.6 of the first, few 0.7.
PLAIN, CONTRARY, AT_EDGE = 0.72, 0.03, 0.2
# Boxes that no stroke holds but lamps, windows and frames do, height x width; and lines of writing are less high than:
BOXES, HIGH = ((9, 9), (1, 49), (37, 1)), 29
# Strokes that a row of writing crosses at least, that all of it does, and the share of them that is in such rows.
ENTRIES, STROKES, IN_ROWS = 4, 40, 0.7
THIN = 4  # pixels that strokes are wide on average, at most
ACROSS = 0.4  # edges across in writing for each one down: about 0.5 to 1
ALIKE = 0.65  # correlation of a card with itself under grain and gate weave is 0.7 or more, of two cards 0.6 or less
WEAVE = 3  # pixels that a picture may wander between two looks

Progress = Callable[[str, int, int], None]


@dataclass
class _Card:
    """A card that may still be on show: how it last looked, and from when to when it was seen, in seconds."""

    looks: Tensor
    start_s: float
    end_s: float


def find_intertitles(source: VideoSource, progress: Progress | None = None) -> list[tuple[float, float]]:
    """Start and end in seconds from the trim start of every title card, within a tenth of a second.

    Light writing on dark or dark on light; two cards in a row are two. The video streams by once, small.
    """
    rate, duration_s = FrameRate(RATE_HZ, WIDTH, HEIGHT), probe(source).duration_s
    found: list[tuple[float, float]] = []
    shown: list[_Card] = []

    def close(before_s: float) -> None:
        for card in [card for card in shown if card.end_s < before_s]:
            shown.remove(card)
            if card.end_s - card.start_s >= SHORTEST_S:
                found.append((card.start_s, card.end_s))

    for _, chunk in read_frames(source, {"titles": rate}, progress=progress):
        looks, is_card = written(chunk.frames)
        for number in is_card.nonzero().flatten().tolist():
            time_s = (chunk.first + number) / RATE_HZ
            close(time_s - HIDDEN_S)
            card = next((card for card in shown if alike(card.looks, looks[number])), None)
            if card is None:
                card = _Card(looks[number], time_s, time_s)
                shown.append(card)
            card.looks, card.end_s = looks[number], time_s + 1 / RATE_HZ
    close(float("inf"))
    found.sort()
    return [(start_s, min(end_s, next_s)) for (start_s, end_s), (next_s, _) in pairwise([*found, (duration_s, 0.0)])]


def written(frames: Tensor) -> tuple[Tensor, Tensor]:
    """The writing in pictures uint8 [N, H, W, 3], float32 [N, H, W] from ground 0 to ink 1; which are cards, bool [N].

    Flicker and fades change neither, as ground and ink are those of each picture.
    """
    grey = frames.float().mean(-1)
    sample = grey[:, ::2, ::2].flatten(1)
    dark, ground, light = sample.quantile(torch.tensor([0.003, 0.5, 0.997]), dim=1)[..., None, None]
    # What is rarer is the ink.
    ink = torch.where(light - ground > ground - dark, light, dark)
    looks = (grey - ground) / torch.where(ink == ground, torch.ones(()), ink - ground)
    is_card = (ink - ground).abs().flatten() >= CONTRAST
    is_card &= (looks.abs() < 0.15).float().mean((1, 2)) >= PLAIN
    is_card &= (looks < -0.25).float().mean((1, 2)) <= CONTRARY
    likely = is_card.nonzero().flatten()  # few of a film's pictures: the rest costs the time
    boxed = _boxed(looks[likely] > 0.5)
    is_card[likely] = _in_lines((looks[likely] > 0.5) & ~boxed)
    looks[likely] *= ~boxed
    return looks.clamp(0, 1) ** 2, is_card


def alike(first: Tensor, second: Tensor) -> bool:
    """Whether two pictures [H, W] of writing are the same, but for a shift of a few pixels."""
    a, b = (torch.fft.rfft2(one - one.mean()) for one in (first, second))
    shifts = torch.fft.irfft2(a * b.conj(), first.shape)
    near = shifts.roll((WEAVE, WEAVE), (0, 1))[: 2 * WEAVE + 1, : 2 * WEAVE + 1].max()
    return bool(near > ALIKE * ((first - first.mean()).norm() * (second - second.mean()).norm()))


def _in_lines(strokes: Tensor) -> Tensor:
    """Whether strokes bool [N, H, W] are many and in rows, with rows between that cross few, and run across as well as
    down, as letters do and bricks and fences don't.
    """
    entries = (strokes[..., 1:] & ~strokes[..., :-1]).sum(-1).float()
    busy = (entries >= ENTRIES) & (entries >= 0.35 * entries.amax(1, keepdim=True))
    in_lines = (entries * busy).sum(1)
    across = (strokes[:, 1:] & ~strokes[:, :-1]).sum((1, 2))
    high = F.avg_pool1d(busy[:, None].float(), HIGH, 1).amax((1, 2)) == 1
    inside = strokes[:, HEIGHT // 16 : -HEIGHT // 16, WIDTH // 16 : -WIDTH // 16].sum((1, 2))
    centred = inside >= (1 - AT_EDGE) * strokes.sum((1, 2))
    in_rows = (in_lines >= STROKES) & (in_lines >= IN_ROWS * entries.sum(1)) & ~high
    thin = strokes.sum((1, 2)) <= THIN * entries.sum(1)
    return in_rows & centred & thin & (across >= ACROSS * entries.sum(1))


def _boxed(ink: Tensor) -> Tensor:
    """What of ink bool [N, H, W] is thick or long, with a pixel of its blurred edge: no writing."""
    found = torch.zeros_like(ink)
    for high, wide in BOXES:
        whole = _run(_run(ink, high, 1), wide, 2)
        found |= ~_run(_run(~F.pad(whole, (wide, wide, high, high)), high + 2, 1), wide + 2, 2)
    return found


def _run(mask: Tensor, length: int, dim: int) -> Tensor:
    """Where `length` in a row along a dimension of mask bool [N, H, W] are all true; shorter by length - 1."""
    total = F.pad(mask, (1, 0) if dim == 2 else (0, 0, 1, 0)).cumsum(dim, dtype=torch.int16)
    return (
        total.narrow(dim, length, mask.shape[dim] - length + 1) - total.narrow(dim, 0, mask.shape[dim] - length + 1)
        == length
    )
