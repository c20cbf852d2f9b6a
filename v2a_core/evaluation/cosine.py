"""Do a sound and a picture mean the same: the cosine of their vectors in one space.

With ImageBind's vectors (Girdhar et al. 2023, arXiv:2305.05665) it is the IB score of V2A papers, some of which print
it times 100.
"""

from torch import Tensor
from torch.nn.functional import cosine_similarity


def cosine(one: Tensor, other: Tensor) -> float:
    """Cosine of two vectors [D], -1..1, higher is better."""
    return float(cosine_similarity(one.double().flatten(), other.double().flatten(), dim=0))
