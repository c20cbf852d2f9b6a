"""Sets of sounds, compared: how far Mini's lie from true ones, and whether they copy what training heard."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from common import with_interval
from mini_make import Made
from torch import Tensor

from v2a_core.evaluation.frechet import Gaussian, frechet_distance
from v2a_core.evaluation.intervals import jackknife_interval

EMBEDDINGS = ("yamnet", "aisfx")
# Each is the first half of the clips, set against the true audio of the second: so all have one number of clips, and
# none has a prompt or a picture of the reference's.
WAYS = ("true", "vocoder", "mini", "retrieval")


def distances(made: Mapping[str, Made]) -> dict:
    """Fréchet distances by embedding, "all" or family, and way; intervals of all are jackknifes, see intervals.py."""
    out = {}
    for kind in EMBEDDINGS:
        for name, some in {"all": [*made.values()], **{name: [one] for name, one in made.items()}}.items():
            reference = Gaussian.of(torch.cat(_half(some, "true", kind, 1)))

            def distance(rows: Sequence[Tensor], reference=reference) -> float:
                return frechet_distance(Gaussian.of(torch.cat(list(rows))), reference)

            for way in WAYS:
                rows = _half(some, way, kind, 0)
                interval = jackknife_interval(rows, distance) if name == "all" else None
                one = {"value": distance(rows), "interval": interval, "clips": len(rows)}
                out.setdefault(kind, {}).setdefault(name, {})[way] = one
    return out


def copying(made: Mapping[str, Made]) -> dict:
    """Cosine distance to the nearest training sound, by embedding and way; "training" is that of one to the others.

    Of each window of a clip the nearest window of all training clips; the mean over the clip's windows, then the
    median over clips.
    """
    out = {}
    for kind in EMBEDDINGS:
        sounds = {
            number: F.normalize(heard[kind].float(), dim=1)
            for one in made.values()
            for number, heard in zip(one.copied, one.heard["retrieval"], strict=True)
        }
        owners = torch.cat([torch.full((len(rows),), number) for number, rows in sounds.items()])
        known = torch.cat([*sounds.values()])

        def nearest(rows: Tensor, but: int = -1, owners=owners, known=known) -> float:
            alike = F.normalize(rows.float(), dim=1) @ known.T
            return float(1 - alike.masked_fill(owners == but, -1).amax(1).mean())

        found = {"training": [nearest(rows, number) for number, rows in sounds.items()]}
        for way in ("mini", "true"):
            found[way] = [nearest(heard[kind]) for one in made.values() for heard in one.heard[way]]
        out[kind] = {
            way: with_interval(values, lambda some: float(np.median(some))) | {"clips": len(values)}
            for way, values in found.items()
        }
    return out


def _half(made: Sequence[Made], way: str, kind: str, second: int) -> list[Tensor]:
    """Embeddings [n, D] of each clip of the first or the second half of every family."""
    return [
        heard[kind].float()
        for one in made
        for number, heard in enumerate(one.heard[way])
        if (number >= len(one.cases) // 2) == bool(second)
    ]
