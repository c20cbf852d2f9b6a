"""Layers that keep a weight in its file's type, float8 for one, and cast it to the input's only while it is used."""

from torch import Tensor, nn
from torch.nn.functional import linear


class Linear(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight.to(x), _like(self.bias, x))


class Conv1d(nn.Conv1d):
    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight.to(x), _like(self.bias, x))


def _like(bias: Tensor | None, x: Tensor) -> Tensor | None:
    return None if bias is None else bias.to(x)
