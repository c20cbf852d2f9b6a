"""HunyuanVideo-Foley's flow network (Shan et al. 2025), under names and shapes of parameters as they were published.

Latent and picture attend to each other in the order of time and both read the text; then the latent goes on alone,
steered at every token by the timing features at its instant.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import InputError
from .. import casting
from ..fitting import fitted
from ..layers import time_conv
from .blocks import TRIPLE_EPS, GatedMLP, Rotations, SingleBlock, TripleBlock, nearest_exact, normalize_wide
from .config import SLOTS, FoleyConfig

TIME_WIDTH = 256
TIMESTEPS = 1000.0  # the network's own time runs from 1000 at noise to 0


class FoleyNetwork(nn.Module):
    """Velocity of the latent: noise - data, as the house has it."""

    def __init__(self, config: FoleyConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config, self.dtype = config, dtype or torch.float32
        make = {"dtype": dtype, "device": device}
        width, linear, conv = config.width, operations.Linear, time_conv(operations)

        self.empty_clip_feat = nn.Parameter(torch.zeros(1, config.clip_width, **make))
        self.empty_sync_feat = nn.Parameter(torch.zeros(1, config.sync_width, **make))
        self.sync_pos_emb = nn.Parameter(torch.zeros(1, 1, SLOTS, config.sync_width, **make))
        self.audio_embedder = nn.ModuleDict({"proj": conv(config.latent_dim, width, 1, **make)})
        self.visual_proj = GatedMLP(config.clip_width, width, width, linear, **make)
        self.cond_in = nn.ModuleDict(
            {"linear_1": linear(config.text_width, width, **make), "linear_2": linear(width, width, **make)}
        )
        time = nn.Sequential(linear(TIME_WIDTH, width, **make), nn.SiLU(), linear(width, width, **make))
        self.time_in = nn.ModuleDict({"mlp": time})

        def point(i: int, o: int, **make) -> nn.Module:
            return conv(i, o, 1, **make)

        self.sync_in = nn.Sequential(
            linear(config.sync_width, width, **make), nn.SiLU(), GatedMLP(width, config.inner, width, point, **make)
        )
        blocks = {"width": width, **make, "operations": operations}
        self.triple_blocks = nn.ModuleList(TripleBlock(**blocks) for _ in range(config.triple))
        self.single_blocks = nn.ModuleList(SingleBlock(inner=config.inner, **blocks) for _ in range(config.single))
        self.final_layer = nn.ModuleDict(
            {
                "linear": linear(width, config.latent_dim, **make),
                # Published and never used: the last layer was run without modulation.
                "adaLN_modulation": nn.Sequential(nn.SiLU(), linear(width, 2 * width, **make)),
            }
        )

    @classmethod
    def from_state(
        cls, state: Mapping[str, Tensor], *, dtype=None, operations=None, source: str = "the file"
    ) -> "FoleyNetwork":
        """The network with published weights, its sizes read off their shapes, on the device where they are.

        dtype is bfloat16 where left out, as published. Tensors in a float8 type are left in it, whichever they are; the
        layers of operations must then cast them while they are used, as those taken by default do.
        Raises InputError, which calls the weights source, where they don't fit or are no floating-point numbers.
        """
        dtype = dtype or torch.bfloat16
        for name, value in state.items():
            if not value.is_floating_point():
                kind = str(value.dtype).removeprefix("torch.")
                raise InputError(f"{source} holds {name} in {kind}: choose a file in bfloat16, float16 or float8.")
        small = {name for name, value in state.items() if value.dtype.itemsize == 1}
        config = FoleyConfig.of({name: tuple(value.shape) for name, value in state.items()}, source)
        state = {name: _in_windows(value if name in small else value.to(dtype)) for name, value in state.items()}

        def build(_) -> "FoleyNetwork":
            return cls(config, dtype=dtype, operations=operations or casting)

        return fitted(build, state, "HunyuanVideo-Foley network", source)

    def forward(
        self, x: Tensor, sigma: Tensor, *, text: Tensor, clip: Tensor, sync: Tensor, text_length: Tensor | None = None
    ) -> Tensor:
        """Latent x [B, C, T] at noise level sigma [B] -> velocity like x.

        text [B, L, 768]; clip [B, Nv, 768], Nv at most T; sync [B, 8 S, 768]. text_length [B]: how many rows of text
        are the prompt's own. All prompts of a batch are read up to the length of the longest, padding included.
        """
        if text_length is not None:
            text = text[:, : int(text_length.max())]
        length = x.shape[2]
        latent = self.audio_embedder["proj"](x.transpose(1, 2).to(self.dtype).flatten(0, 1)).unflatten(0, (len(x), -1))
        clip = self.visual_proj(clip.to(self.dtype))
        text = self.cond_in["linear_2"](F.silu(self.cond_in["linear_1"](text.to(self.dtype))))
        time = self.time_in["mlp"](_sinusoids(TIMESTEPS * sigma.float()).to(self.dtype))[:, None]
        sync = (sync.unflatten(1, (-1, SLOTS)) + self.sync_pos_emb.to(sync)).flatten(1, 2).to(self.dtype)
        sync = self.sync_in(sync)
        # Each latent token's timing feature. Modulation is computed before it is spread over the tokens.
        nearest = nearest_exact(sync.shape[1], length, x.device)

        latent = latent + sync[:, nearest]
        rope = Rotations(length, clip.shape[1], text.shape[1], x.device)
        steer = F.silu(time)
        for index, block in enumerate(self.triple_blocks, 1):
            latent, clip = block(latent, clip, text, steer, rope, last=index == len(self.triple_blocks))
        steer = F.silu(sync + time)
        for block in self.single_blocks:
            latent = block(latent, steer, nearest, rope.latent)
        out = self.final_layer["linear"](normalize_wide(latent, TRIPLE_EPS).to(self.dtype))
        return out.transpose(1, 2).to(x)


def _sinusoids(t: Tensor) -> Tensor:
    """Cosines and sines of t [B] at 128 frequencies from 1 down towards 1e-4 rad per unit, float32 [B, 256]."""
    half = TIME_WIDTH // 2
    frequencies = 1e4 ** -(torch.arange(half, device=t.device, dtype=torch.float32) / half)
    angles = t[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _in_windows(weight: Tensor) -> Tensor:
    """A kernel in the memory layout that layers.time_conv takes as it is; any other weight untouched."""
    if weight.ndim < 3 or weight.shape[2] == 1:
        return weight
    return weight.transpose(1, 2).contiguous().transpose(1, 2)
