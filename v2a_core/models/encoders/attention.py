"""Self-attention as the encoders share it."""

from collections.abc import Mapping

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Multi-head attention of tokens [B, N, width] to each other, q, k and v from one matrix."""

    def __init__(self, width: int, heads: int, *, causal: bool = False, dtype=None, device=None, operations=nn):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.in_proj = operations.Linear(width, 3 * width, dtype=dtype, device=device)
        self.out_proj = operations.Linear(width, width, dtype=dtype, device=device)

    def forward(self, x: Tensor, queries: int | None = None) -> Tensor:
        """What the first `queries` tokens, all by default, take from all: [B, queries, width]."""
        q, k, v = rearrange(self.in_proj(x), "b n (j h d) -> j b h n d", j=3, h=self.heads)
        mixed = F.scaled_dot_product_attention(q[:, :, :queries], k, v, is_causal=self.causal)
        return self.out_proj(rearrange(mixed, "b h n d -> b n (h d)"))


def in_layers(state: Mapping) -> dict:
    """Parameters {name: anything} of torch.nn.MultiheadAttention under their names in SelfAttention."""
    return {name.replace(".in_proj_", ".in_proj."): value for name, value in state.items()}
