import pytest
import torch
import torch.nn.functional as F

from v2a_core.models import casting


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("stored", [torch.bfloat16, torch.float8_e4m3fn])
def test_products_are_those_of_the_input_type_whatever_makes_them(unit, dtype, stored, monkeypatch):
    monkeypatch.setattr(casting, "_has_unit", lambda dtype: unit)
    torch.manual_seed(0)
    linear, conv = casting.Linear(96, 40).to(stored), casting.Conv1d(96, 40, 3, padding=1, bias=False).to(stored)
    x = torch.randn(2, 96, 50).to(dtype)

    def exact(value: torch.Tensor) -> torch.Tensor:
        return value.to(dtype).double()

    tokens = x.transpose(1, 2)
    made = linear(tokens), conv(x)
    true = (
        F.linear(tokens.double(), exact(linear.weight), exact(linear.bias)),
        F.conv1d(x.double(), exact(conv.weight), padding=1),
    )
    for one, other in zip(made, true, strict=True):
        assert one.dtype == dtype
        assert (one.double() - other).norm() / other.norm() < (1e-6 if dtype == torch.float32 else 3e-3)
    assert linear.weight.dtype == conv.weight.dtype == stored
