"""Films longer than a model's window: windows that overlap, joined by latent swap while they are denoised.

Two windows share the time around a seam. At every network call they swap halves of what they share: what lies before
the seam is the earlier window's, what lies behind it the later one's. No value is ever a mean of two windows': a mean
of two sounds that differ in detail has less of it, so averaging dulls high frequencies.

`assembled` does that for all windows side by side, which takes a latent of the whole film. `with_trail` does it one
window after the other: the earlier window keeps a trail, its half of the shared time at every network call, and the
later one sees that in place of its own. A window then depends on nothing but its noise and the trail before it, so that
memory does not grow with the film, a finished window is final, and a run that breaks off goes on from the last trail
to the same values.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from .flow import draw_noise
from .solvers import Velocity

NOISE_BLOCK = 256  # latent frames that are drawn from one seed
# Seams go to a shot change that is this near to where they would be, as a part of the longest piece.
NEAR = 0.25


@dataclass(frozen=True)
class Window:
    """A stretch of a film in latent frames: it is denoised from first to end, and gives the film what is from start to
    stop. Between first and start it sees the trail of the window before.
    """

    first: int
    start: int
    stop: int
    end: int


def plan_windows(total: int, length: int, shared: int, cuts: Sequence[float] = (), multiple: int = 1) -> list[Window]:
    """Windows of at most length frames over a film of total frames, `shared` frames on either side of each seam.

    Seams lie at shot changes, cuts in frames, where one is near to an even division; all borders are multiples of
    `multiple`. Each window but the last is length frames long where the film goes on that far.
    """
    longest = (length - 2 * shared) // multiple * multiple
    seams = [0]
    while total - seams[-1] > longest + shared:
        left = total - seams[-1]
        even = left / -(-left // longest)
        near = [
            cut
            for cut in (round(cut / multiple) * multiple for cut in cuts)
            if abs(cut - seams[-1] - even) <= NEAR * longest and shared < cut - seams[-1] <= longest
        ]
        even = -(-even // multiple) * multiple
        seams.append(min(near, key=lambda cut: abs(cut - seams[-1] - even), default=seams[-1] + int(even)))
    return [
        Window(max(0, start - shared), start, stop, min(max(0, start - shared) + length, total))
        for start, stop in pairwise([*seams, total])
    ]


def film_noise(channels: int, first: int, end: int, seed: int) -> Tensor:
    """The noise of a film from frame first to end, float32 [1, C, end - first]: the same however the film is cut."""
    blocks = range(first // NOISE_BLOCK, -(-end // NOISE_BLOCK))
    drawn = [draw_noise((1, channels, NOISE_BLOCK), _block_seed(seed, block)) for block in blocks]
    begin = first - blocks.start * NOISE_BLOCK
    return torch.cat(drawn, -1)[..., begin : begin + end - first].contiguous()


def _block_seed(seed: int, block: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {block}".encode()).digest()[:8], "big")


def with_trail(velocity: Velocity, trail: Tensor | None, keep: slice, kept: list[Tensor]) -> Velocity:
    """A window's velocity, which sees the trail [calls, B, C, n] of the window before as its first n frames.

    What a solver has in the frames `keep` is added to kept, call by call: the trail for the window after.
    """

    def swapped(x: Tensor, sigma: Tensor) -> Tensor:
        kept.append(x[..., keep].clone())
        if trail is not None:
            x = torch.cat([trail[len(kept) - 1].to(x), x[..., trail.shape[-1] :]], -1)
        return velocity(x, sigma)

    return swapped


def assembled(x: Tensor, windows: Sequence[Window], evaluate: Callable[[Window, Tensor], Tensor]) -> Tensor:
    """What all windows make of a film's latent x [B, C, T] side by side, each seen at its own frames.

    evaluate(window, x[..., first:end]) is the network's word on one of them, of which start to stop is taken.
    """
    out = torch.empty_like(x)
    for window in windows:
        made = evaluate(window, x[..., window.first : window.end])
        out[..., window.start : window.stop] = made[..., window.start - window.first : window.stop - window.first]
    return out
