"""The layers that networks are built from: a weight stays in its file's type and is cast while it is used.

A CPU without a unit for matrices of bfloat16 takes 1.6 times as long for their products as for those of float32. There
they are made in float32 and rounded once, which is what such a unit does.
"""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import Conv2d, Conv3d, Embedding, LayerNorm, RMSNorm
from torch.nn.functional import linear

__all__ = ["Conv1d", "Conv2d", "Conv3d", "Embedding", "LayerNorm", "Linear", "RMSNorm"]


class Linear(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        kind = _product_type(x)
        return linear(x.to(kind), self.weight.to(x).to(kind), _cast(self.bias, x, kind)).to(x.dtype)


class Conv1d(nn.Conv1d):
    def forward(self, x: Tensor) -> Tensor:
        kind = _product_type(x)
        return self._conv_forward(x.to(kind), self.weight.to(x).to(kind), _cast(self.bias, x, kind)).to(x.dtype)


def _cast(bias: Tensor | None, x: Tensor, kind: torch.dtype) -> Tensor | None:
    return None if bias is None else bias.to(x).to(kind)


def _product_type(x: Tensor) -> torch.dtype:
    slow = x.device.type == "cpu" and x.dtype in (torch.bfloat16, torch.float16) and not _has_unit(x.dtype)
    return torch.float32 if slow else x.dtype


@cache
def _has_unit(dtype: torch.dtype) -> bool:
    """Whether the CPU multiplies matrices of a type in a unit of its own; what torch can't tell is left to it."""
    told = getattr(torch.cpu, "get_capabilities", dict)()
    return told.get("amx_bf16" if dtype == torch.bfloat16 else "amx_fp16", True)
