"""The last touch on Mini's sound: its mel is brought to the latent it was made from."""

import torch
from torch import Tensor

from .mel import FFT, FLOOR, HOP, mel_filters, to_magnitude

ROUNDS = 10
# A band is turned up or down by at most 30 dB a round: next to nothing there is nothing to turn up.
_LOUDEST, _LEAST = 30.0, 1e-5


def match_mel(wave: Tensor, latent: Tensor, rounds: int = ROUNDS) -> Tensor:
    """Waveforms [B, 240 T] whose mels are nearer to latents [B, 80, T], fine structure and phases kept.

    Every round filters each frame by what its bands lack and overlaps the frames again, after Griffin and Lim (1984):
    filtered frames need not be the spectrum of any waveform, so one round is not enough.
    """
    filters = mel_filters(wave.device)  # [513, 80]
    # A bin's gain is the geometric mean of its bands' gains.
    shares = filters / filters.sum(1, keepdim=True).clamp_min(1e-8)
    wanted = to_magnitude(latent.float())
    wanted = torch.cat([wanted, wanted[..., -1:]], -1)  # one frame more than samples / hop closes the last overlap
    window = torch.hann_window(FFT, device=wave.device)
    for _ in range(rounds):
        frames = torch.stft(wave, FFT, HOP, window=window, pad_mode="constant", return_complex=True)
        heard = filters.T @ frames.abs()
        gain = (wanted / heard.clamp_min(_LEAST)).clamp(1 / _LOUDEST, _LOUDEST)
        # What counts as silence in the latent is left as quiet as it is.
        silent = (wanted < 1.02 * FLOOR) & (heard < FLOOR)
        gain = torch.where(silent, 1.0, gain)
        wave = torch.istft(frames * (shares @ gain.log()).exp(), FFT, HOP, window=window, length=wave.shape[-1])
    return wave
