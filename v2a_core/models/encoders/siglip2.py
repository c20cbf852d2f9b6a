"""SigLIP 2's image tower (Tschannen et al. 2025) at a fixed size: transformers' own class, without the text tower."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..fitting import fitted
from .batches import FrameStream

SIZE = 512
HEAD_WIDTH = 64
PREFIX = "vision_model."
# 1024 tokens a picture: the widest layer of the published tower takes 100 MB in float32.
BATCH = 8


@dataclass(frozen=True)
class Siglip2Config:
    width: int
    inner: int
    layers: int
    patch: int
    positions: int

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> "Siglip2Config":
        """Sizes from the shapes of the published parameters; raises KeyError where there is no such tower."""
        layer = f"{PREFIX}encoder.layers."
        return cls(
            width=shapes[f"{PREFIX}embeddings.patch_embedding.weight"][0],
            inner=shapes[f"{layer}0.mlp.fc1.weight"][0],
            layers=len({name.split(".")[3] for name in shapes if name.startswith(layer)}),
            patch=shapes[f"{PREFIX}embeddings.patch_embedding.weight"][2],
            positions=shapes[f"{PREFIX}embeddings.position_embedding.weight"][0],
        )


class Siglip2Image(nn.Module):
    """Pictures to one vector each, by attention pooling; names of parameters are the published ones."""

    def __init__(self, config: Siglip2Config, *, device=None):
        super().__init__()
        from transformers import SiglipVisionConfig, SiglipVisionModel

        self.config = config
        sizes = SiglipVisionConfig(
            hidden_size=config.width,
            intermediate_size=config.inner,
            num_hidden_layers=config.layers,
            num_attention_heads=config.width // HEAD_WIDTH,
            image_size=config.patch * math.isqrt(config.positions),
            patch_size=config.patch,
        )
        with torch.device(device or "cpu"):
            tower = SiglipVisionModel(sizes)
        # Before its version 5, transformers had the tower one level deeper.
        self.vision_model = getattr(tower, "vision_model", tower)

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], *, dtype=None, source: str = "the file") -> "Siglip2Image":
        """The tower with published weights, of which it takes its own; on the device where they are.

        dtype is float32 where left out. Raises InputError, which calls the weights source, where they don't fit.
        """
        own = {name: value for name, value in state.items() if name.startswith(PREFIX)}

        def build(shapes: Mapping[str, tuple[int, ...]]) -> "Siglip2Image":
            return cls(Siglip2Config.of(shapes), device="meta")

        module = fitted(build, own, "SigLIP 2 tower", source, dtype or torch.float32)
        probe = module.vision_model.head.probe
        module.vision_model.embeddings.position_ids = torch.arange(module.config.positions, device=probe.device)[None]
        return module

    def forward(self, x: Tensor) -> Tensor:
        """Pictures [B, 3, 512, 512] within -1..1 to float32 [B, width]."""
        return self.vision_model(x.to(self.vision_model.head.probe.dtype)).pooler_output.float()

    def encode(self, frames: Tensor) -> Tensor:
        """Pictures uint8 [B, 512, 512, 3] on any device to float32 [B, width]."""
        x = frames.to(self.vision_model.head.probe.device).permute(0, 3, 1, 2)
        return self(x.float() / 127.5 - 1)

    def stream(self) -> FrameStream:
        """Takes a video's frames as they come."""
        return FrameStream(self.encode, BATCH)
