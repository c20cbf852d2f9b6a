"""MMAudio's sizes: the five published variants, which of them a file holds, and lengths from seconds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import InputError

HEAD_WIDTH = 64
CLIP_RATE_HZ, SYNC_RATE_HZ = 8.0, 25.0
SEGMENT, STRIDE = 16, 8  # frames at 25 Hz that Synchformer sees at a time, and from one segment to the next
SLOTS = 8  # features of one segment
# Durations come out of timestamp arithmetic: a whole number of frames must not lose one to rounding.
_EPSILON = 1e-6


@dataclass(frozen=True)
class MMAudioConfig:
    """Sizes of one network; the published ones differ in the first five."""

    latent_dim: int  # 20 at 16 kHz, 40 at 44.1 kHz
    width: int
    joint: int  # blocks in which latent, picture and text attend to each other
    fused: int  # blocks of the latent alone, after those
    v2: bool = False
    text_tokens: int = 77
    text_width: int = 1024
    clip_width: int = 1024
    sync_width: int = 768

    @property
    def inner(self) -> int:
        """Hidden width of the gated MLPs: two thirds of 4 * width, up to the next multiple of 256."""
        return 256 * math.ceil(8 * self.width // 3 / 256)

    @property
    def time_width(self) -> int:
        """Number of sines and cosines that the time is told with."""
        return self.width if self.v2 else 256

    @property
    def fastest(self) -> float:
        """Highest frequency of those, in radians per unit of time."""
        return 10000.0 if self.v2 else 1.0

    @classmethod
    def of(cls, shapes: Mapping[str, Sequence[int]], source: str = "the file") -> "MMAudioConfig":
        """The sizes of a network from the shapes of its parameters; source is what an error calls it."""
        try:
            width, latent_dim, _ = shapes["audio_input_proj.0.weight"]
            text_tokens, text_width = shapes["empty_string_feat"]
            _, clip_width = shapes["empty_clip_feat"]
            _, sync_width = shapes["empty_sync_feat"]
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{source} does not have the shapes of an MMAudio network: choose another file."
            ) from error
        return cls(
            latent_dim=latent_dim,
            width=width,
            joint=_count(shapes, "joint_blocks."),
            fused=_count(shapes, "fused_blocks."),
            # The second activation in the projection moves the MLP after it from index 1 to 2.
            v2="clip_input_proj.2.w1.weight" in shapes,
            text_tokens=text_tokens,
            text_width=text_width,
            clip_width=clip_width,
            sync_width=sync_width,
        )


def _count(shapes: Mapping[str, Sequence[int]], prefix: str) -> int:
    return len({name.split(".")[1] for name in shapes if name.startswith(prefix)})


@dataclass(frozen=True)
class Variant:
    """A published model: its network's sizes, its sound's rate, and samples from one mel frame to the next."""

    config: MMAudioConfig
    sample_rate_hz: int
    hop: int

    @property
    def rate(self) -> str:
        """The rate as names of files say it."""
        return f"{self.sample_rate_hz // 1000}k"

    @property
    def latent_rate_hz(self) -> float:
        """A latent frame is two mel frames."""
        return self.sample_rate_hz / self.hop / 2


VARIANTS = {
    "mmaudio_small_16k": Variant(MMAudioConfig(20, 448, 4, 8), 16000, 256),
    "mmaudio_small_44k": Variant(MMAudioConfig(40, 448, 4, 8), 44100, 512),
    "mmaudio_medium_44k": Variant(MMAudioConfig(40, 896, 4, 8), 44100, 512),
    "mmaudio_large_44k": Variant(MMAudioConfig(40, 896, 7, 14), 44100, 512),
    "mmaudio_large_44k_v2": Variant(MMAudioConfig(40, 896, 7, 14, v2=True), 44100, 512),
}


def variant_of(shapes: Mapping[str, Sequence[int]]) -> str:
    """The name of the variant that a network's shapes tell; one of a size of its own goes by its rate and version."""
    config = MMAudioConfig.of(shapes)

    def likeness(name: str) -> tuple[bool, bool, bool]:
        one = VARIANTS[name].config
        return one == config, one.latent_dim == config.latent_dim, one.v2 == config.v2

    return max(VARIANTS, key=likeness)


def clip_length(duration_s: float) -> int:
    """Number of picture features that a duration takes."""
    return max(1, math.floor(duration_s * CLIP_RATE_HZ + _EPSILON))


def sync_length(duration_s: float) -> int:
    """Number of timing features that a duration takes: those of its whole segments, of one at least."""
    segments = math.floor((duration_s * SYNC_RATE_HZ - SEGMENT + _EPSILON) / STRIDE) + 1
    return max(1, segments) * SLOTS


def lengths(duration_s: float) -> dict[str, int]:
    """Both, by encoder."""
    return {"clip": clip_length(duration_s), "sync": sync_length(duration_s)}
