"""What Mini is to say: a vector a token that names the phoneme."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...prompts.durations import transcript_track
from ...prompts.phonemes import PHONEMES, TOKEN_RATE_HZ
from ...prompts.transcript import Transcript

WIDTH = len(PHONEMES) + 1
# The phoneme of a token in which nobody is told to speak; what sounds there is up to prompt and picture.
UNTOLD = -1


def phoneme_vectors(ids: Tensor) -> Tensor:
    """Phonemes int64 [..., T] to float [..., T, WIDTH]: a 1 for the phoneme, and a 1 last for what is told at all."""
    told = ids != UNTOLD
    named = F.one_hot(ids.clamp_min(0), len(PHONEMES)) * told[..., None]
    return torch.cat([named, told[..., None]], -1).float()


def phonemes_of(transcript: Transcript, tokens: int, mouth: Tensor | None = None) -> Tensor:
    """The phoneme of each token, int64 [tokens]: silence in a line's pauses, UNTOLD where there is no line.

    mouth [tokens], 0..1, is how open the mouth is that is seen: lines wait for it.
    """
    ids, _ = transcript_track(transcript, tokens, mouth)
    told = torch.zeros(tokens, dtype=torch.bool)
    for line in transcript.lines:
        first, end = (max(0, round(time_s * TOKEN_RATE_HZ)) for time_s in (line.start_s, line.end_s))
        told[first:end] = True
    return torch.where(told, ids, UNTOLD)
