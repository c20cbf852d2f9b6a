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
    """A rendered clip: frames uint8 [T, 64, 64, 3], onset and level float32 [4 T] at 100 Hz, its look as a number.

    mouth float32 [T] is how open the lips are that speak, talks whether there are any.
    """

    frames: Tensor
    onset: Tensor
    level: Tensor
    look: int
    mouth: Tensor
    talks: bool


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
        names = ("frames", "onset", "level", "mouth")
        frames, onset, level, mouth = (self._files[file].get_slice(name)[row] for name in names)
        about = self.about[index]
        return Clip(frames, onset, level, self.looks.index(about["looks"]), mouth.float(), self.talks(index))

    def mel(self, index: int, variant: int) -> Tensor:
        """The latent of one soundtrack, float16 [80, 4 T]."""
        file, row = self._places[index]
        return self._files[file].get_slice("mel")[row * self.variants + variant]

    def said(self, index: int) -> Tensor:
        """What the faces of a clip say, uint8 [T] into prompts.phonemes.PHONEMES; the even soundtracks hold it."""
        file, row = self._places[index]
        return self._files[file].get_slice("phonemes")[row]

    def sound(self, index: int, variant: int) -> int:
        """The class of one soundtrack, as a number."""
        return self.looks.index(self.about[index]["variants"][variant]["sound_class"])

    def talks(self, index: int) -> bool:
        """Whether anybody is seen to speak in a clip."""
        return bool(self.about[index]["talk"])

    def speaks(self, index: int, variant: int) -> bool:
        """Whether what is seen to be said in a clip is heard in one of its soundtracks."""
        return self.talks(index) and self.about[index]["variants"][variant]["sound_class"] == "speech"

    def lines(self, index: int) -> list[tuple[float, float]]:
        """From when to when there is a line in a clip, in seconds."""
        return [tuple(talk["span_s"]) for talk in self.about[index]["talk"]]

    def agrees(self, index: int, variant: int) -> bool:
        """Whether a soundtrack is what the picture suggests."""
        clip = self.about[index]
        return clip["variants"][variant]["sound_class"] == clip["looks"]
