"""Mini's vocoder: log-mel to waveform through a ConvNeXt trunk and an inverse STFT head (Vocos, Siuzdak 2023)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .mel import BANDS, FFT, HOP
from .refine import match_mel

NOISE_SEED = 0


@dataclass(frozen=True)
class VocoderConfig:
    width: int = 256
    inner: int = 768
    depth: int = 8


class MiniVocoder(nn.Module):
    """Latents to waveforms at 24 kHz."""

    def __init__(self, config: VocoderConfig = VocoderConfig()):
        super().__init__()
        self.config = config
        self.embed = nn.Conv1d(BANDS, config.width, 7, padding=3)
        self.norm_in = nn.LayerNorm(config.width)
        self.blocks = nn.ModuleList(ConvNeXt(config) for _ in range(config.depth))
        self.norm_out = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, 4 * (FFT // 2 + 1))
        self.register_buffer("window", torch.hann_window(FFT), persistent=False)

    def forward(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Latent [B, 80, T] and white noise [B, 240 T] of unit variance to float32 [B, 240 T]."""
        h = self.norm_in(self.embed(latent).transpose(1, 2))
        for block in self.blocks:
            h = block(h)
        h = self.head(self.norm_out(h)).float().transpose(1, 2)
        # One frame more than samples / hop closes the last overlap.
        level, breath, real, imaginary = F.pad(h, (0, 1), mode="replicate").chunk(4, 1)
        # The bound on the magnitude is that of a full-scale sine under the window, with headroom.
        phase = torch.complex(real, imaginary)
        tone = level.exp().clamp_max(1e3) * phase / phase.abs().clamp_min(1e-6)
        # What is noise in the recording must be noise here: filtered, not a mean of all noises.
        hiss = breath.exp().clamp_max(1e2) * torch.stft(noise, FFT, HOP, window=self.window, return_complex=True) / 20
        return torch.istft(tone + hiss, FFT, HOP, window=self.window, center=True, length=noise.shape[-1])

    def decode(self, latent: Tensor) -> Tensor:
        """Latent [B, 80, T] to float32 [B, 1, 240 T]; the noise in it is the same every time."""
        # Drawn on the CPU in float32, so that it is the same on every device.
        generator = torch.Generator("cpu").manual_seed(NOISE_SEED)
        noise = torch.randn(1, latent.shape[-1] * HOP, generator=generator).to(latent.device)
        wave = self(latent.to(self.head.weight.dtype), noise.expand(len(latent), -1))
        return match_mel(wave, latent)[:, None]


class ConvNeXt(nn.Module):
    """Depthwise convolution over seven frames and a pointwise MLP, residual (Liu et al. 2022)."""

    def __init__(self, config: VocoderConfig):
        super().__init__()
        self.local = nn.Conv1d(config.width, config.width, 7, padding=3, groups=config.width)
        self.norm = nn.LayerNorm(config.width)
        self.wide = nn.Linear(config.width, config.inner)
        self.narrow = nn.Linear(config.inner, config.width)
        self.scale = nn.Parameter(torch.full((config.width,), 1 / config.depth))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.local(x.transpose(1, 2)).transpose(1, 2))
        return x + self.scale * self.narrow(F.gelu(self.wide(h)))
