"""Files that no LoRA is merged from: they are named, and the network is not asked to compute with them."""

import pytest
import torch
from safetensors.torch import save_file

from v2a_core.errors import InputError
from v2a_core.models import load_family
from v2a_core.models.lora import merge_lora

STEM = "diffusion_model.mix"
WHOLE = {"lora_up.weight": torch.ones(256, 2), "lora_down.weight": torch.ones(2, 256), "alpha": torch.tensor(2.0)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lora_up.weight": torch.ones(256, 0), "lora_down.weight": torch.ones(0, 256)}, "does not fit mini: its mix"),
        ({"lora_up.weight": torch.ones(256, 3)}, "does not fit mini: its mix"),
        ({"lora_up.weight": torch.ones(256)}, "does not fit mini: its mix"),
        ({"lora_up.weight": torch.tensor(1.0)}, "does not fit mini: its mix"),
        ({"alpha": torch.tensor(torch.nan)}, r"not finite \(mix\)"),
        ({"alpha": torch.ones(2)}, "does not fit mini: its mix"),
        ({"lora_down.weight": torch.full((2, 256), torch.inf)}, r"not finite \(mix\)"),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_changes_nothing(tmp_path, changed, said):
    network = load_family("mini", weights="random").network
    before = network.mix.weight.clone()
    save_file({f"{STEM}.{name}": value for name, value in (WHOLE | changed).items()}, tmp_path / "odd.safetensors")
    with pytest.raises(InputError, match=rf"odd\.safetensors .*{said}"):
        merge_lora(network, tmp_path / "odd.safetensors", 1.0, "mini")
    assert torch.equal(network.mix.weight, before)


def test_a_file_that_fits_in_part_changes_nothing(tmp_path):
    network = load_family("mini", weights="random").network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    good = {f"diffusion_model.{layer}.{name}": value for layer in ("mix", "time_in.0") for name, value in WHOLE.items()}
    bad = {
        "diffusion_model.time_in.2.lora_up.weight": torch.ones(5, 2),
        "diffusion_model.time_in.2.lora_down.weight": torch.ones(2, 5),
    }
    save_file({name: value.clone() for name, value in (good | bad).items()}, tmp_path / "part.safetensors")
    with pytest.raises(InputError, match=r"does not fit mini: its time_in\.2"):
        merge_lora(network, tmp_path / "part.safetensors", 1.0, "mini")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_alpha_over_rank_scales_what_is_added(tmp_path):
    network = load_family("mini", weights="random").network
    before = network.mix.weight.clone()
    save_file({f"{STEM}.{name}": value for name, value in WHOLE.items()}, tmp_path / "whole.safetensors")
    merge_lora(network, tmp_path / "whole.safetensors", 0.5, "mini")
    # strength 0.5 * alpha 2 / rank 2 * (1 * 1 + 1 * 1)
    torch.testing.assert_close(network.mix.weight, before + 1.0)


@pytest.mark.parametrize("strength", [float("nan"), float("inf")])
def test_a_strength_is_a_number(strength):
    network = load_family("mini", weights="random").network
    with pytest.raises(InputError, match=rf"strength of the LoRA a\.safetensors is {strength}"):
        merge_lora(network, "a.safetensors", strength, "mini")
