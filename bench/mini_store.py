"""What has been made already, so that a run that was stopped goes on where it was."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from clips import Clip
from safetensors.torch import load_file, save_file
from torch import Tensor

from v2a_core.atomic import whole_file


class Store:
    """Tensors by name in a folder; names may have slashes."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, name: str, make: Callable[[], Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """The tensors of a name: those in the folder, else what make gives, which the folder then holds."""
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as unfinished:
                save_file({key: tensor.contiguous() for key, tensor in make().items()}, unfinished)
        return load_file(path)


def digest(clips: Sequence[Clip]) -> str:
    """Short for a batch of clips: another prompt, event or sound gives another one."""
    known = hashlib.sha256()
    for clip in clips:
        known.update(repr((clip.prompt, clip.sound_class, clip.scene.events, clip.scene.talk)).encode())
        known.update(clip.truth.samples.numpy().tobytes())
    return known.hexdigest()[:12]
