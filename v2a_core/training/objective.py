"""What the parts of Mini are trained to make small."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..models.mini.mel import log_mel


def flow_pair(
    data: Tensor, generator: torch.Generator | None = None, middle: float = 1.0, spread: float = 2.0
) -> tuple[Tensor, Tensor, Tensor]:
    """A noisy latent, its noise level and the velocity to predict, for data [B, C, T].

    The noise level is drawn logit-normal (Esser et al. 2024), by default wide and to the noisy side, as Mini needs it.
    A latent says the same thing in thousands of places, so what sound it is and how loud shows through where a single
    place is nearly all noise; the grain of rain or wind, a tenth as strong, comes out only where the noise has nearly
    gone.
    """
    sigma = (middle + spread * torch.randn(len(data), generator=generator)).sigmoid().to(data.device)
    noise = torch.randn(data.shape, generator=generator).to(data.device)
    level = sigma[:, None, None]
    return (1 - level) * data + level * noise, sigma, noise - data


def onset_loss(logits: Tensor, onsets: Tensor) -> Tensor:
    """Cross-entropy of onset logits [B, T] at 100 Hz against event strengths [B, T], neighbours within 10 ms forgiven.

    An event is worth as much as forty empty frames: at two events a second empty frames outnumber them so.
    """
    kernel = onsets.new_tensor([[[0.5, 1.0, 0.5]]])
    target = F.conv1d((onsets > 0).float()[:, None], kernel, padding=1)[:, 0].clamp_max(1)
    return F.binary_cross_entropy_with_logits(logits.float(), target, weight=1 + 12 * target)


def spectra(wave: Tensor, ffts: tuple[int, ...] = (256, 512, 1024, 2048)) -> list[Tensor]:
    """Magnitudes of waveforms [B, N] over several STFT resolutions, each [B, F, T]."""
    # Windows of other lengths gather other amounts of noise: dividing makes levels those of the samples.
    return [
        torch.stft(
            wave.float(), fft, fft // 4, window=torch.hann_window(fft, device=wave.device), return_complex=True
        ).abs()
        / fft**0.5
        for fft in ffts
    ]


def spectral_distance(a: list[Tensor], b: list[Tensor]) -> Tensor:
    """Distance of two lots of spectra, linear (relative to b) and logarithmic."""
    total = 0.0
    for x, y in zip(a, b, strict=True):
        log = ((x + 1e-4).log() - (y + 1e-4).log()).square().add(1e-4).mean(1).sqrt().mean()
        scale = y.flatten(1).norm(dim=1).clamp_min(1e-3)
        total = total + log + ((x - y).flatten(1).norm(dim=1) / scale).mean()
    return total / len(a)


def mel_loss(made: Tensor, true: Tensor) -> Tensor:
    """Mean absolute difference of the latents of two waveforms [B, N]."""
    return (log_mel(made.float()) - log_mel(true)).abs().mean()
