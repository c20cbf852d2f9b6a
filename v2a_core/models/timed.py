"""Conditions that change over time: which prompt governs which stretch of the latent."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from .base import Conditions, FamilySpec, TextFeatures

FADE_S = 0.1  # over which one cue's words give way to the next one's


def over_time(
    spec: FamilySpec, duration_s: float, texts: Sequence[TextFeatures | None], conditions: Sequence[Conditions]
) -> Conditions:
    """One prompt's conditions of those of its parts, each of which governs the spans of its text.

    Each part gets a mask [T]: the network is asked about every part at each step, and counts where the mask is 1. Masks
    sum to 1 and cross over FADE_S around a border.
    """
    if len(conditions) == 1:
        return conditions[0]
    masks = [span_mask(spec, duration_s, text.spans) for text in texts]
    parts = [replace(one, mask=mask) for one, mask in zip(conditions, masks, strict=True) if mask.any()]
    return replace(parts[0], more=tuple(parts[1:]))


def span_mask(spec: FamilySpec, duration_s: float, spans: Sequence[tuple[float, float]]) -> Tensor:
    """How much of each latent frame lies in the spans in seconds, [T], 0..1, with a ramp of FADE_S around a border."""
    at_s = (torch.arange(spec.latent_length(duration_s), dtype=torch.float64) + 0.5) / spec.latent_rate_hz
    return sum(_risen(at_s, start_s) - _risen(at_s, end_s) for start_s, end_s in spans).float()


def _risen(at_s: Tensor, edge_s: float) -> Tensor:
    """0 before an edge, 1 behind it; 1 from the beginning for the edge at 0."""
    if edge_s == 0 or math.isinf(edge_s):
        return torch.full_like(at_s, float(edge_s == 0))
    return ((at_s - edge_s) / FADE_S + 0.5).clamp(0, 1)
