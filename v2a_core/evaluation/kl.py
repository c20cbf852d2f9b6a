"""Does a sound get the classes that the true one gets: Kullback-Leibler divergence of a classifier's probabilities.

Σ p log(p / q) in nats with p of the true sound and q of the generated one, both a softmax over the logits of all
classes; the mean over pairs is what V2A papers call KL, KLD or MKL (Kreuk et al. 2023, arXiv:2209.15352, and
MMAudio's evaluation, arXiv:2412.15322). The classifiers are PANNs (arXiv:1912.10211) or PaSST (arXiv:2110.05069).
"""

from torch import Tensor


def kl_divergence(true_logits: Tensor, logits: Tensor) -> float:
    """Divergence in nats of one pair of clips from logits [classes], 0 or more, lower is better."""
    p, q = (some.double().log_softmax(-1) for some in (true_logits, logits))
    return max(0.0, float((p.exp() * (p - q)).sum()))
