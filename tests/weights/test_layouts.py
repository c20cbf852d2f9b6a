"""Published files of every kind are told by their parameters, and read in every way of storing them."""

import pytest
import torch
from golden_cases import manifest
from safetensors.torch import save_file
from stand_in import tiny_state

from v2a_core.errors import InputError
from v2a_core.weights.formats import StoredTensors, check_layout, read_state
from v2a_core.weights.layouts import LAYOUTS, SIZES, layout_of, looks_like, variant_of


def stored(path, state):
    save_file(state, path)
    return path


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("wrapper", ["", "model.diffusion_model.", "module.", "generator."])
def test_wrapped_names_come_as_published(tmp_path, kind, wrapper):
    state = tiny_state(kind)
    path = stored(tmp_path / "wrapped.safetensors", {f"{wrapper}{name}": value for name, value in state.items()})
    _, found = read_state(path, layout=kind)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_only_what_is_asked_for_is_read(tmp_path):
    path = stored(tmp_path / "vae.safetensors", tiny_state("mmaudio_vae") | {"encoder.conv_in.weight": torch.ones(2)})
    _, found = read_state(path, layout="mmaudio_vae", only=("decoder.", "data_"))
    assert found
    assert all(name.startswith(("decoder.", "data_")) for name in found)


def test_tables_and_halves_that_nobody_reads_stay_in_the_file(tmp_path):
    path = stored(tmp_path / "v1.safetensors", tiny_state("mmaudio_network") | {"latent_rot": torch.ones(2)})
    assert "latent_rot" not in read_state(path, layout="mmaudio_network")[1]
    path = stored(tmp_path / "sync.safetensors", tiny_state("synchformer") | {"afeat_extractor.a": torch.ones(2)})
    assert read_state(path, layout="synchformer")[1].keys() == tiny_state("synchformer").keys()


def test_tensors_are_mapped_from_the_file(tmp_path):
    path = stored(tmp_path / "big.safetensors", tiny_state("mmaudio_vae") | {"encoder.big": torch.ones(50_000_000)})

    def anonymous_kb():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

    before = anonymous_kb()
    _, state = read_state(path, layout="mmaudio_vae")
    assert state["encoder.big"].sum() == 50_000_000
    assert anonymous_kb() - before < 20_000


def test_stored_tensors_are_those_of_the_file(tmp_path):
    tensors = {"step": torch.tensor(3), "none": torch.ones(0, 2), "half": torch.randn(3, 5).bfloat16()}
    path = stored(
        tmp_path / "vae.safetensors", tiny_state("mmaudio_vae") | {f"encoder.{k}": v for k, v in tensors.items()}
    )
    _, read = read_state(path, layout="mmaudio_vae")
    mapped = StoredTensors(path, layout="mmaudio_vae")
    assert mapped.shapes == {name: tuple(value.shape) for name, value in read.items()}
    for name, value in read.items():
        assert mapped[name].dtype == value.dtype
        assert torch.equal(mapped[name], value)
    assert StoredTensors(path, layout="mmaudio_vae", only=("data_",)).keys() == {"data_mean", "data_std"}
    with pytest.raises(InputError, match="is not a CLIP encoder"):
        StoredTensors(path, layout="clip")
    odd = stored(
        tmp_path / "odd.safetensors", tiny_state("mmaudio_vae") | {"encoder.odd": torch.ones(2, dtype=torch.int16)}
    )
    with pytest.raises(InputError, match=r"odd\.safetensors holds encoder\.odd in a type called I16"):
        StoredTensors(odd, layout="mmaudio_vae")


def test_a_stored_tensor_that_is_dropped_leaves_memory(tmp_path):
    big = {f"encoder.{index}": torch.ones(25_000_000) for index in range(4)}
    mapped = StoredTensors(stored(tmp_path / "big.safetensors", tiny_state("mmaudio_vae") | big), layout="mmaudio_vae")

    def resident_kb():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    before = resident_kb()
    for value in mapped.values():
        assert value.sum() >= 0
        assert resident_kb() - before < 150_000


@pytest.mark.parametrize("given", LAYOUTS)
@pytest.mark.parametrize("wanted", LAYOUTS)
def test_a_file_of_one_kind_is_no_file_of_another(tmp_path, given, wanted):
    path = stored(tmp_path / "file.safetensors", tiny_state(given))
    if given == wanted:
        assert read_state(path, layout=wanted)[1]
        return
    with pytest.raises(InputError, match=LAYOUTS[wanted].title) as raised:
        read_state(path, layout=wanted)
    assert f"it looks like {LAYOUTS[given].title}" in str(raised.value)


SIZED = [(kind, size) for kind, layout in LAYOUTS.items() for size in layout.sizes.values()]


@pytest.mark.parametrize(("kind", "size"), SIZED)
def test_a_file_of_the_other_size_is_named(tmp_path, kind, size):
    path = stored(tmp_path / "file.safetensors", tiny_state(kind, size))
    assert read_state(path, layout=kind, size=size)[1]
    other = next(other for other in LAYOUTS[kind].sizes.values() if other != size)
    with pytest.raises(InputError, match=f"{SIZES[size]}, and the model needs .* {SIZES[other]}"):
        read_state(path, layout=kind, size=other)


PUBLISHED = {  # manifest: kind of file, and what names of its parts end in
    "hunyuan_foley_xl": ("foley_network", "xl"),
    "hunyuan_foley_xxl": ("foley_network", "xxl"),
    "dac_128d_48k": ("foley_vae", ""),
    "siglip2_base_patch16_512_vision": ("siglip2", ""),
    "clap_text_larger_clap_general": ("clap", ""),
    "synchformer_visual": ("synchformer", ""),
    "mmaudio_large_44k_v2": ("mmaudio_network", "large_44k_v2"),
    "vae_16k": ("mmaudio_vae", "16k"),
    "bigvgan_v2_44k": ("bigvgan", "44k"),
    "clip_dfn5b_vit_h14_384": ("clip", ""),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_published_files_of_full_size_are_told(case):
    (kind, variant), shapes = PUBLISHED[case], manifest(case)
    layout = layout_of(shapes)
    assert layout.name == kind
    assert variant_of(layout, shapes) == variant
    check_layout(case, layout, shapes)


def test_the_two_kinds_of_text_towers_are_told_apart(tmp_path):
    siglip = tiny_state("siglip2") | {"text_model.embeddings.token_embedding.weight": torch.ones(2, 2)}
    path = stored(tmp_path / "both.safetensors", siglip)
    assert all(name.startswith("vision_model.") for name in read_state(path, layout="siglip2")[1])
    with pytest.raises(InputError, match=r"is not a CLAP encoder: .* looks like a SigLIP encoder"):
        read_state(path, layout="clap")
    codec = {"decoder.model.0.bias": torch.ones(2), "quantizer.quantizers.0.codebook.weight": torch.ones(2)}
    path = stored(tmp_path / "other.safetensors", codec)
    with pytest.raises(InputError, match=r"is not HunyuanVideo-Foley's DAC codec: .* looks like another DAC codec"):
        read_state(path, layout="foley_vae")


def test_an_incomplete_file_says_what_is_missing(tmp_path):
    state = {name: value for name, value in tiny_state("mmaudio_vae").items() if not name.startswith("decoder.up.1")}
    path = stored(tmp_path / "half.safetensors", state)
    with pytest.raises(InputError, match=r"no parameters named decoder\.up\.1\.\*, and it looks like an MMAudio VAE"):
        read_state(path, layout="mmaudio_vae")


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
    assert (
        variant_of(LAYOUTS["mmaudio_network"], shapes | ({"clip_input_proj.2.w1.weight": (1,)} if v2 else {})) == size
    )
