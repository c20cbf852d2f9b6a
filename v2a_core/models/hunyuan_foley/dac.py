"""The continuous DAC codec (Kumar et al. 2023) of HunyuanVideo-Foley: 48 kHz mono, 50 latent frames a second.

Decoder and encoder are modules of their own under the published names, so that either is loaded without the other.
Both run in float32. A published convolution is a length and a direction (see vocoders/weight_norm.py), ours their
product. Sound is a row of a picture inside, [B, C, 1, T], as on a CPU torch convolves pictures with their channels last
in two thirds of the time.
"""

import math
from collections.abc import Iterator, Mapping
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..fitting import fitted
from ..vocoders.weight_norm import plain_weights

SAMPLE_RATE_HZ = 48_000
STRIDES = (2, 3, 4, 5, 8)  # from sound to latent
HOP = math.prod(STRIDES)  # samples a latent frame
DILATIONS = (1, 3, 9)
CHUNK = 200  # latent frames that are decoded or encoded at a time

Half = TypeVar("Half", bound="DACDecoder | DACEncoder")


class DACDecoder(nn.Module):
    """Latents to waveforms; the decoder of a family."""

    PREFIXES = ("post_quant_conv.", "decoder.")

    def __init__(self, latent: int = 128, width: int = 2048, *, device=None):
        """latent: channels of the latent. width: channels at its rate, halved at every stride."""
        super().__init__()
        with torch.device(device or "cpu"):
            self.post_quant_conv = Conv(latent, latent, 1)
            layers = [Conv(latent, width, 7, padding=3)]
            for stride in reversed(STRIDES):
                layers.append(UpBlock(width, stride))
                width //= 2
            layers += [Snake(width), Conv(width, 1, 7, padding=3), nn.Tanh()]
            self.decoder = nn.ModuleDict({"model": nn.Sequential(*layers)})

    @staticmethod
    def sizes(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        """latent and width from the shapes of its parameters."""
        return shapes["post_quant_conv.weight"][0], shapes["decoder.model.0.weight"][0]

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], source: str = "the file") -> "DACDecoder":
        """The decoder with published weights, of which it takes its own; source is what an error calls them."""
        return _load(cls, state, source)

    def forward(self, latent: Tensor) -> Tensor:
        """Latent [B, C, T] to waveforms [B, 1, 960 T]."""
        return self.decoder["model"](self.post_quant_conv(_rows(latent)))[:, :, 0]

    def decode(self, latent: Tensor) -> Tensor:
        """Latent [B, C, T] to float32 [B, 1, 960 T], a piece at a time; as one piece would be, but for rounding."""
        latent = latent.to(self.post_quant_conv.weight)
        pieces = []
        for first, last, start, end in _pieces(latent.shape[-1]):
            wave = self(latent[..., start:end])
            pieces.append(wave[..., (first - start) * HOP : (last - start) * HOP])
        return torch.cat(pieces, -1)


class DACEncoder(nn.Module):
    """Waveforms to latents, for sound that is to be changed or continued."""

    PREFIXES = ("encoder.", "quant_conv.")

    def __init__(self, latent: int = 128, width: int = 128, *, device=None):
        """latent: channels of the latent. width: channels at the sound's rate, doubled at every stride."""
        super().__init__()
        with torch.device(device or "cpu"):
            layers = [Conv(1, width, 7, padding=3)]
            for stride in STRIDES:
                width *= 2
                layers.append(DownBlock(width, stride))
            layers += [Snake(width), Conv(width, latent, 3, padding=1)]
            self.encoder = nn.ModuleDict({"block": nn.Sequential(*layers)})
            self.quant_conv = Conv(latent, 2 * latent, 1)

    @staticmethod
    def sizes(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        """latent and width from the shapes of its parameters."""
        return shapes["quant_conv.weight"][1], shapes["encoder.block.0.weight"][0]

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], source: str = "the file") -> "DACEncoder":
        """The encoder with published weights, of which it takes its own; source is what an error calls them."""
        return _load(cls, state, source)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """Waveforms [B, 1, 960 T] at 48 kHz to mean and logarithm of the variance, both [B, C, T]."""
        mean, logvar = self.quant_conv(self.encoder["block"](_rows(wave)))[:, :, 0].chunk(2, 1)
        return mean, logvar.clamp(-30, 20)

    def encode(self, wave: Tensor) -> Tensor:
        """Waveforms [B, 1, N] at 48 kHz to their most likely latent, float32 [B, C, N / 960 rounded up].

        It is made a piece at a time; as one piece would be, but for rounding.
        """
        wave = F.pad(wave.to(self.quant_conv.weight), (0, -wave.shape[-1] % HOP))
        pieces = []
        for first, last, start, end in _pieces(wave.shape[-1] // HOP):
            mean, _ = self(wave[..., start * HOP : end * HOP])
            pieces.append(mean[..., first - start : last - start])
        return torch.cat(pieces, -1)


def _load(kind: type[Half], state: Mapping[str, Tensor], source: str) -> Half:
    own = plain_weights({name: value for name, value in state.items() if name.startswith(kind.PREFIXES)})
    return fitted(lambda shapes: kind(*kind.sizes(shapes), device="meta"), dict(own), kind.__name__, source)


class Conv(nn.Conv1d):
    """A convolution over the time of rows [B, C, 1, T]."""

    def forward(self, x: Tensor) -> Tensor:
        (stride,), (padding,), (dilation,) = self.stride, self.padding, self.dilation
        return F.conv2d(x, self.weight[:, :, None], self.bias, (1, stride), (0, padding), (1, dilation))


class TransposedConv(nn.ConvTranspose1d):
    """To `stride` times the rate, for rows [B, C, 1, T]; n frames become n * stride, also where the stride is odd."""

    def __init__(self, into: int, out: int, stride: int):
        edges = {"padding": math.ceil(stride / 2), "output_padding": stride % 2}
        super().__init__(into, out, 2 * stride, stride, **edges)

    def forward(self, x: Tensor) -> Tensor:
        (stride,), (padding,), (more,) = self.stride, self.padding, self.output_padding
        return F.conv_transpose2d(x, self.weight[:, :, None], self.bias, (1, stride), (0, padding), (0, more))


class Snake(nn.Module):
    """x + sin²(a x) / a, with a the channel's own (Ziyin et al. 2020), for rows [B, C, 1, T]."""

    def __init__(self, width: int):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        alpha = self.alpha[..., None]
        # In one piece of memory: new ones take longer to come by than the sine.
        return (alpha * x).sin_().square_().mul_((alpha + 1e-9).reciprocal()).add_(x)


class Residual(nn.Module):
    """Two convolutions, the first of them dilated."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        wide = Conv(width, width, 7, dilation=dilation, padding=3 * dilation)
        self.block = nn.Sequential(Snake(width), wide, Snake(width), Conv(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x).add_(x)


class UpBlock(nn.Module):
    """To a rate `stride` times higher and half the channels."""

    def __init__(self, width: int, stride: int):
        super().__init__()
        up = TransposedConv(width, width // 2, stride)
        self.block = nn.Sequential(Snake(width), up, *(Residual(width // 2, dilation) for dilation in DILATIONS))

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class DownBlock(nn.Module):
    """To a rate `stride` times lower and `width` channels, which are twice as many."""

    def __init__(self, width: int, stride: int):
        super().__init__()
        down = Conv(width // 2, width, 2 * stride, stride, padding=math.ceil(stride / 2))
        residuals = (Residual(width // 2, dilation) for dilation in DILATIONS)
        self.block = nn.Sequential(*residuals, Snake(width // 2), down)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


def _rows(x: Tensor) -> Tensor:
    """[B, C, T] to [B, C, 1, T]."""
    x = x[:, :, None]
    return x.contiguous(memory_format=torch.channels_last) if x.device.type == "cpu" else x


def _pieces(length: int) -> Iterator[tuple[int, int, int, int]]:
    """(first, last, start, end) of each piece of `length` latent frames: what is kept of it, and what is computed.

    Only at the sound's own ends may the convolutions see zeros beyond.
    """
    for first in range(0, length, CHUNK):
        last = min(first + CHUNK, length)
        yield first, last, max(0, first - CONTEXT), min(last + CONTEXT, length)


def _context() -> int:
    """Latent frames to either side of one that its samples depend on, from the last layer back to the first.

    A frame depends on the samples of fewer: the encoder has the same layers in the opposite order, and ends narrower.
    """
    reach = 3
    for stride in STRIDES:
        reach += 3 * sum(DILATIONS)
        reach = math.ceil(reach / stride) + 1
    return reach + 3


CONTEXT = _context()
