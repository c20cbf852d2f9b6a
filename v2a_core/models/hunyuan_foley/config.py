"""HunyuanVideo-Foley's sizes: the published ones, which of them a file holds, and lengths from seconds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import InputError
from ...media.timeline import tick_count

HEAD_WIDTH = 128
CLIP_RATE_HZ, SYNC_RATE_HZ = 8.0, 25.0
SEGMENT, STRIDE = 16, 8  # frames at 25 Hz that Synchformer sees at a time, and from one segment to the next
SLOTS = 8  # features of one segment
TEXT_TOKENS = 77  # of a longer prompt the network reads these


@dataclass(frozen=True)
class FoleyConfig:
    """Sizes of one network; the published ones differ in the first three."""

    width: int
    triple: int  # blocks in which latent and picture attend to each other, and both to the text
    single: int  # blocks of the latent alone, after those
    latent_dim: int = 128
    text_width: int = 768
    clip_width: int = 768
    sync_width: int = 768

    @property
    def inner(self) -> int:
        """Hidden width of the gated MLPs: two thirds of 4 * width, up to the next multiple of 256."""
        return 256 * math.ceil(8 * self.width // 3 / 256)

    @classmethod
    def of(cls, shapes: Mapping[str, Sequence[int]], source: str = "the file") -> "FoleyConfig":
        """The sizes of a network from the shapes of its parameters; source is what an error calls it."""
        needed = ("audio_embedder.proj.weight", "cond_in.linear_1.weight", "empty_clip_feat", "empty_sync_feat")
        missing = [name for name in needed if name not in shapes]
        if missing:
            raise InputError(
                f"{source} is not a HunyuanVideo-Foley network: it has no {', '.join(missing)}. Choose another file."
            )
        try:
            width, latent_dim, _ = shapes["audio_embedder.proj.weight"]
            (_, text_width), (_, clip_width), (_, sync_width) = (shapes[name] for name in needed[1:])
        except ValueError as error:
            raise InputError(
                f"{source} does not have the shapes of a HunyuanVideo-Foley network: choose another file."
            ) from error
        return cls(
            width=width,
            triple=_count(shapes, "triple_blocks."),
            single=_count(shapes, "single_blocks."),
            latent_dim=latent_dim,
            text_width=text_width,
            clip_width=clip_width,
            sync_width=sync_width,
        )


def _count(shapes: Mapping[str, Sequence[int]], prefix: str) -> int:
    return len({name.split(".")[1] for name in shapes if name.startswith(prefix)})


VARIANTS = {
    "hunyuan_foley_xl": FoleyConfig(width=1408, triple=12, single=24),
    "hunyuan_foley_xxl": FoleyConfig(width=1536, triple=18, single=36),
}


def variant_of(shapes: Mapping[str, Sequence[int]]) -> str:
    """The name of the variant that a network's shapes tell; one of a size of its own goes by its width."""
    config = FoleyConfig.of(shapes)
    return min(VARIANTS, key=lambda name: (VARIANTS[name] != config, abs(VARIANTS[name].width - config.width)))


def clip_length(duration_s: float) -> int:
    """Number of picture features that a duration takes."""
    return tick_count(duration_s, CLIP_RATE_HZ)


def sync_length(duration_s: float) -> int:
    """Number of timing features that a duration takes: those of its whole segments, of one at least."""
    segments = (tick_count(duration_s, SYNC_RATE_HZ) - SEGMENT) // STRIDE + 1
    return max(1, segments) * SLOTS


def lengths(duration_s: float) -> dict[str, int]:
    """Both, by encoder."""
    return {"clip": clip_length(duration_s), "sync": sync_length(duration_s)}
