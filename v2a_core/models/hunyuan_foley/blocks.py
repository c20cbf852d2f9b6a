"""The blocks of HunyuanVideo-Foley's network.

Matrices and the residual run in the model's own type; normalisation, the modulation after it and rotations in float32.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ..layers import ConvMLP, modulate, time_conv, windows
from ..rope import rope_table, rotate
from .config import HEAD_WIDTH

# The two kinds of blocks were built with different ones.
TRIPLE_EPS, SINGLE_EPS = 1e-6, 1e-5
TRIPLE_QK_EPS, SINGLE_QK_EPS = 1e-6, 1.1920929e-07


class Rotations:
    """Rotary tables of one call: plain ones of latent, picture and text, and those of latent and picture by time.

    Upstream spreads picture queries and keys over the latent's length by nearest neighbour, rotates latent and picture
    as one row in turns, and picks each picture token out again. So latent token i stands at 2 i, and a picture token
    at 2 k + 1, where k is the latent token that it is picked out from.
    """

    def __init__(self, latent: int, clip: int, text: int, device=None):
        table = rope_table(2 * latent, HEAD_WIDTH, device)
        self.latent = table[:latent]
        self.clip, self.text = rope_table(clip, HEAD_WIDTH, device), rope_table(text, HEAD_WIDTH, device)
        self.latent_in_time = table[0::2]
        self.clip_in_time = table[1::2][nearest_exact(latent, clip, device)]


class GatedMLP(nn.Module):
    """SwiGLU feed-forward layer without biases: w2(silu(w1(x)) * w3(x)); layer makes each of the three."""

    def __init__(self, width: int, inner: int, out: int, layer, *, dtype=None, device=None):
        super().__init__()
        make = {"bias": False, "dtype": dtype, "device": device}
        self.w1, self.w2, self.w3 = layer(width, inner, **make), layer(inner, out, **make), layer(width, inner, **make)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [B, T, width]."""
        seen = x.flatten(0, 1)
        return self.w2(F.silu(self.w1(seen)) * self.w3(seen)).unflatten(0, x.shape[:2])


class MLP(nn.Module):
    """Feed-forward layer of four times the width, with the tanh form of GELU."""

    def __init__(self, width: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.fc1 = operations.Linear(width, 4 * width, dtype=dtype, device=device)
        self.fc2 = operations.Linear(4 * width, width, dtype=dtype, device=device)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class HeadNorm(nn.Module):
    """RMS normalisation of each head, in float32; rounded to the input's type before its weight."""

    def __init__(self, eps: float, *, dtype=None, device=None):
        super().__init__()
        self.eps, self.weight = eps, nn.Parameter(torch.ones(HEAD_WIDTH, dtype=dtype, device=device))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], eps=self.eps) * self.weight.to(x)


class Modulation(nn.Module):
    """Shifts, scales and gates of a block from its condition [B, S, width], which has been through the SiLU."""

    def __init__(self, width: int, chunks: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.chunks = chunks
        self.linear = operations.Linear(width, chunks * width, dtype=dtype, device=device)

    def forward(self, steer: Tensor, nearest: Tensor | None = None) -> tuple[Tensor, ...]:
        """nearest [T] says which of the S rows steers which token."""
        out = self.linear(steer)
        return (out if nearest is None else out.index_select(1, nearest)).chunk(self.chunks, dim=-1)


class TripleBlock(nn.Module):
    """Latent ("audio") and picture ("v_cond") attend to both of them, then each to the text, which stays as it is."""

    # The published names of queries, keys, values and their norms follow a rule of their own in each stream.
    QKV = {"v_cond": "v_cond_attn_qkv", "audio": "audio_self_attn_qkv"}  # noqa: RUF012
    NORM = {"v_cond": "v_cond_attn", "audio": "audio_self"}  # noqa: RUF012

    def __init__(self, width: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        make = {"dtype": dtype, "device": device}
        linear = operations.Linear
        for stream in self.QKV:
            self.add_module(f"{stream}_mod", Modulation(width, 9, **make, operations=operations))
            self.add_module(self.QKV[stream], linear(width, 3 * width, **make))
            self.add_module(f"{self.NORM[stream]}_q_norm", HeadNorm(TRIPLE_QK_EPS, **make))
            self.add_module(f"{self.NORM[stream]}_k_norm", HeadNorm(TRIPLE_QK_EPS, **make))
            self.add_module(f"{stream}_self_proj", linear(width, width, **make))
            self.add_module(f"{stream}_cross_q", linear(width, width, **make))
            self.add_module(f"{stream}_cross_q_norm", HeadNorm(TRIPLE_QK_EPS, **make))
            self.add_module(f"{stream}_cross_proj", linear(width, width, **make))
            self.add_module(f"{stream}_mlp", MLP(width, **make, operations=operations))
        self.text_cross_kv = linear(width, 2 * width, **make)
        self.text_cross_k_norm = HeadNorm(TRIPLE_QK_EPS, **make)

    def forward(
        self, latent: Tensor, clip: Tensor, text: Tensor, steer: Tensor, rope: Rotations, last: bool
    ) -> tuple[Tensor, Tensor]:
        """Tokens [B, T, width], [B, Nv, width] and [B, L, width], steer [B, 1, width] -> the first two.

        After the last block nobody asks for the picture, so there it is only attended to.
        """
        tokens = {"v_cond": clip, "audio": latent}
        in_time = {"v_cond": rope.clip_in_time, "audio": rope.latent_in_time}
        plain = {"v_cond": rope.clip, "audio": rope.latent}
        going_on = ["audio"] if last else ["v_cond", "audio"]
        lengths = [tokens[stream].shape[1] for stream in going_on]
        mods = {stream: self.part(stream, "mod")(steer) for stream in tokens}

        qkv = {
            stream: self.self_qkv(stream, _steered(x, *mods[stream][:2]), in_time[stream])
            for stream, x in tokens.items()
        }
        q = torch.cat([qkv[stream][0] for stream in going_on], 2)
        k, v = (torch.cat([qkv[stream][i] for stream in tokens], 2) for i in (1, 2))
        for stream, mixed in zip(going_on, _attend(q, k, v).split(lengths, 1), strict=True):
            tokens[stream] = tokens[stream] + mods[stream][2] * self.part(stream, "self_proj")(mixed)

        q = torch.cat([self.cross_q(s, _steered(tokens[s], *mods[s][3:5]), plain[s]) for s in going_on], 2)
        k, v = rearrange(self.text_cross_kv(text), "b t (j h d) -> j b h t d", j=2, d=HEAD_WIDTH)
        k = rotate(self.text_cross_k_norm(k), rope.text)
        for stream, mixed in zip(going_on, _attend(q, k, v).split(lengths, 1), strict=True):
            tokens[stream] = tokens[stream] + mods[stream][5] * self.part(stream, "cross_proj")(mixed)

        for stream in going_on:
            x, (shift, scale, gate) = tokens[stream], mods[stream][6:]
            tokens[stream] = x + gate * self.part(stream, "mlp")(_steered(x, shift, scale))
        return tokens["audio"], tokens["v_cond"]

    def part(self, stream: str, name: str) -> nn.Module:
        return getattr(self, f"{stream}_{name}")

    def self_qkv(self, stream: str, x: Tensor, rope: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens [B, T, width] to three of [B, heads, T, 128], packed one after the other in the published matrix."""
        q, k, v = rearrange(getattr(self, self.QKV[stream])(x), "b t (j h d) -> j b h t d", j=3, d=HEAD_WIDTH)
        q_norm, k_norm = (getattr(self, f"{self.NORM[stream]}_{name}_norm") for name in "qk")
        return rotate(q_norm(q), rope), rotate(k_norm(k), rope), v

    def cross_q(self, stream: str, x: Tensor, rope: Tensor) -> Tensor:
        q = rearrange(self.part(stream, "cross_q")(x), "b t (h d) -> b h t d", d=HEAD_WIDTH)
        return rotate(self.part(stream, "cross_q_norm")(q), rope)


class SingleBlock(nn.Module):
    """Attention and a gated MLP over the latent alone, both through convolutions of three instants."""

    def __init__(self, width: int, inner: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        make = {"dtype": dtype, "device": device}
        self.modulation = Modulation(width, 6, **make, operations=operations)
        self.linear_qkv = operations.Linear(width, 3 * width, **make)
        self.q_norm, self.k_norm = HeadNorm(SINGLE_QK_EPS, **make), HeadNorm(SINGLE_QK_EPS, **make)
        self.linear1 = time_conv(operations)(width, width, 3, **make)
        self.linear2 = ConvMLP(width, inner, 3, **make, operations=operations)

    def forward(self, x: Tensor, steer: Tensor, nearest: Tensor, rope: Tensor) -> Tensor:
        """Tokens [B, T, width] and their conditions [B, 8 S, width], each spread over the tokens by nearest [T]."""
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = self.modulation(steer, nearest)
        # Here a head's dimension holds its query, key and value side by side.
        qkv = self.linear_qkv(_steered(x, shift, scale, SINGLE_EPS))
        q, k, v = rearrange(qkv, "b t (h d j) -> j b h t d", d=HEAD_WIDTH, j=3)
        # And they stay in float32 from the norm to the end of the rotation.
        q, k = (rotate(norm(part.float()), rope).to(v) for norm, part in ((self.q_norm, q), (self.k_norm, k)))
        mixed = _attend(q, k, v.contiguous())
        x = x + gate * self.linear1(windows(mixed, 3)).unflatten(0, x.shape[:2])
        return x + mlp_gate * self.linear2(_steered(x, mlp_shift, mlp_scale, SINGLE_EPS))


def nearest_exact(source: int, target: int, device=None) -> Tensor:
    """Which of `source` instants each of `target` is nearest to, long [target]; torch's own rounding."""
    instants = torch.arange(source, device=device, dtype=torch.float32)
    return F.interpolate(instants[None, None], target, mode="nearest-exact")[0, 0].long()


def normalize_wide(x: Tensor, eps: float) -> Tensor:
    """Layer normalisation over the last axis without weights, float32 whatever x is."""
    return F.layer_norm(x.float(), x.shape[-1:], eps=eps)


def _steered(x: Tensor, shift: Tensor, scale: Tensor, eps: float = TRIPLE_EPS) -> Tensor:
    """Normalised and modulated in float32, then rounded to the type of x for the matrix that comes next."""
    return modulate(normalize_wide(x, eps), shift, scale).to(x)


def _attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return rearrange(F.scaled_dot_product_attention(q, k, v), "b h t d -> b t (h d)")
