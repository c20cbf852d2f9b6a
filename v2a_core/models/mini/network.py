"""Mini's diffusion network: local mixing over time, steered at every token by text, picture and noise level."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ..layers import GatedMLP, modulate, normalize, sinusoids
from ..rope import rope_table, rotate
from .speech import WIDTH as SPEECH_WIDTH

# Under this noise level the latent is as good as clean, and dividing by less would only enlarge errors.
LEAST_SIGMA = 0.02


@dataclass(frozen=True)
class NetworkConfig:
    bands: int = 80
    patch: int = 4  # mel frames a token
    text_width: int = 128
    video_width: int = 128
    speech_width: int = SPEECH_WIDTH
    width: int = 256
    inner: int = 768
    depth: int = 8
    attention_in: tuple[int, ...] = (3, 6)
    head_width: int = 64
    reach: int = 125  # tokens that attention sees to either side: 5 s, so that length does not matter


class MiniNetwork(nn.Module):
    """Velocity of the latent; conditions are per-token vectors whose last channel says whether they are there.

    Within, the clean latent is predicted and the velocity follows from it (Li and He 2025): noise has more dimensions a
    token than the network is wide, so a network that had to give the noise back would leave some of it in the sound.
    The grain of rain or wind has as many: a share of the noisy latent, as in Wiener's filter, goes past the blocks.
    """

    def __init__(self, config: NetworkConfig = NetworkConfig(), *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config, self.dtype = config, dtype or torch.float32
        make = {"dtype": dtype, "device": device, "operations": operations}
        linear = lambda i, o: operations.Linear(i, o, dtype=dtype, device=device)  # noqa: E731
        width = config.width
        self.patch_in = linear(config.bands * config.patch, width)
        # The presence flag is an input like any other: its weights and the bias are the null embedding.
        self.text_in = linear(config.text_width + 1, width)
        self.video_in = linear(config.video_width + 1, width)
        self.speech_in = linear(config.speech_width, width)
        self.time_in = nn.Sequential(linear(width, width), nn.SiLU(), linear(width, width))
        self.mix = linear(width, width)
        self.blocks = nn.ModuleList(
            Block(config, attention=i in config.attention_in, **make) for i in range(config.depth)
        )
        self.final_modulation = linear(width, 2 * width)
        self.patch_out = linear(width, config.bands * config.patch)
        self.share = linear(width, config.bands * config.patch)

    def forward(self, x: Tensor, sigma: Tensor, *, text: Tensor, video: Tensor, speech: Tensor) -> Tensor:
        """Latent x [B, 80, T] at noise level sigma [B] -> velocity like x.

        text and video [B, T/4, 129], speech [B, T/4, 42] (see `speech.phoneme_vectors`).
        """
        patch = self.config.patch
        patches = rearrange(x, "b c (t p) -> b t (c p)", p=patch).to(self.dtype)
        tokens = self.patch_in(patches)
        time = self.time_in(sinusoids(sigma, self.config.width).to(self.dtype))[:, None]
        told = self.text_in(text.to(self.dtype)) + self.speech_in(speech.to(self.dtype))
        condition = told + self.video_in(video.to(self.dtype)) + time
        condition = F.silu(self.mix(F.silu(condition)))
        rope = rope_table(tokens.shape[1], self.config.head_width, x.device)
        for block in self.blocks:
            tokens = block(tokens, condition, rope)
        shift, scale = self.final_modulation(condition).chunk(2, dim=-1)
        out = self.patch_out(modulate(normalize(tokens), shift, scale)) + self.share(condition) * patches
        clean = rearrange(out, "b t (c p) -> b c (t p)", p=patch).to(x)
        return (x - clean) / sigma.to(x).clamp_min(LEAST_SIGMA)[:, None, None]


class Block(nn.Module):
    """Depthwise convolution over seven tokens and a gated MLP, attention before them in some blocks."""

    def __init__(self, config: NetworkConfig, *, attention: bool, dtype=None, device=None, operations=nn):
        super().__init__()
        make = {"dtype": dtype, "device": device, "operations": operations}
        width = config.width
        self.attention = LocalAttention(config, **make) if attention else None
        self.modulation = operations.Linear(width, 3 * width, dtype=dtype, device=device)
        self.local = operations.Conv1d(width, width, 7, padding=3, groups=width, dtype=dtype, device=device)
        self.mlp = GatedMLP(width, config.inner, **make)

    def forward(self, x: Tensor, condition: Tensor, rope: Tensor) -> Tensor:
        """Tokens [B, T, width] and their conditions [B, T, width]."""
        if self.attention is not None:
            x = x + self.attention(normalize(x), rope)
        shift, scale, gate = self.modulation(condition).chunk(3, dim=-1)
        h = modulate(normalize(x), shift, scale)
        h = h + self.local(h.transpose(1, 2)).transpose(1, 2)
        return x + gate * self.mlp(h)


class LocalAttention(nn.Module):
    """Multi-head attention with rotary positions over the tokens within reach."""

    def __init__(self, config: NetworkConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.head_width, self.reach = config.head_width, config.reach
        self.qkv = operations.Linear(config.width, 3 * config.width, bias=False, dtype=dtype, device=device)
        self.out = operations.Linear(config.width, config.width, bias=False, dtype=dtype, device=device)

    def forward(self, x: Tensor, rope: Tensor) -> Tensor:
        q, k, v = rearrange(self.qkv(x), "b t (j h d) -> j b h t d", j=3, d=self.head_width)
        position = torch.arange(x.shape[1], device=x.device)
        near = (position[:, None] - position).abs() <= self.reach
        mixed = F.scaled_dot_product_attention(rotate(q, rope), rotate(k, rope), v, attn_mask=near)
        return self.out(rearrange(mixed, "b h t d -> b t (h d)"))
