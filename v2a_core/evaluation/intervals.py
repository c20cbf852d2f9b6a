"""Between which values a score lies with 95 % confidence, had other clips been drawn."""

from collections.abc import Callable, Sequence

import numpy as np

DRAWS, GROUPS = 1000, 10

Statistic = Callable[[Sequence], float]


def bootstrap_interval(items: Sequence, statistic: Statistic, draws: int = DRAWS, seed: int = 0):
    """Percentile interval over draws of the clips with replacement (Efron and Tibshirani 1993, chapter 13).

    None for fewer than two clips. Draws for which there is no score (nan) are left out.
    """
    if len(items) < 2:
        return None
    rng = np.random.default_rng(seed)
    scores = [statistic([items[i] for i in rng.integers(len(items), size=len(items))]) for _ in range(draws)]
    scores = [score for score in scores if np.isfinite(score)]
    return tuple(float(edge) for edge in np.percentile(scores, (2.5, 97.5))) if scores else None


def jackknife_interval(items: Sequence, statistic: Statistic, groups: int = GROUPS, seed: int = 0):
    """Score ± 1.96 standard errors, by leaving out a tenth of the clips at a time (Shao and Wu 1989).

    For scores of a whole set, which a bootstrap would bias: repeated clips make it look less varied. None for fewer
    than ten clips.
    """
    if len(items) < groups:
        return None
    parts = np.array_split(np.random.default_rng(seed).permutation(len(items)), groups)
    scores = np.array([statistic([items[i] for i in sorted(set(range(len(items))) - set(part))]) for part in parts])
    error = np.sqrt((groups - 1) / groups * np.square(scores - scores.mean()).sum())
    whole = statistic(items)
    return float(whole - 1.96 * error), float(whole + 1.96 * error)
