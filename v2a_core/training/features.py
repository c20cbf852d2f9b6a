"""What a model sees, reads and should make of a user's clips, computed once and kept in files."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..media.audio import read_audio
from ..media.video import VideoSource
from ..models.base import Family, FamilySpec, TextFeatures, VisualFeatures
from ..parts import Parts, digest
from ..prompts.transcript import Transcript, caption
from ..settings import MAX_PROMPT
from ..stages import encode_audio, encode_prompt, encode_video
from .folder import Clip

# What MMAudio and HunyuanVideo-Foley were trained at; more would cost Mini time and show it nothing else.
WINDOW_S = 8.0
MOST_WINDOWS = 64  # of one clip
# How often each condition is left out, so that guidance away from its absence goes on working.
DROP = 0.1


@dataclass(frozen=True)
class Window:
    """A part of a clip that is trained on at once, the prompts to draw from, and what is said for one who speaks."""

    source: VideoSource
    duration_s: float
    prompts: tuple[str, ...]
    transcript: Transcript


def windows_of(clips: Sequence[Clip], spec: FamilySpec) -> list[Window]:
    """Whole clips, and of those longer than WINDOW_S two windows for every WINDOW_S of them, each within its own share.

    What is said is in the prompts of a family that can't speak.
    """
    windows = []
    for clip in clips:
        whole = VideoSource.from_path(clip.path)
        if clip.duration_s <= WINDOW_S:
            windows.append(_window(clip, whole, clip.duration_s, spec))
            continue
        count = min(MOST_WINDOWS, math.ceil(2 * clip.duration_s / WINDOW_S))
        # The same clip has the same windows, whatever lies beside it.
        rng = np.random.default_rng(int(digest(whole), 16))
        starts_s = (np.arange(count) + rng.random(count)) / count * (clip.duration_s - WINDOW_S)
        for start_s in np.round(starts_s, 2).tolist():
            part = VideoSource.from_path(clip.path, start_s, WINDOW_S)
            windows.append(_window(clip, part, WINDOW_S, spec))
    return windows


def _window(clip: Clip, source: VideoSource, duration_s: float, spec: FamilySpec) -> Window:
    said = (clip.transcript or Transcript()).within(source.start_s, duration_s)
    if spec.speaks:
        return Window(source, duration_s, clip.captions, said)
    lines = [caption(line) for line in said.lines]
    prompts = dict.fromkeys(", ".join([words, *lines])[:MAX_PROMPT] for words in clip.captions)
    return Window(source, duration_s, tuple(prompts), Transcript())


class Features:
    """Features and latents of windows, and texts of prompts, in a folder; what is there is not made again.

    Each lies under a digest of the clip's content and of the encoders, so a clip that has changed is made anew.
    """

    def __init__(self, family: Family, windows: Sequence[Window], folder: Path, progress=None):
        self.windows, self.parts = list(windows), Parts(folder)
        folder.mkdir(parents=True, exist_ok=True)
        eyes, ears, reader = (digest(getattr(family, part)) for part in ("visual", "encoder", "text"))
        self.family = family.spec.kin
        self._seen = [digest(self.family, window.source, eyes, ears) for window in windows]
        prompts = {"", *(prompt for window in windows for prompt in window.prompts)}
        self._read = {prompt: digest(self.family, prompt, reader) for prompt in sorted(prompts)}
        total = len(self._read) + len(self._seen)
        for done, (prompt, key) in enumerate(self._read.items(), 1):
            if self.parts.read(key, key) is None:
                self.parts.write(key, key, {"tokens": encode_prompt(family, prompt).tokens.float().cpu()})
            if progress:
                progress("features", done, total)
        for done, (window, key) in enumerate(zip(self.windows, self._seen, strict=True), 1):
            if self.parts.read(key, key) is None:
                self.parts.write(key, key, _encoded(family, window))
            if progress:
                progress("features", len(self._read) + done, total)

    def text(self, prompt: str) -> TextFeatures:
        """What the model reads in a prompt."""
        key = self._read[prompt]
        return TextFeatures(self.family, self.parts.read(key, key)["tokens"], prompt)

    def window(self, index: int) -> tuple[VisualFeatures, Tensor]:
        """What the model sees in a window, and the latent [1, C, T] of its sound."""
        key = self._seen[index]
        tensors = self.parts.read(key, key)
        latent = tensors.pop("latent")
        return VisualFeatures.restored(self.family, tensors, self.windows[index].duration_s), latent


def _encoded(family: Family, window: Window) -> dict[str, Tensor]:
    seen = encode_video(family, window.source)
    latent = encode_audio(family, read_audio(window.source), window.duration_s).cpu()
    seen = replace(seen, tensors={name: tensor.float() for name, tensor in seen.tensors.items()})
    return {"latent": latent, **seen.stored()}


class WindowBatches:
    """Batches drawn from the number of the step: windows of one length together, with noise of their own."""

    def __init__(self, family: Family, features: Features, size: int = 4, seed: int = 0):
        self.family, self.features, self.size, self.seed = family, features, size, seed

    def __call__(self, step: int) -> list[tuple[dict[str, Tensor], Tensor, torch.Generator]]:
        """Groups of (the network's tensors [B, ...], latent [B, C, T], a generator of noise)."""
        rng = np.random.default_rng((self.seed, step))
        groups: dict[float, list] = {}
        for index in rng.integers(len(self.features.windows), size=self.size).tolist():
            window = self.features.windows[index]
            prompt = window.prompts[rng.integers(len(window.prompts))]
            told, shown, speaks = rng.random(3) >= DROP
            seen, latent = self.features.window(index)
            text = self.features.text(prompt if told else "")
            said = window.transcript if speaks else None
            conditions = self.family.condition(text, seen if shown else None, said, window.duration_s)
            groups.setdefault(window.duration_s, []).append((conditions, latent))
        batch = []
        for rows in groups.values():
            conditions, latents = zip(*rows, strict=True)
            # A family that has to know what is computed together has a method for it.
            tensors = [one.tensors() for one in getattr(self.family, "align", list)(list(conditions))]
            joined = {name: torch.cat([each[name] for each in tensors]) for name in tensors[0]}
            noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
            batch.append((joined, torch.cat(latents), noise))
        return batch
