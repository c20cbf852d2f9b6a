"""BigVGAN (Lee et al. 2023): log-mel spectrograms to waveforms, version 1 at 16 kHz and version 2 at 44.1 kHz.

The module is the published one with all that is constant folded into fewer and larger kernels, in float32:

| published | here |
|---|---|
| `weight_g` and `weight_v`, or `parametrizations.weight.original0` and `1` | `weight` |
| every convolution's kernel [out, in, k] | [out, in, 1, k] |
| `ups.N.0.weight` [in, out, 2 s], transposed, stride s | `ups.N.weight` [s * out, in, 1, 2]: all s phases at once |
| an activation's `act.alpha`, `act.beta`, `upsample.filter`, `downsample.lowpass.filter` | its `up` and `down` |
| a stage is the mean of its blocks | their sum; what follows is scaled |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from ...errors import InputError
from ..fitting import fitted
from .snake import REACH, Snake, snake_kernels
from .time_conv import TimeConv
from .weight_norm import plain_weights

DILATIONS = (1, 3, 5)
EDGE = 3  # frames or samples to either side that the first and the last convolution see
# A stage of the widest published model then takes under 32 MB, up to where malloc keeps memory for the next one.
CHUNK = 1 << 18  # samples


@dataclass(frozen=True)
class BigVGANConfig:
    bands: int
    width: int  # before the first stage; every stage halves it
    strides: tuple[int, ...]  # by which the stages stretch time
    kernels: tuple[int, ...]  # of the blocks of a stage
    tanh: bool  # version 1 ends in a bias and tanh, version 2 without a bias in a clip

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return prod(self.strides)

    @property
    def reach(self) -> int:
        """Frames to either side that a frame's samples depend on."""
        widest = max(self.kernels) // 2
        inside = sum(2 * REACH + widest * (dilation + 1) for dilation in DILATIONS)
        need = EDGE + REACH
        for stride in reversed(self.strides):
            need = -(-(need + inside) // stride) + 1
        return need + EDGE

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]], source: str = "the file") -> "BigVGANConfig":
        """Sizes from the shapes of published tensors in the plain spelling."""
        ups = _indices(shapes, "ups.{}.0.weight")
        blocks = _indices(shapes, "resblocks.{}.convs1.0.weight")
        if "conv_pre.weight" not in shapes or not ups or not blocks or len(blocks) % len(ups):
            raise InputError(
                f"{source} does not hold a BigVGAN vocoder: it has {len(ups)} ups, {len(blocks)} resblocks and "
                f"{'a' if 'conv_pre.weight' in shapes else 'no'} conv_pre. Choose another file."
            )
        width, bands, _ = shapes["conv_pre.weight"]
        return cls(
            bands=bands,
            width=width,
            strides=tuple(shapes[name][2] // 2 for name in ups),
            kernels=tuple(shapes[name][2] for name in blocks[: len(blocks) // len(ups)]),
            tanh="conv_post.bias" in shapes,
        )


class BigVGAN(nn.Module):
    """Log-mels to waveforms, a bounded number of frames at a time."""

    def __init__(self, config: BigVGANConfig):
        super().__init__()
        self.config = config
        widths = [config.width >> index for index in range(len(config.strides) + 1)]
        self.conv_pre = TimeConv(config.bands, config.width, 2 * EDGE + 1)
        self.ups = nn.ModuleList(
            nn.Conv2d(width, stride * width // 2, (1, 2), padding=(0, 1))
            for width, stride in zip(widths, config.strides, strict=False)
        )
        self.resblocks = nn.ModuleList(Block(width, kernel) for width in widths[1:] for kernel in config.kernels)
        self.activation_post = Snake(widths[-1])
        self.conv_post = TimeConv(widths[-1], 1, 2 * EDGE + 1, bias=config.tanh)

    def decode(self, mel: Tensor, chunk: int = CHUNK) -> Tensor:
        """Log-mels float32 [B, bands, T] to waveforms float32 [B, 1, T * hop] in -1..1.

        chunk is how many samples are made at a time; more or fewer change nothing but memory and time.
        """
        config, frames = self.config, mel.shape[2]
        parts = max(1, -(-frames * config.hop // chunk))
        out = mel.new_empty(len(mel), 1, frames * config.hop)
        for item, wave in zip(mel.split(1), out.split(1), strict=True):
            for part in range(parts):
                start, end = frames * part // parts, frames * (part + 1) // parts
                first = max(0, start - config.reach)
                made = self(item[..., first : end + config.reach])[..., (start - first) * config.hop :]
                wave[..., start * config.hop : end * config.hop] = made[..., : (end - start) * config.hop]
        return out

    def forward(self, mel: Tensor) -> Tensor:
        """Log-mels [B, bands, T] to waveforms [B, 1, T * hop], all at once."""
        x = mel[:, :, None]
        if x.device.type == "cpu":  # the one layout in which its convolutions need not rearrange what they read
            x = x.contiguous(memory_format=torch.channels_last)
        x = self.conv_pre(x)
        count = len(self.config.kernels)
        for index, (up, stride) in enumerate(zip(self.ups, self.config.strides, strict=True)):
            x = stretch(up(x), stride)
            blocks = self.resblocks[index * count : (index + 1) * count]
            total = blocks[0](x)
            for block in blocks[1:]:
                total += block(x)
            x = total
        x = self.conv_post(self.activation_post(x))[:, :, 0]
        return x.tanh() if self.config.tanh else x.clamp(-1, 1)

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], source: str = "the file") -> "BigVGAN":
        """The vocoder that published tensors hold; raises InputError, which calls them source, where they don't."""
        plain = dict(plain_weights(state))
        config = BigVGANConfig.of({name: tuple(value.shape) for name, value in plain.items()}, source)
        return fitted(lambda _: cls(config), _fold(plain, config), "BigVGAN vocoder", source)


class Block(nn.Module):
    """Three residual steps, each a dilated and a plain convolution with an activation before it."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.convs1 = nn.ModuleList(TimeConv(width, width, kernel, dilation=dilation) for dilation in DILATIONS)
        self.convs2 = nn.ModuleList(TimeConv(width, width, kernel) for _ in DILATIONS)
        self.activations = nn.ModuleList(Snake(width) for _ in range(2 * len(DILATIONS)))

    def forward(self, x: Tensor) -> Tensor:
        steps = zip(self.activations[::2], self.convs1, self.activations[1::2], self.convs2, strict=True)
        for snake1, conv1, snake2, conv2 in steps:
            x = conv2(snake2(conv1(snake1(x)))).add_(x)
        return x


def stretch(x: Tensor, stride: int) -> Tensor:
    """Phases side by side [B, stride * C, 1, T + 1] to samples in turn [B, C, 1, T * stride].

    The half a stride that the transposed convolution drops at either end is dropped here.
    """
    batch, channels, _, length = x.shape
    x = x.permute(0, 2, 3, 1).reshape(batch, 1, length * stride, channels // stride)
    return x[:, :, stride // 2 : -(stride - stride // 2)].permute(0, 3, 1, 2)


def _indices(shapes: Mapping[str, tuple[int, ...]], pattern: str) -> list[str]:
    names = []
    while (name := pattern.format(len(names))) in shapes:
        names.append(name)
    return names


def _fold(plain: dict[str, Tensor], config: BigVGANConfig) -> dict[str, Tensor]:
    """Plain published tensors to this module's, as the table above says."""
    mean = 1 / len(config.kernels)
    folded = {}
    for name, value in plain.items():
        stem, _, leaf = name.rpartition(".")
        if name.endswith(".act.alpha"):
            stem = stem.removesuffix(".act")
            needed = [f"{stem}.{part}" for part in ("act.beta", "upsample.filter", "downsample.lowpass.filter")]
            if all(part in plain for part in needed):
                kernels = snake_kernels(value, *(plain[part] for part in needed), 1 if "." in stem else mean)
                folded[f"{stem}.up"], folded[f"{stem}.down"] = kernels
        elif name.startswith("ups."):
            index = int(name.split(".")[1])
            stride = config.strides[index]
            scaled = value if index == 0 or leaf == "bias" else value * mean
            folded[f"ups.{index}.{leaf}"] = scaled.repeat(stride) if leaf == "bias" else _phases(scaled, stride)
        elif leaf == "weight":
            folded[name] = value[:, :, None]
        elif leaf == "bias":
            folded[name] = value
    return folded


def _phases(weight: Tensor, stride: int) -> Tensor:
    """Kernel [in, out, 2 s] of a transposed convolution to that of all its phases [s * out, in, 1, 2]."""
    taps = torch.stack([weight[..., stride:], weight[..., :stride]], dim=-1)  # of the frame before, of this frame
    return taps.permute(2, 1, 0, 3).flatten(0, 1)[:, :, None].contiguous()
