"""MMAudio's flow network (Cheng et al. 2024): latent, picture and text attend jointly, then the latent goes on alone.

Every latent token is steered by the timing features at its instant, every other stream by one vector for the whole.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ..fitting import fitted
from ..layers import ConvMLP, modulate, normalize, time_conv, windows
from ..rope import rope_table, rotate
from .config import HEAD_WIDTH, SLOTS, MMAudioConfig

# Upstream leaves it to torch, whose default was that of the input's type up to version 2.5 (0.0078 in bfloat16) and is
# float32's since: the reference outputs were made with this one. One constant, so that the other can be tried.
QK_EPS = 1.1920929e-07


class MMAudioNetwork(nn.Module):
    """Velocity of the latent, under names and shapes of parameters as they were published."""

    def __init__(self, config: MMAudioConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config, self.dtype = config, dtype or torch.float32
        make = {"dtype": dtype, "device": device}
        # What is worked out once a run is float32 at any dtype: it costs little, and its error is the same at every
        # step, so that it adds up where the others even out.
        once = {"dtype": torch.float32, "device": device}
        width, linear, conv = config.width, operations.Linear, time_conv(operations)
        mlp = lambda kernel, make: ConvMLP(width, config.inner, kernel, **make, operations=operations)  # noqa: E731

        # Facts of the data that come with the weights.
        constants = {
            "latent_mean": (1, 1, config.latent_dim),
            "latent_std": (1, 1, config.latent_dim),
            "empty_string_feat": (config.text_tokens, config.text_width),
            "empty_clip_feat": (1, config.clip_width),
            "empty_sync_feat": (1, config.sync_width),
        }
        for name, shape in constants.items():
            self.register_buffer(name, torch.zeros(shape, **once))
        self.sync_pos_emb = nn.Parameter(torch.zeros(1, 1, SLOTS, config.sync_width, **once))

        first = nn.SiLU if config.v2 else nn.SELU
        second = [nn.SiLU()] if config.v2 else []
        self.clip_input_proj = nn.Sequential(linear(config.clip_width, width, **once), *second, mlp(3, once))
        self.sync_input_proj = nn.Sequential(conv(config.sync_width, width, 7, **once), first(), mlp(3, once))
        self.text_input_proj = nn.Sequential(linear(config.text_width, width, **once), *second, mlp(1, once))
        self.clip_cond_proj = linear(width, width, **once)
        self.text_cond_proj = linear(width, width, **once)
        self.global_cond_mlp = mlp(1, once)

        self.audio_input_proj = nn.Sequential(conv(config.latent_dim, width, 7, **make), first(), mlp(7, make))
        self.t_embed = TimeEmbedding(config, **once, operations=operations)
        blocks = {"width": width, "inner": config.inner, **make, "operations": operations}
        self.joint_blocks = nn.ModuleList(JointBlock(last=i == config.joint - 1, **blocks) for i in range(config.joint))
        self.fused_blocks = nn.ModuleList(Stream(kernel=3, **blocks) for _ in range(config.fused))
        self.final_layer = FinalLayer(width, config.latent_dim, **make, operations=operations)

    @classmethod
    def from_state(
        cls, state: Mapping[str, Tensor], *, dtype=None, operations=nn, source="the file"
    ) -> "MMAudioNetwork":
        """The network with published weights, on the device where they are.

        A tensor that has its parameter's type and layout is taken as it is, still mapped from its file. Raises
        InputError, which calls the weights source, where they don't fit.
        """
        config = MMAudioConfig.of({name: tuple(value.shape) for name, value in state.items()}, source)
        network = cls(config, dtype=dtype, device="meta", operations=operations)
        like = network.state_dict()
        state = {name: _as(like[name], value) if name in like else value for name, value in state.items()}
        return fitted(lambda _: network, state, "MMAudio network", source)

    def prepare(self, *, text: Tensor, clip: Tensor, sync: Tensor) -> dict[str, Tensor]:
        """The part of the work that no step changes: features of CLIP and Synchformer to tokens of the network's width.

        text [B, 77, 1024], clip [B, Tc, 1024], sync [B, Ts, 768] -> the same three as tokens [B, T, width], and gist
        [B, 1, width], which sums them up, all float32: keyword arguments of forward in place of the features.
        """
        sync = (sync.float().unflatten(1, (-1, SLOTS)) + self.sync_pos_emb.to(sync.device)).flatten(1, 2)
        text = self.text_input_proj(text.float())
        clip = self.clip_input_proj(clip.float())
        gist = self.clip_cond_proj(clip.mean(1, keepdim=True)) + self.text_cond_proj(text.mean(1, keepdim=True))
        return {
            "text": text,
            "clip": clip,
            "sync": _over_time(self.sync_input_proj, sync),
            "gist": self.global_cond_mlp(gist),
        }

    def forward(
        self, x: Tensor, sigma: Tensor, *, text: Tensor, clip: Tensor, sync: Tensor, gist: Tensor | None = None
    ) -> Tensor:
        """Latent x [B, C, T] at noise level sigma [B], and features or what prepare made of them -> velocity like x.

        MMAudio's own time runs from noise at 0 to data at 1, so it is 1 - sigma, and its velocity has the other sign.
        """
        if gist is None:
            text, clip, sync, gist = self.prepare(text=text, clip=clip, sync=sync).values()
        latent = _over_time(self.audio_input_proj, x.transpose(1, 2).to(self.dtype)).float()
        length, instants = latent.shape[1], sync.shape[1]
        # The timing feature at each latent token, by the nearest centre. Modulation is computed before it is spread
        # over the tokens, so once a feature.
        nearest = ((torch.arange(length, device=x.device) + 0.5) * (instants / length)).long()
        whole = gist + self.t_embed((1 - sigma).float())[:, None]
        # The SiLU before every layer that modulates.
        local, whole = F.silu(whole + sync).to(self.dtype), F.silu(whole).to(self.dtype)
        rope = rope_table(length, HEAD_WIDTH, x.device)
        clip_rope = rope_table(clip.shape[1], HEAD_WIDTH, x.device, step=length / clip.shape[1])

        for block in self.joint_blocks:
            latent, clip, text = block(latent, clip, text, local, nearest, whole, rope, clip_rope)
        for block in self.fused_blocks:
            qkv, rest = block.project(latent, local, nearest, rope)
            latent = block.update(latent, _attend(*qkv), rest)
        return -self.final_layer(latent, whole).transpose(1, 2).to(x)


class TimeEmbedding(nn.Module):
    """The time 0..1 as sines and cosines, then two layers."""

    def __init__(self, config: MMAudioConfig, *, dtype=None, device=None, operations=nn):
        super().__init__()
        self.config = config
        layer = lambda i: operations.Linear(i, config.width, dtype=dtype, device=device)  # noqa: E731
        self.mlp = nn.Sequential(layer(config.time_width), nn.SiLU(), layer(config.width))

    def forward(self, t: Tensor) -> Tensor:
        """Times float32 [B] to [B, width]; angles reach 10000 rad, which only float32 can tell apart."""
        even = torch.arange(0, self.config.time_width, 2, device=t.device, dtype=torch.float32)
        angles = t[:, None] * (self.config.fastest * (1.0 / 10000 ** (even / self.config.time_width)))
        return self.mlp(torch.cat([angles.cos(), angles.sin()], -1))


class Stream(nn.Module):
    """One stream's half of a block before attention and its half after; last leaves the second out.

    The tokens that go from block to block are float32, what the layers work on is of their type.
    """

    def __init__(
        self, width: int, inner: int, kernel: int, last: bool = False, *, dtype=None, device=None, operations=nn
    ):
        super().__init__()
        make = {"dtype": dtype, "device": device}
        self.kernel, self.chunks = kernel, 2 if last else 6
        self.attn = QKV(width, **make, operations=operations)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), operations.Linear(width, self.chunks * width, **make))
        if not last:
            conv = time_conv(operations)
            self.linear1 = (
                operations.Linear(width, width, **make) if kernel == 1 else conv(width, width, kernel, **make)
            )
            self.ffn = ConvMLP(width, inner, kernel, **make, operations=operations)

    def project(self, x: Tensor, condition: Tensor, nearest: Tensor | None, rope: Tensor | None):
        """Tokens [B, T, width] to (q, k, v), and the modulation that update needs.

        condition [B, S, width] has been through the SiLU; nearest [T] says which of its S rows steers which token.
        """
        modulation = self.adaLN_modulation[1](condition)
        if nearest is not None:
            modulation = modulation.index_select(1, nearest)
        shift, scale, *rest = modulation.chunk(self.chunks, dim=-1)
        return self.attn(modulate(normalize(x), shift, scale).to(condition), rope), rest

    def update(self, x: Tensor, mixed: Tensor, rest: list[Tensor]) -> Tensor:
        """Tokens and what they attended to, both [B, T, width], to tokens."""
        gate, shift, scale, mlp_gate = rest
        x = x + gate * self.linear1(windows(mixed, self.kernel)).unflatten(0, x.shape[:2])
        return x + mlp_gate * self.ffn(modulate(normalize(x), shift, scale).to(mixed))


class JointBlock(nn.Module):
    """Latent, picture and text attend to all three; in the last block only the latent goes on."""

    def __init__(self, width: int, inner: int, last: bool, **make):
        super().__init__()
        self.latent_block = Stream(width, inner, kernel=3, **make)
        self.clip_block = Stream(width, inner, kernel=3, last=last, **make)
        self.text_block = Stream(width, inner, kernel=1, last=last, **make)
        self.last = last

    def forward(self, latent, clip, text, local, nearest, whole, rope, clip_rope) -> tuple[Tensor, Tensor, Tensor]:
        latent_qkv, latent_rest = self.latent_block.project(latent, local, nearest, rope)
        clip_qkv, clip_rest = self.clip_block.project(clip, whole, None, clip_rope)
        text_qkv, text_rest = self.text_block.project(text, whole, None, None)
        mixed = _attend(*(torch.cat(parts, 2) for parts in zip(latent_qkv, clip_qkv, text_qkv, strict=True)))
        to_latent, to_clip, to_text = mixed.split([latent.shape[1], clip.shape[1], text.shape[1]], 1)
        latent = self.latent_block.update(latent, to_latent, latent_rest)
        if not self.last:
            clip = self.clip_block.update(clip, to_clip, clip_rest)
            text = self.text_block.update(text, to_text, text_rest)
        return latent, clip, text


class QKV(nn.Module):
    """Queries, keys and values of a stream, the first two normalised a head and rotated by position."""

    def __init__(self, width: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        make = {"dtype": dtype, "device": device}
        self.qkv = operations.Linear(width, 3 * width, **make)
        self.q_norm = operations.RMSNorm(HEAD_WIDTH, eps=QK_EPS, **make)
        self.k_norm = operations.RMSNorm(HEAD_WIDTH, eps=QK_EPS, **make)

    def forward(self, x: Tensor, rope: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens [B, T, width] to three of [B, heads, T, 64]; without rope nothing is rotated."""
        # One head's dimension holds its query, key and value side by side.
        q, k, v = rearrange(self.qkv(x), "b t (h d j) -> j b h t d", d=HEAD_WIDTH, j=3).contiguous()
        q, k = self.q_norm(q), self.k_norm(k)
        return (q, k, v) if rope is None else (rotate(q, rope), rotate(k, rope), v)


class FinalLayer(nn.Module):
    """Modulation by the whole's condition, not each token's: that is how the published weights were trained."""

    def __init__(self, width: int, latent_dim: int, *, dtype=None, device=None, operations=nn):
        super().__init__()
        make = {"dtype": dtype, "device": device}
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), operations.Linear(width, 2 * width, **make))
        self.conv = time_conv(operations)(width, latent_dim, 7, **make)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Tokens [B, T, width] and a condition [B, 1, width] that has been through the SiLU, to [B, T, C]."""
        shift, scale = self.adaLN_modulation[1](condition).chunk(2, dim=-1)
        return self.conv(windows(modulate(normalize(x), shift, scale).to(condition), 7)).unflatten(0, x.shape[:2])


def _attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return rearrange(F.scaled_dot_product_attention(q, k, v), "b h t d -> b t (h d)")


def _over_time(projection: nn.Sequential, x: Tensor) -> Tensor:
    """A convolution of seven instants, an activation and an MLP, on tokens [B, T, C]."""
    conv, activation, mlp = projection
    return mlp(activation(conv(windows(x, 7))).unflatten(0, x.shape[:2]))


def _as(like: Tensor, value: Tensor) -> Tensor:
    """A value in the type and the layout in memory of another tensor."""
    if value.shape != like.shape or (value.dtype, value.stride()) == (like.dtype, like.stride()):
        return value
    return torch.empty_like(like, device=value.device).copy_(value)
