"""Training of Mini's vocoder on the world's recordings."""

import numpy as np
import torch
from torch import Tensor

from ..models.mini.mel import log_mel
from ..models.mini.vocoder import MiniVocoder
from .objective import mel_loss, spectra, spectral_distance
from .trainer import TrainConfig, Training

SEGMENT = 19_200
BATCH = 8


class Segments:
    """Batches of segments of 0.8 s: recordings laid over one another at random levels, with silence between."""

    def __init__(self, recordings: list[np.ndarray], seed: int = 0):
        self.recordings, self.seed = [np.asarray(r, np.float32) for r in recordings], seed

    def __call__(self, step: int) -> Tensor:
        rng = np.random.default_rng((self.seed, step))
        return torch.from_numpy(np.stack([self._one(rng) for _ in range(BATCH)]))

    def _one(self, rng: np.random.Generator) -> np.ndarray:
        out = np.zeros(SEGMENT, np.float32)
        for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])):
            recording = self.recordings[rng.integers(len(self.recordings))]
            # A recording may start anywhere from before the segment to late in it.
            start = rng.integers(-max(0, len(recording) - SEGMENT // 2), SEGMENT // 2 + 1)
            piece = recording[max(0, -start) :][: SEGMENT - max(0, start)]
            peak = max(1e-3, np.abs(piece).max(initial=0))
            out[max(0, start) :][: len(piece)] += piece / peak * 10 ** rng.uniform(-1.8, -0.05)
        return out / max(1.0, np.abs(out).max())


def train_vocoder(recordings: list[np.ndarray], config: TrainConfig, progress=None) -> MiniVocoder:
    """Train a vocoder to give back recordings (float32 at 24 kHz) from their mels; returns the averaged one.

    The loss is a spectral energy distance (Gritsenko et al. 2020): near to the recording, but two takes over different
    noise as far from each other as from it. A plain distance would ask for the mean of all noises, which is a buzz.
    """
    torch.manual_seed(0)
    vocoder = MiniVocoder()
    training = Training(vocoder, config)

    def losses(wave: Tensor) -> dict[str, Tensor]:
        wave = wave.to(config.device)
        latent, noise = log_mel(wave), torch.randn(2, *wave.shape, device=wave.device)
        made, other = vocoder(latent.repeat(2, 1, 1), noise.flatten(0, 1)).chunk(2)
        with torch.autocast(wave.device.type, enabled=False):
            a, b, true = spectra(made), spectra(other), spectra(wave)
            fit = spectral_distance(a, true) + spectral_distance(b, true)
            return {"fit": fit, "spread": -spectral_distance(a, b), "mel": 0.5 * mel_loss(made, wave)}

    training.run(Segments(recordings), losses, progress)
    return training.averaged()
