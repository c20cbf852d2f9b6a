"""What a sound effect is like: embeddings by aiSFX, an independent model that no training run saw.

Ma and Lerch, "Representation Learning for the Automatic Indexing of Sound Effects Libraries" (ISMIR 2022). Network and
spectrogram are those of the paper; its weights (CC-BY-4.0) come in the PyPI package aisfx. That package asks for
versions from 2022, so it is installed alone and only its checkpoint is read, tensors and plain numbers, no code.
"""

import codecs
import pickle
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError
from ..media.audio import Audio, resample
from .packages import package_file

RATE_HZ = 44_100
FFT, HOP, BANDS = 2048, 1024, 96
BLOCK, BLOCK_HOP = 100, 50  # frames: 2.3 s, every 1.2 s
LOUDEST = 9.457798957824707  # in the spectrograms of the paper's training data: they are scaled by it
INSTALL = "pip install --no-deps aisfx==0.1.2"


class SoundEffects:
    """The network with the package's weights; raises InputError where it isn't installed or can't be read."""

    def __init__(self) -> None:
        path = package_file("aisfx", "models/checkpoint.pth", INSTALL)
        try:
            # Beside the tensors the file holds numbers of NumPy's, which torch takes for code unless they are named.
            scalar = np.int64(0).__reduce__()[0], "numpy.core.multiarray.scalar"
            with torch.serialization.safe_globals([scalar, np.dtype, np.dtypes.Int64DType, codecs.encode]):
                state, _ = torch.load(path, map_location="cpu", weights_only=True)
            prefix = "embedding_net."
            weights = {key.removeprefix(prefix): state[key] for key in state if key.startswith(prefix)}
            self.network = _Network().eval()
            self.network.load_state_dict(weights)
        except (AttributeError, TypeError) as error:
            raise InputError(
                f"reading aisfx takes torch 2.6 or newer, and its version 0.1.2 ({error}): {INSTALL}"
            ) from error
        except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(f"{path} is damaged or another version ({first}): {INSTALL}") from error
        self.bands = _bands()

    @torch.inference_mode()
    def embeddings(self, audio: Audio) -> Tensor:
        """One vector a block of 2.3 s, every 1.2 s, whole blocks but for a sound shorter than one: float32 [n, 512]."""
        wave = resample(audio, RATE_HZ).samples.mean(0)
        wave = F.pad(wave, (0, max(0, FFT - len(wave))))
        spectrum = torch.stft(wave, FFT, HOP, window=torch.hann_window(FFT), return_complex=True).abs().square()
        level = (1 + 1e4 * (self.bands @ spectrum)).log10().T / LOUDEST  # [frames, bands]
        level = F.pad(level, (0, 0, 0, max(0, BLOCK - len(level))))
        blocks = level.unfold(0, BLOCK, BLOCK_HOP).transpose(1, 2)[:, None]  # [n, 1, 100 frames, 96 bands]
        return torch.cat([self.network(some) for some in blocks.split(8)])


class _Network(nn.Module):
    """Four pairs of convolutions; the mean over bands and the maximum over time of what comes out."""

    def __init__(self) -> None:
        super().__init__()
        for number, (channels, out) in enumerate(((1, 64), (64, 128), (128, 256), (256, 512)), 1):
            self.add_module(f"conv_block{number}", _Pair(channels, out, 2 if number < 4 else 1))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.children():
            x = block(x)
        return x.mean(3).amax(2)


class _Pair(nn.Module):
    def __init__(self, channels: int, out: int, pool: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(c, out, 3, padding=1, bias=False) for c in (channels, out))
        self.bn1, self.bn2 = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        return F.max_pool2d(self.bn2(self.conv2(x)).relu(), self.pool)


def _bands() -> Tensor:
    """Triangles on HTK's mel scale from 0 Hz to half the rate, each of sum 1: float32 [96, 1025]."""
    mel = 1127 * torch.linspace(0, RATE_HZ / 2, FFT // 2 + 1, dtype=torch.float64).div(700).log1p()
    step = mel[-1] / (BANDS + 1)
    centres = step * torch.arange(1, BANDS + 1)[:, None]
    triangles = (1 - (mel - centres).abs() / step).clamp_min(0)
    return (triangles / triangles.sum(1, keepdim=True)).float()


@cache
def sound_effects() -> SoundEffects:
    """The network, loaded once."""
    return SoundEffects()
