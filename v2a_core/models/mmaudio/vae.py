"""MMAudio's autoencoder of log-mel spectrograms, its halves apart, with all that is constant folded into the weights.

Layers keep the variance of what passes through them (Karras et al. 2024, "Analyzing and Improving the Training
Dynamics of Diffusion Models"), in one dimension. Published weights are raw; what folding does to them, in float32:

| published | here |
|---|---|
| every convolution | each output's kernel brought to length 1, times the constants that precede or follow it |
| `mid.attn_1.qkv.weight`, outputs (channel, q/k/v) | outputs (q/k/v, channel) |
| `learnable_gain`, `decoder.conv_out.weight`, `data_std` | `conv_out.weight` |
| `data_mean` | `conv_out.bias` in the decoder; with `data_std` a buffer of the encoder |
| `encoder.`, `decoder.` before each name | cut off |
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ...errors import InputError
from ..fitting import fitted
from .vae_layers import ADD, EPSILON, KEEP, SILU, Level, Middle, conv

LIMIT = 256.0  # of what passes between the decoder's levels
LOG_VARIANCE = (-30.0, 20.0)
LEVELS = (1, 2, 4)  # width of each level, in multiples of the first

# What the folded weight of a layer is multiplied by: activations before it, the mix after it.
_GAINS = {"conv1": 1 / SILU, "conv2": ADD / SILU, "nin_shortcut": KEEP, "proj_out": ADD, "conv_out": 1 / SILU}


@dataclass(frozen=True)
class VAEConfig:
    """Sizes of either half."""

    bands: int  # 80 at 16 kHz, 128 at 44.1 kHz
    latent: int  # 20, 40
    width: int  # 384, 512

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]], half: str, source: str = "the file") -> "VAEConfig":
        """Sizes of the half "encoder" or "decoder" from the shapes of published tensors."""
        needed = ("data_mean", "data_std", *(f"{half}.{name}" for name in ("conv_in.weight", "conv_out.weight")))
        missing = [name for name in (*needed, f"{half}.learnable_gain") if name not in shapes]
        if missing:
            raise InputError(
                f"{source} does not hold the {half} of an MMAudio VAE: it has no {', '.join(missing)}. "
                "Choose another file."
            )
        first, last = shapes[f"{half}.conv_in.weight"], shapes[f"{half}.conv_out.weight"]
        latent = last[0] // 2 if half == "encoder" else first[1]
        return cls(bands=shapes["data_mean"][1], latent=latent, width=min(first[0], last[1]))


class VAEDecoder(nn.Module):
    """Latents to log-mel spectrograms, two frames each."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        self.config = config
        widths = [config.width * level for level in LEVELS]
        self.conv_in = conv(config.latent, widths[-1])
        self.mid = Middle(widths[-1])
        self.up = nn.ModuleList(
            Level(wide, narrow, 3, upsample=index == 1)
            for index, (wide, narrow) in enumerate(zip((*widths[1:], widths[-1]), widths, strict=True))
        )
        self.conv_out = conv(config.width, config.bands, bias=True)

    def forward(self, latent: Tensor) -> Tensor:
        """Latents [B, latent, T] to log-mels float32 [B, bands, 2 T]."""
        x = self.mid(self.conv_in(latent)).clamp_(-LIMIT, LIMIT)
        for level in reversed(self.up):
            x = level(x).clamp_(-LIMIT, LIMIT)
        return self.conv_out(F.silu(x))

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], source: str = "the file") -> "VAEDecoder":
        """The decoder that published tensors hold; raises InputError, which calls them source, where they don't."""
        config = VAEConfig.of(_shapes(state), "decoder", source)
        half = _fold(state, "decoder")
        half["conv_out.weight"] *= state["data_std"].float().view(-1, 1, 1)
        half["conv_out.bias"] = state["data_mean"].float().flatten()
        return fitted(lambda _: cls(config), half, "decoder of an MMAudio VAE", source)


class VAEEncoder(nn.Module):
    """Log-mel spectrograms to the posterior of their latents."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        self.config = config
        widths = [config.width * level for level in LEVELS]
        # Not folded into conv_in: its zero padding is of normalised values.
        self.register_buffer("data_mean", torch.zeros(1, config.bands, 1))
        self.register_buffer("data_std", torch.ones(1, config.bands, 1))
        self.conv_in = conv(config.bands, config.width)
        self.down = nn.ModuleList(
            Level(narrow, wide, 2, downsample=index == 0)
            for index, (narrow, wide) in enumerate(zip((config.width, *widths), widths, strict=False))
        )
        self.mid = Middle(widths[-1])
        self.conv_out = conv(widths[-1], 2 * config.latent)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mels [B, bands, 2 T] to mean and standard deviation of their latents, float32 [B, latent, T] each."""
        x = self.conv_in((mel - self.data_mean) / self.data_std)
        for level in self.down:
            x = level(x)
        mean, log_variance = self.conv_out(F.silu(self.mid(x))).chunk(2, dim=1)
        return mean, (log_variance.clamp(*LOG_VARIANCE) / 2).exp()

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], source: str = "the file") -> "VAEEncoder":
        """The encoder that published tensors hold; raises InputError, which calls them source, where they don't."""
        config = VAEConfig.of(_shapes(state), "encoder", source)
        half = _fold(state, "encoder") | {name: state[name].float() for name in ("data_mean", "data_std")}
        return fitted(lambda _: cls(config), half, "encoder of an MMAudio VAE", source)


def _shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}


def _fold(state: Mapping[str, Tensor], half: str) -> dict[str, Tensor]:
    """The convolutions of a half, folded, under its own names."""
    folded = {}
    for name, weight in state.items():
        name = name.removeprefix(f"{half}.") if name.startswith(f"{half}.") else ""
        if not name or name == "learnable_gain":
            continue
        weight = weight.float()
        length = torch.linalg.vector_norm(weight, dim=(1, 2), keepdim=True)
        gain = 1.0 if "downsample" in name else _GAINS.get(name.split(".")[-2], 1.0)
        if name == "conv_out.weight":
            gain = gain * (state[f"{half}.learnable_gain"].float() + 1)
        weight = weight * (gain / (EPSILON * weight[0].numel() ** 0.5 + length))
        folded[name] = rearrange(weight, "(c j) i k -> (j c) i k", j=3) if name.endswith("qkv.weight") else weight
    return folded
