"""Are sounds clear and varied: the inception score of a classifier's probabilities.

exp(E KL(p(y|x) || p(y))), Salimans et al. 2016 (arXiv:1606.03498), as the mean over splits of the clips, whose order
is drawn with the seed that published V2A numbers use (audioldm_eval and MMAudio's av-benchmark: 10 splits, 2020).
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

SPLITS, SEED = 10, 2020
LEAST_A_SPLIT = 10  # a split of fewer clips than this says nothing about variety


def splits_of(clips: int) -> int:
    """Into how many parts so many clips are split: 10, or 1 for fewer than 100."""
    return SPLITS if clips >= SPLITS * LEAST_A_SPLIT else 1


def inception_score(logits: Tensor, splits: int | None = None) -> float:
    """The score from one row of logits a clip, [clips, classes]: 1 to the number of classes, higher is better.

    It is the mean of so many splits, those of `splits_of` where they are left out.
    """
    splits = splits or splits_of(len(logits))
    order = np.random.RandomState(SEED).permutation(len(logits))
    log_p = logits[torch.from_numpy(order)].double().log_softmax(1)
    edges = [part * len(logits) // splits for part in range(splits + 1)]
    scores = []
    for start, stop in pairwise(edges):
        part = log_p[start:stop]
        usual = part.exp().mean(0).clamp_min(1e-300).log()
        scores.append((part.exp() * (part - usual)).sum(1).mean().exp())
    return float(torch.stack(scores).mean())
