"""One soundtrack, listened to from its beginning to its end, a window at a time."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..media.audio import Audio
from ..media.loudness import integrated_lufs, true_peak_dbtp
from .clipping import clipped_share
from .onsets import detect_onsets, onset_strength
from .silence import silent_share
from .sound import sound_windows
from .speech import sounding

# Embeddings of a kind that are kept of all sounds of one side: what more would change is lost in the noise.
MOST_ROWS = 50_000

# Gives what a model hears in a sound, by kind as in features.py.
Listener = Callable[[Audio], Mapping[str, Tensor]]


@dataclass
class Heard:
    """What was heard in one soundtrack; of a long one shares, loudness and features are those of its windows, averaged.

    The true peak is the highest of them.

    strength: onset strength at 100 Hz. sounding: bool at 100 Hz. features: by kind, of kinds that end in _embedding all
    rows. text: what a recogniser understood. Where only features are known, the rest is None.
    """

    seconds: float = 0.0
    onsets_s: np.ndarray | None = None
    strength: np.ndarray | None = None
    sounding: np.ndarray | None = None
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    clipping: float | None = None
    silence: float | None = None
    text: str | None = None
    features: dict[str, Tensor] = field(default_factory=dict)


def listen(path: Path, listeners: Iterable[Listener] = (), recognise: Callable[[Audio], str] | None = None) -> Heard:
    """Everything about a file's sound; raises InputError as `sound_windows` does and for features that don't fit."""
    parts, rows = [], Counter()
    for start_s, audio in sound_windows(path):
        parts.append(_window(start_s, audio, listeners, recognise, path))
        keep_room(parts[-1].features, rows)
    shares = np.array([part.seconds for part in parts]) / sum(part.seconds for part in parts)
    power = sum(share * 10 ** (part.loudness_lufs / 10) for share, part in zip(shares, parts, strict=True))
    kinds = parts[0].features
    return Heard(
        seconds=sum(part.seconds for part in parts),
        onsets_s=np.concatenate([part.onsets_s for part in parts]),
        strength=np.concatenate([part.strength for part in parts]),
        sounding=np.concatenate([part.sounding for part in parts]),
        loudness_lufs=10 * math.log10(power) if power else -math.inf,
        true_peak_dbtp=max(part.true_peak_dbtp for part in parts),
        clipping=float(shares @ [part.clipping for part in parts]),
        silence=float(shares @ [part.silence for part in parts]),
        text=None if recognise is None else " ".join(part.text for part in parts),
        features={kind: _joined(kind, [part.features[kind] for part in parts], shares) for kind in kinds},
    )


def keep_room(features: dict[str, Tensor], rows: Counter) -> None:
    """Cut embeddings off where MOST_ROWS of their kind are kept already; rows counts them."""
    for kind in filter(is_set, features):
        if rows[kind] + len(features[kind]) > MOST_ROWS:
            features[kind] = features[kind][: MOST_ROWS - rows[kind]].clone()
        rows[kind] += len(features[kind])


def is_set(kind: str) -> bool:
    """Whether a kind of features is a set of embeddings [n, D] rather than one thing about the whole clip."""
    return kind.endswith("_embedding")


def _window(start_s: float, audio: Audio, listeners: Iterable[Listener], recognise, path: Path) -> Heard:
    # One frame of the strength a hundredth of a second, so that windows join without a shift.
    count = max(1, round(audio.duration_s * 100))
    strength = onset_strength(audio).numpy()[:count]
    features: dict[str, Tensor] = {}
    for listener in listeners:
        for kind, tensor in listener(audio).items():
            if not tensor.isfinite().all():
                raise InputError(f"{path}: {kind} of its sound is not finite.")
            features[kind] = tensor.reshape(-1, tensor.shape[-1]) if is_set(kind) else tensor
    return Heard(
        seconds=audio.duration_s,
        onsets_s=start_s + detect_onsets(audio),
        strength=np.pad(strength, (0, count - len(strength))),
        sounding=sounding(audio),
        loudness_lufs=integrated_lufs(audio),
        true_peak_dbtp=true_peak_dbtp(audio),
        clipping=clipped_share(audio),
        silence=silent_share(audio),
        text=None if recognise is None else recognise(audio),
        features=features,
    )


def _joined(kind: str, tensors: list[Tensor], shares: np.ndarray) -> Tensor:
    if is_set(kind):
        return torch.cat(tensors)
    return sum(float(share) * tensor for share, tensor in zip(shares, tensors, strict=True))
