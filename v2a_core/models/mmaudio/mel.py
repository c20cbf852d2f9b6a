"""MMAudio's log-mel spectrograms: what its VAE encodes and its vocoders read, at 16 and at 44.1 kHz."""

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor
from torchaudio.functional import melscale_fbanks

_FLOOR = 1e-5  # of a band's magnitude: silence
_EPSILON = 1e-9  # of a bin's power


@dataclass(frozen=True)
class Mel:
    """One front end; bands reach from 0 Hz to half the sample rate."""

    sample_rate_hz: int
    fft: int
    hop: int
    bands: int
    log_unit: float  # what natural logarithms are divided by


MELS = {
    "16k": Mel(16_000, fft=1024, hop=256, bands=80, log_unit=math.log(10)),
    "44k": Mel(44_100, fft=2048, hop=512, bands=128, log_unit=1.0),
}


@cache
def _window_and_bands(mel: Mel, device: torch.device) -> tuple[Tensor, Tensor]:
    bands = melscale_fbanks(
        mel.fft // 2 + 1,
        0.0,
        mel.sample_rate_hz / 2,
        mel.bands,
        mel.sample_rate_hz,
        norm="slaney",
        mel_scale="slaney",
    )
    return torch.hann_window(mel.fft, device=device), bands.T.contiguous().to(device)


def log_mel(wave: Tensor, mel: Mel) -> Tensor:
    """Waveforms [B, N] at the front end's rate to float32 [B, bands, N / hop]; what exceeds -1..1 is clipped.

    Bands after Slaney's Auditory Toolbox (1998), magnitudes not powers; BigVGAN's front end (Lee et al. 2023).
    """
    window, bands = _window_and_bands(mel, wave.device)
    edge = (mel.fft - mel.hop) // 2
    wave = F.pad(wave.float().clamp(-1, 1)[:, None], (edge, edge), mode="reflect")[:, 0]
    bins = torch.stft(wave, mel.fft, mel.hop, window=window, center=False, return_complex=True)
    magnitude = (bins.real.square() + bins.imag.square() + _EPSILON).sqrt()
    return (bands @ magnitude).clamp_min(_FLOOR).log() / mel.log_unit
