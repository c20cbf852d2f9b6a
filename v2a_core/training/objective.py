"""What the parts of Mini are trained to make small."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..models.mini.mel import log_mel


def flow_pair(data: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """A noisy latent, its noise level and the velocity to predict, for data [B, C, T].

    The noise level is drawn logit-normal (Esser et al. 2024), which dwells on the middle of the path.
    """
    sigma = torch.randn(len(data), generator=generator).sigmoid().to(data.device)
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


def spectral_loss(made: Tensor, true: Tensor, ffts: tuple[int, ...] = (300, 720, 1800)) -> dict[str, Tensor]:
    """Distances between waveforms [B, N] over several STFT resolutions: magnitude, its logarithm, the complex value.

    After Yamamoto et al. 2020 (spectral convergence and log magnitude); the small complex term settles the phase.
    """
    magnitude, logarithm, spectrum = [], [], []
    for fft in ffts:
        window = torch.hann_window(fft, device=made.device)
        a, b = (torch.stft(x.float(), fft, fft // 4, window=window, return_complex=True) for x in (made, true))
        size_a, size_b = a.abs().clamp_min(1e-5), b.abs().clamp_min(1e-5)
        norm = size_b.flatten(1).norm(dim=1).clamp_min(1e-2)
        magnitude.append(((size_a - size_b).flatten(1).norm(dim=1) / norm).mean())
        # Level-aware: below -70 dB of full scale a difference is not heard and is not counted.
        logarithm.append(((size_a + 0.02).log() - (size_b + 0.02).log()).abs().mean())
        spectrum.append(((a - b).abs().flatten(1).norm(dim=1) / norm).mean())
    mean = lambda values: sum(values) / len(values)  # noqa: E731
    return {"magnitude": mean(magnitude), "log": mean(logarithm), "complex": 0.1 * mean(spectrum)}


def mel_loss(made: Tensor, true: Tensor) -> Tensor:
    """Mean absolute difference of the latents of two waveforms [B, N]."""
    return (log_mel(made.float()) - log_mel(true)).abs().mean()
