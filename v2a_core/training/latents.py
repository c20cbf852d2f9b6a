"""What Mini's network is trained on: rendered soundtracks, some with a voice laid over them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..models.mini.mel import FLOOR, SILENCE, from_magnitude, to_magnitude
from ..models.mini.speech import UNTOLD
from ..models.mini.text import MiniText
from ..prompts.phonemes import TOKEN_RATE_HZ
from .shards import Shards

BATCH = 16
TOKENS = 125
PATCH = 4

# How often a condition is left out, so that each has its own guidance. A prompt that contradicts the picture is rarely
# left out: without it the sound must still suit the picture.
_DROP_VIDEO, _DROP_AGREEING_TEXT, _DROP_CONTRARY_TEXT, _DROP_SPEECH = 0.12, 0.25, 0.04, 0.15
_VOICE_OVER = 0.15  # of the sounds without speech
# Speech is the hardest thing to learn and rare in the world.
_SPEECH_FAVOUR = 6
# Of a sound under a voice, in decibels.
_UNDER_DB = (-15.0, 0.0)


@dataclass(frozen=True)
class LatentBatch:
    """Latents [B, 80, 4 T] and what they are made under.

    ids [B, L]: word indices of the prompt, -1 where there is no word; sound [B]: the class that it names. video
    [B, T, 128], seen [B]: whether it is there. phonemes [B, T]: into prompts.phonemes.PHONEMES, or UNTOLD.
    """

    latent: Tensor
    ids: Tensor
    sound: Tensor
    video: Tensor
    seen: Tensor
    phonemes: Tensor

    def to(self, device: str) -> "LatentBatch":
        """The same on a device."""
        return LatentBatch(**{name: tensor.to(device) for name, tensor in vars(self).items()})


class LatentBatches:
    """Batches drawn from the number of the step."""

    def __init__(self, shards: Shards, features: Tensor, text: MiniText, seed: int = 0):
        self.shards, self.features, self.seed = shards, features, seed
        self.ids = [[text.tokenize(caption) for caption in captions] for captions in shards.captions]
        self.speakers = [index for index in range(len(shards)) if shards.talks(index)]
        soundtracks = [(index, variant) for index in range(len(shards)) for variant in range(shards.variants)]
        favour = np.array([_SPEECH_FAVOUR if shards.speaks(*which) else 1 for which in soundtracks])
        self.chances = favour / favour.sum()

    def __call__(self, step: int) -> LatentBatch:
        rng = np.random.default_rng((self.seed, step))
        drawn = rng.choice(len(self.chances), size=BATCH, p=self.chances)
        rows = [self._row(*divmod(int(which), self.shards.variants), rng) for which in drawn]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        prompts = columns.pop("ids")
        longest = max(1, *map(len, prompts))
        padded = torch.tensor([[*ids, *[-1] * (longest - len(ids))] for ids in prompts])
        return LatentBatch(ids=padded, **{name: torch.stack(column) for name, column in columns.items()})

    def _row(self, index: int, variant: int, rng: np.random.Generator) -> dict:
        start = int(rng.integers(0, self.features.shape[1] - TOKENS + 1))
        latent, phonemes = self._heard(index, variant, start)
        is_silent = bool((phonemes == UNTOLD).all())
        if self.speakers and is_silent and rng.random() < _VOICE_OVER:
            speaker = self.speakers[rng.integers(len(self.speakers))]
            begins = int(rng.integers(0, self.features.shape[1] - TOKENS + 1))
            voice, phonemes = self._heard(speaker, 2 * int(rng.integers((self.shards.variants + 1) // 2)), begins)
            latent = laid_over(latent, voice, rng.uniform(*_UNDER_DB))
        told = rng.random() >= (_DROP_AGREEING_TEXT if self.shards.agrees(index, variant) else _DROP_CONTRARY_TEXT)
        if rng.random() < _DROP_SPEECH:
            phonemes = torch.full_like(phonemes, UNTOLD)
        return {
            "latent": latent,
            "ids": self.ids[index][variant] if told else [],
            "sound": torch.tensor(self.shards.sound(index, variant)),
            "video": self.features[index, start : start + TOKENS].float(),
            "seen": torch.tensor(rng.random() >= _DROP_VIDEO),
            "phonemes": phonemes,
        }

    def _heard(self, index: int, variant: int, start: int) -> tuple[Tensor, Tensor]:
        """A part of a soundtrack, [80, 4 T], and what is said in it, [T]."""
        latent = self.shards.mel(index, variant)[:, start * PATCH : (start + TOKENS) * PATCH].float()
        if not self.shards.speaks(index, variant):
            return latent, torch.full((TOKENS,), UNTOLD)
        told = torch.zeros(self.features.shape[1], dtype=torch.bool)
        for begins_s, ends_s in self.shards.lines(index):
            told[round(begins_s * TOKEN_RATE_HZ) : round(ends_s * TOKEN_RATE_HZ)] = True
        phonemes = torch.where(told, self.shards.said(index).long(), UNTOLD)
        return latent, phonemes[start : start + TOKENS]


def laid_over(latent: Tensor, voice: Tensor, gain_db: float) -> Tensor:
    """The latent of two sounds at once, the first of them at gain_db: of sounds that do not know of one another powers
    add, and silence is a floor that both of them have.
    """
    under = to_magnitude(latent) * 10 ** (gain_db / 20)
    power = under.square() + to_magnitude(voice).square() - FLOOR**2
    return from_magnitude(power.clamp_min(FLOOR**2).sqrt()).clamp_min(SILENCE)
