"""A video as families see it that look at its pictures and, by Synchformer, at their timing."""

from collections.abc import Callable, Iterable, Mapping

from torch import Tensor, nn

from ...media.video import FrameChunk
from ..base import VisualFeatures
from .synchformer import Synchformer

# Numbers of features that a duration in seconds takes, for "clip" and "sync".
Lengths = Callable[[float], Mapping[str, int]]


class PictureAndTiming(nn.Module):
    """What a video shows, by an encoder of pictures ("clip"), and when it moves, by Synchformer ("sync")."""

    def __init__(
        self, family: str, image: nn.Module, timing: Synchformer, lengths: Lengths, rates_hz: Mapping[str, float]
    ):
        super().__init__()
        self.family, self.lengths, self.rates_hz = family, lengths, rates_hz
        self.image, self.timing = image, timing

    def encode(self, chunks: Iterable[tuple[str, FrameChunk]], duration_s: float) -> VisualFeatures:
        """Encode a video as it streams by; an encoder that gets no frames is left out."""
        streams = {"clip": self.image.stream(), "sync": self.timing.stream()}
        seen = set()
        for name, chunk in chunks:
            streams[name].add(chunk.frames)
            seen.add(name)
        tensors, lengths = {}, self.lengths(duration_s)
        if "clip" in seen:
            tensors["clip"] = streams["clip"].features()[: lengths["clip"]]
        if "sync" in seen:
            tensors["sync"] = streams["sync"].features(lengths["sync"] // self.timing.config.slots)
        return VisualFeatures(self.family, tensors, {name: self.rates_hz[name] for name in tensors}, duration_s)


def over(lengths: Mapping[str, int], video: VisualFeatures | None, empty: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Features by encoder as float32 [1, length, D] on the CPU, the empty one [1, D] wherever there are none.

    One picture for a whole video is there all along.
    """
    seen = dict(video.tensors) if video is not None else {}
    if video is not None and not video.duration_s:
        seen = {name: one.expand(lengths[name], -1) for name, one in seen.items()}
    out = {}
    for name, length in lengths.items():
        out[name] = empty[name].float().cpu().repeat(length, 1)[None]
        if name in seen:
            out[name][0, : len(seen[name])] = seen[name][:length].float().cpu()
    return out
