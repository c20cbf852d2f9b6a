"""What other models saw and heard, computed elsewhere: a folder with generated.safetensors and reference.safetensors.

A tensor is called KIND/CLIP, the clip by its file name without ending:

| kind | shape | for |
|---|---|---|
| panns_embedding, passt_embedding, NAME_embedding | [D] or [n, D] | FD |
| panns_logits, passt_logits | [classes], before any softmax | KL, IS |
| imagebind_audio, imagebind_video | [1024] | IB score |
| synchformer_logits | [segments, 21], of the first and the last 4.8 s | DeSync |

What is heard in the generated sounds is in the one file, in the true ones in the other; imagebind_video in either.
"""

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from ..errors import InputError
from ..weights.formats import read_state
from .desync import CLASSES
from .hearing import is_set

GENERATED, REFERENCE = "generated.safetensors", "reference.safetensors"
Features = dict[str, dict[str, Tensor]]  # of each clip, by kind

# How many dimensions the tensors of a kind have; those of NAME_embedding are one or two.
_DIMENSIONS = {
    "panns_logits": (1,),
    "passt_logits": (1,),
    "imagebind_audio": (1,),
    "imagebind_video": (1,),
    "synchformer_logits": (1, 2),
}


def read_features(folder: Path, names: Iterable[str]) -> tuple[Features, Features]:
    """What is known of the generated and of the true sound of each clip; clips that aren't judged are passed over.

    Raises InputError for a folder without such files and for a tensor of another name, shape or size than its kind's.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} of features: check the path.")
    if not (folder / GENERATED).is_file() and not (folder / REFERENCE).is_file():
        raise InputError(f"The folder {folder} holds neither {GENERATED} nor {REFERENCE}.")
    known, widths = set(names), {}
    return tuple(_read(folder / file, known, widths) for file in (GENERATED, REFERENCE))


def _read(path: Path, names: set[str], widths: dict[str, int]) -> Features:
    out: Features = {}
    if not path.is_file():
        return out
    for key, tensor in read_state(path)[1].items():
        kind, slash, name = key.partition("/")
        if not slash:
            raise InputError(f"{path}: the tensor {key[:80]!r} should be called KIND/CLIP, as in panns_logits/clip1.")
        _check(path, key, kind, tensor)
        if widths.setdefault(kind, tensor.shape[-1]) != tensor.shape[-1]:
            raise InputError(f"{path}: {key} has {tensor.shape[-1]} values, and others of its kind {widths[kind]}.")
        if name in names:
            out.setdefault(name, {})[kind] = tensor.reshape(-1, tensor.shape[-1]) if is_set(kind) else tensor
    return out


def _check(path: Path, key: str, kind: str, tensor: Tensor) -> None:
    allowed = (1, 2) if is_set(kind) else _DIMENSIONS.get(kind)
    if allowed is None:
        known = ", ".join(("NAME_embedding", *_DIMENSIONS))
        raise InputError(f"{path}: {key[:80]!r} is of no kind that is known: {known}.")
    if (
        tensor.ndim not in allowed
        or not tensor.numel()
        or (kind == "synchformer_logits" and tensor.shape[-1] != CLASSES)
    ):
        raise InputError(f"{path}: {key} has the shape {list(tensor.shape)}, which is not that of its kind.")
    if not tensor.is_floating_point() or not tensor.isfinite().all():
        raise InputError(f"{path}: {key} holds values that are no finite numbers.")
