"""Mini's vocoder: log-mel to waveform through a ConvNeXt trunk and an inverse STFT head (Vocos, Siuzdak 2023)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .mel import BANDS, FFT, HOP


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
        self.head = nn.Linear(config.width, 3 * (FFT // 2 + 1))
        self.register_buffer("window", torch.hann_window(FFT), persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        """Latent [B, 80, T] to float32 [B, 240 T]."""
        h = self.norm_in(self.embed(latent).transpose(1, 2))
        for block in self.blocks:
            h = block(h)
        level, real, imaginary = self.head(self.norm_out(h)).float().transpose(1, 2).chunk(3, 1)
        # The bound on the magnitude is that of a full-scale sine under the window, with headroom.
        magnitude = level.exp().clamp_max(1e3)
        phase = torch.complex(real, imaginary)
        spectrum = magnitude * phase / phase.abs().clamp_min(1e-6)
        # One frame more than samples / hop closes the last overlap.
        spectrum = F.pad(torch.view_as_real(spectrum), (0, 0, 0, 1))
        length = latent.shape[-1] * HOP
        return torch.istft(torch.view_as_complex(spectrum), FFT, HOP, window=self.window, center=True, length=length)

    def decode(self, latent: Tensor) -> Tensor:
        """Latent [B, 80, T] to float32 [B, 1, 240 T]."""
        return self(latent.to(self.head.weight.dtype))[:, None]


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
