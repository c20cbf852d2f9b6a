"""Encoding what streams by in batches."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...room import Room


class Batches:
    """Runs an encoder over items in batches of at most `size`; an item equal to the one before is encoded once."""

    def __init__(self, encode: Callable[[Tensor], Tensor], size: int):
        self.encode, self.size = encode, size
        self.room = Room("encode a batch of {}")
        self.waiting: list[Tensor] = []
        self.encoded: list[Tensor] = []
        self.last, self.order, self.different = None, [], 0

    def add(self, item: Tensor) -> None:
        """One item more."""
        if self.last is None or not torch.equal(item, self.last):
            self.last = item
            self.waiting.append(item)
            self.different += 1
        self.order.append(self.different - 1)
        if len(self.waiting) == self.size:
            self._run()

    def results(self) -> Tensor:
        """What became of every item in turn, [items, ...]; there must be one."""
        if self.waiting:
            self._run()
        return torch.cat(self.encoded)[self.order]

    def _run(self) -> None:
        self.encoded.append(self._encoded(torch.stack(self.waiting)))
        self.waiting = []

    def _encoded(self, items: Tensor) -> Tensor:
        def halves() -> Tensor:
            return torch.cat([self._encoded(half) for half in items.chunk(2)])

        return self.room.do(len(items), lambda: self.encode(items), halves)


class FrameStream:
    """Frames to features as they stream by, in bounded memory; a frame like the one before is encoded once."""

    def __init__(self, encode: Callable[[Tensor], Tensor], size: int):
        self.batches = Batches(encode, size)

    def add(self, frames: Tensor) -> None:
        """Frames uint8 [n, H, W, 3] that follow those before."""
        for frame in frames:
            self.batches.add(frame)

    def features(self) -> Tensor:
        """One vector for each frame, float32 [frames, D]."""
        return self.batches.results()
