"""What a scene family hands over: what to draw, and what of it makes a sound."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...prompts.phonemes import Span
from .backdrops import Backdrop
from .draw import Canvas

Layer = Callable[[Canvas], None]


@dataclass(frozen=True)
class Hit:
    """Something in the picture strikes something: when, how hard (0..1), where (world units), what kind of motion."""

    time_s: float
    strength: float
    x: float
    y: float
    kind: str


@dataclass(frozen=True)
class Talk:
    """What someone in the picture says: the text, the voice, its sounds in seconds of the clip, and the recording.

    wave: float32 [N] at 24 kHz from start_s on, None where only the picture was made.
    """

    text: str
    voice: str
    start_s: float
    spans: tuple[Span, ...]
    wave: np.ndarray | None = field(repr=False, compare=False)


@dataclass
class Plan:
    """Layers are drawn in order over the backdrop; level and pan are curves at 100 Hz for sounds that go on."""

    looks: str
    backdrop: Backdrop
    layers: list[Layer] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    level: np.ndarray | None = None
    pan: np.ndarray | None = None
    # A scene whose background already moves with the subject keeps the camera on its tripod.
    steady: bool = False
    talk: tuple[Talk, ...] = ()


def apart(hits: list[Hit], gap_s: float = 0.045) -> list[Hit]:
    """Hits in order of time, of any two closer than the gap only the harder."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: h.time_s):
        if kept and hit.time_s - kept[-1].time_s < gap_s:
            if hit.strength > kept[-1].strength:
                kept[-1] = hit
        else:
            kept.append(hit)
    return kept
