"""How far apart two sets of sounds are: the Fréchet distance of Gaussians fitted to their embeddings.

d² = |m1 - m2|² + Tr(C1 + C2 - 2 (C1 C2)^½), Dowson and Landau 1982 (doi:10.1016/0047-259X(82)90077-X); of audio
embeddings it is FAD (Kilgour et al. 2019, arXiv:1812.08466), of PANNs' or PaSST's it is what V2A papers call FD.
Covariances are the unbiased ones. With C = AᵀA the trace of the root is the sum of the singular values of A1 A2ᵀ,
in float64: no product of covariances has its root taken, so there is no imaginary part and nothing to regularise.

From n embeddings the distance comes out too large by about a constant / n, and more where n is below the number of
dimensions: compare distances of equal n, or their extrapolation to 1 / n = 0 (Chong and Forsyth 2020,
arXiv:1911.07023; for audio Gui et al. 2024, arXiv:2311.01616).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError

SIZES = 10  # of the parts that the extrapolation looks at, from a quarter of the embeddings up to all


@dataclass(frozen=True)
class Gaussian:
    """A mean [D] and a factor A [K, D] of the covariance AᵀA, float64."""

    mean: Tensor
    factor: Tensor

    @classmethod
    def of(cls, rows: Tensor) -> "Gaussian":
        """Fitted to embeddings [n, D]; raises InputError for fewer than two and for values that are not finite."""
        if rows.ndim != 2 or len(rows) < 2:
            raise InputError(f"A distance of sets needs at least two embeddings a set: here is {list(rows.shape)}.")
        if not rows.isfinite().all():
            raise InputError("An embedding holds values that are not finite.")
        rows = rows.double()
        mean = rows.mean(0)
        factor = (rows - mean) / (len(rows) - 1) ** 0.5
        if len(factor) > factor.shape[1]:
            factor = torch.linalg.qr(factor, mode="r").R
        return cls(mean, factor)


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """The squared distance d² as it is published, 0 or more; raises InputError where the dimensions differ."""
    if one.mean.shape != other.mean.shape:
        sizes = f"{len(one.mean)} and {len(other.mean)}"
        raise InputError(f"Two sets of embeddings have {sizes} dimensions: they come from different models.")
    root = torch.linalg.svdvals(one.factor @ other.factor.T).sum()
    apart = (one.mean - other.mean).square().sum()
    return max(0.0, float(apart + one.factor.square().sum() + other.factor.square().sum() - 2 * root))


def frechet_infinity(rows: Tensor, reference: Gaussian, seed: int = 0) -> float:
    """The distance as it would be from endlessly many embeddings [n, D], the reference kept as it is.

    A line through the distances of random parts of different sizes against 1 / size, read where that is 0. It can come
    out below 0. Raises InputError for fewer embeddings than the smallest part needs.
    """
    if len(rows) < 4 * SIZES:
        raise InputError(f"{len(rows)} embeddings are too few to extrapolate from: it takes {4 * SIZES}.")
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.linspace(len(rows) / 4, len(rows), SIZES).long()
    parts = (rows[torch.randperm(len(rows), generator=generator)[:size]] for size in sizes)
    distances = torch.tensor([frechet_distance(Gaussian.of(part), reference) for part in parts], dtype=torch.float64)
    line = torch.stack((torch.ones(SIZES, dtype=torch.float64), 1 / sizes.double()), 1)
    return float(torch.linalg.lstsq(line, distances[:, None]).solution[0, 0])
