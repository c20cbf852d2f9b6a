"""Published files of every kind are told by their parameters, and read in every way of storing them."""

import pytest
import torch
from safetensors.torch import save_file
from stand_in import tiny_state

from v2a_core.errors import InputError
from v2a_core.weights.formats import read_state
from v2a_core.weights.layouts import BY_ROLE, looks_like, size_of

ROLES = list(BY_ROLE)


def stored(path, state):
    save_file(state, path)
    return path


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("wrapper", ["", "model.diffusion_model.", "module.", "generator."])
def test_wrapped_names_come_as_published(tmp_path, role, wrapper):
    state = tiny_state(role)
    path = stored(tmp_path / "wrapped.safetensors", {f"{wrapper}{name}": value for name, value in state.items()})
    _, found = read_state(path, role=role)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_only_what_is_asked_for_is_read(tmp_path):
    path = stored(tmp_path / "vae.safetensors", tiny_state("vae") | {"encoder.conv_in.weight": torch.ones(2)})
    _, found = read_state(path, role="vae", only=("decoder.", "data_"))
    assert found
    assert all(name.startswith(("decoder.", "data_")) for name in found)


def test_tables_and_halves_that_nobody_reads_stay_in_the_file(tmp_path):
    path = stored(tmp_path / "v1.safetensors", tiny_state("network") | {"latent_rot": torch.ones(2)})
    assert "latent_rot" not in read_state(path, role="network")[1]
    path = stored(tmp_path / "sync.safetensors", tiny_state("synchformer") | {"afeat_extractor.a": torch.ones(2)})
    assert read_state(path, role="synchformer")[1].keys() == tiny_state("synchformer").keys()


def test_tensors_are_mapped_from_the_file(tmp_path):
    path = stored(tmp_path / "big.safetensors", tiny_state("vae") | {"encoder.big": torch.ones(50_000_000)})

    def anonymous_kb():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

    before = anonymous_kb()
    _, state = read_state(path, role="vae")
    assert state["encoder.big"].sum() == 50_000_000
    assert anonymous_kb() - before < 20_000


@pytest.mark.parametrize("given", ROLES)
@pytest.mark.parametrize("wanted", ROLES)
def test_a_file_of_one_role_is_no_file_of_another(tmp_path, given, wanted):
    path = stored(tmp_path / "file.safetensors", tiny_state(given))
    if given == wanted:
        assert read_state(path, role=wanted)[1]
        return
    with pytest.raises(InputError, match=BY_ROLE[wanted].title) as raised:
        read_state(path, role=wanted)
    assert f"it looks like {BY_ROLE[given].title}" in str(raised.value)


@pytest.mark.parametrize("role", ["network", "vae", "vocoder"])
@pytest.mark.parametrize("rate", ["16k", "44k"])
def test_a_file_of_the_other_rate_is_named(tmp_path, role, rate):
    path = stored(tmp_path / "file.safetensors", tiny_state(role, rate))
    assert read_state(path, role=role, rate=rate)[1]
    other = {"16k": "44k", "44k": "16k"}[rate]
    with pytest.raises(InputError, match=f"of {rate[:2]} kHz, and the model needs .* of {other[:2]} kHz"):
        read_state(path, role=role, rate=other)


def test_an_incomplete_file_says_what_is_missing(tmp_path):
    state = {name: value for name, value in tiny_state("vae").items() if not name.startswith("decoder.up.1")}
    path = stored(tmp_path / "half.safetensors", state)
    with pytest.raises(InputError, match=r"no parameters named decoder\.up\.1\.\*, and it looks like an MMAudio VAE"):
        read_state(path, role="vae")


@pytest.mark.parametrize("spelling", ["weight", "weight_v", "parametrizations.weight.original1"])
def test_all_spellings_of_a_vocoder_tell_their_rate(spelling):
    shapes = {"activation_post.act.alpha": (24,), f"conv_pre.{spelling}": (1536, 80, 7)}
    assert looks_like(shapes) == "a BigVGAN vocoder of 16 kHz"


@pytest.mark.parametrize(
    ("hidden", "latent", "fused", "v2", "size"),
    [
        (448, 20, 8, False, "small_16k"),
        (448, 40, 8, False, "small_44k"),
        (896, 40, 8, False, "medium_44k"),
        (896, 40, 14, False, "large_44k"),
        (896, 40, 14, True, "large_44k_v2"),
        (128, 40, 3, False, ""),
    ],
)
def test_sizes_of_the_network(hidden, latent, fused, v2, size):
    blocks = {f"fused_blocks.{index}.{name}": (hidden,) for index in range(fused) for name in ("a", "b")}
    shapes = {"audio_input_proj.0.weight": (hidden, latent, 7)} | blocks
    assert size_of(shapes | ({"clip_input_proj.2.w1.weight": (1,)} if v2 else {})) == size
