"""MMAudio's networks with every layer and few channels, randomly drawn: enough for tests of all but quality."""

import torch
from torch import Generator, nn

from ..encoders.clip import ClipImage, ClipText, ImageConfig, TextConfig
from ..encoders.synchformer import Synchformer, SynchformerConfig
from ..vocoders.bigvgan import BigVGAN, BigVGANConfig
from .config import SLOTS, VARIANTS, MMAudioConfig
from .network import MMAudioNetwork
from .vae import VAEConfig, VAEDecoder, VAEEncoder

WIDTH = 64  # of every feature
VOCABULARY = 49408  # as CLIP's tokens have it


def narrow_parts(name: str, *, dtype=None, operations=nn) -> dict[str, nn.Module]:
    """Network, CLIP's image and text towers, Synchformer, VAE halves and vocoder of a variant, on the CPU, by name."""
    config, make = VARIANTS[name].config, {"dtype": dtype, "operations": operations}
    low = VARIANTS[name].rate == "16k"
    widths = {"text_width": WIDTH, "clip_width": WIDTH, "sync_width": WIDTH}
    bands, strides = (80, (4, 4, 2, 2, 2, 2)) if low else (128, (8, 4, 2, 2, 2, 2))
    parts = {
        "network": MMAudioNetwork(MMAudioConfig(config.latent_dim, 2 * WIDTH, 2, 2, config.v2, **widths), **make),
        "image": ClipImage(ImageConfig(80, 160, layers=2, patch=14, positions=27 * 27 + 1, out=WIDTH), **make),
        "words": ClipText(TextConfig(WIDTH, 2 * WIDTH, layers=2, positions=77, vocabulary=VOCABULARY), **make),
        "timing": Synchformer(SynchformerConfig(WIDTH, 2 * WIDTH, 1, (2, 16, 16), SLOTS, 14 * 14 + 1), **make),
        "vae": VAEDecoder(VAEConfig(bands, config.latent_dim, 32)),
        "vocoder": BigVGAN(BigVGANConfig(bands, WIDTH, strides, kernels=(3,), tanh=low)),
        "vae_encoder": VAEEncoder(VAEConfig(bands, config.latent_dim, 32)),
    }
    noise = torch.Generator("cpu").manual_seed(0)
    for part in parts.values():
        _draw(part, noise)
    return parts


@torch.no_grad()
def _draw(module: nn.Module, noise: Generator) -> None:
    """Matrices and kernels of variance 1 / fan-in, gains near 1, all else near 0."""
    for name, value in module.state_dict().items():
        if name.startswith("data_"):  # what spectrograms are normalised by
            continue
        drawn = torch.randn(value.shape, generator=noise)
        if value.ndim > 1:
            value.copy_(drawn / value[0].numel() ** 0.5)
        else:
            value.copy_(1 + 0.1 * drawn if name.endswith("weight") else 0.02 * drawn)
