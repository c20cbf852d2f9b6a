"""The shards of `v2a train dataset`, read clip by clip without loading them whole."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from ..errors import InputError
from .world.classes import SOUND_CLASSES


@dataclass(frozen=True)
class Clip:
    """A rendered clip: frames uint8 [T, 64, 64, 3], onset and level float32 [4 T] at 100 Hz, its look as a number."""

    frames: Tensor
    onset: Tensor
    level: Tensor
    look: int


class Shards:
    """All clips in a folder; captions[i][j] is the caption of clip i's soundtrack j."""

    def __init__(self, folder: str | Path):
        paths = sorted(Path(folder).glob("*.safetensors"))
        if not paths:
            raise InputError(f"{folder} holds no shards: make them with `v2a train dataset --out {folder}`.")
        self._files, self._places, self.about = [], [], []
        for path in paths:
            sidecar = json.loads(path.with_suffix(".json").read_text())
            self._places += [(len(self._files), row) for row in range(sidecar["clips"])]
            self._files.append(safe_open(path, "pt"))
            self.about += sidecar["about"]
            self.variants = sidecar["variants"]
        self.looks = tuple(SOUND_CLASSES)
        self.captions = [[variant["caption"] for variant in clip["variants"]] for clip in self.about]

    def __len__(self) -> int:
        return len(self._places)

    def clip(self, index: int) -> Clip:
        """What the eyes are trained on."""
        file, row = self._places[index]
        frames, onset, level = (self._files[file].get_slice(name)[row] for name in ("frames", "onset", "level"))
        return Clip(frames, onset, level, self.looks.index(self.about[index]["looks"]))

    def mel(self, index: int, variant: int) -> Tensor:
        """The latent of one soundtrack, float16 [80, 4 T]."""
        file, row = self._places[index]
        return self._files[file].get_slice("mel")[row * self.variants + variant]

    def sound(self, index: int, variant: int) -> int:
        """The class of one soundtrack, as a number."""
        return self.looks.index(self.about[index]["variants"][variant]["sound_class"])

    def agrees(self, index: int, variant: int) -> bool:
        """Whether a soundtrack is what the picture suggests."""
        clip = self.about[index]
        return clip["variants"][variant]["sound_class"] == clip["looks"]
