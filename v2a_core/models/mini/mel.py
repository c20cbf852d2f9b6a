"""Mini's latent: a normalised log-mel spectrogram at 100 Hz."""

from functools import cache

import torch
import torchaudio
from torch import Tensor

SAMPLE_RATE_HZ = 24_000
HOP = 240
FFT = 1024
BANDS = 80

# Below this magnitude (near -86 dBFS) everything counts as silence: the network need not model dither.
FLOOR = 1e-3
# Mean and standard deviation of the log-mels of the training world, rounded.
_MEAN, _STD = -3.0, 3.0


@cache
def _transform(device: torch.device) -> torchaudio.transforms.MelSpectrogram:
    return torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE_HZ, n_fft=FFT, hop_length=HOP, n_mels=BANDS, power=1.0, center=True, pad_mode="constant"
    ).to(device)


def log_mel(wave: Tensor) -> Tensor:
    """Waveforms float32 [B, N] at 24 kHz to latents [B, 80, N / 240]; frame k is centred on sample 240 k."""
    mel = _transform(wave.device)(wave)[..., : wave.shape[-1] // HOP]
    return from_magnitude(mel.clamp_min(FLOOR))


def from_magnitude(mel: Tensor) -> Tensor:
    """Mel magnitudes of any shape, of FLOOR at least, to latents."""
    return (mel.log() - _MEAN) / _STD


def to_magnitude(latent: Tensor) -> Tensor:
    """Latents [B, 80, T] to the mel magnitudes that log_mel took the logarithm of."""
    return (latent * _STD + _MEAN).exp()


def mel_filters(device: torch.device) -> Tensor:
    """What each band takes of each bin of the spectrum, float32 [513, 80]."""
    return _transform(device).mel_scale.fb


SILENCE = (torch.tensor(FLOOR).log().item() - _MEAN) / _STD
