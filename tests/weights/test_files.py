"""The catalogue's files: found in every folder they may lie in, told exactly where they are not, and verified."""

import hashlib
import re
import sys

import pytest
import torch
from safetensors.torch import save_file
from stand_in import tiny_state

from v2a_core import cli
from v2a_core.errors import InputError
from v2a_core.weights import files
from v2a_core.weights.catalog import Model, ModelFile, Part, catalog
from v2a_core.weights.commands import chosen_weights
from v2a_core.weights.convert import convert
from v2a_core.weights.files import find_model, locate, register_folder, unconverted, verify
from v2a_core.weights.formats import read_shapes
from v2a_core.weights.layouts import LAYOUTS

ROLES = {
    "mmaudio": ["network", "vae", "vocoder", "clip", "synchformer"],
    "hunyuan": ["network", "vae", "siglip2", "synchformer", "clap", "tokenizer"],
}
FETCHED = [name for name in catalog() if name.split("_")[0] in ROLES]
FOLEY = ["hunyuan_foley_xl", "hunyuan_foley_xxl"]


def place(path, kind="mmaudio_vae", size="44k"):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tiny_state(kind, size), path)
    return path


@pytest.mark.parametrize("name", FETCHED)
def test_every_part_says_where_it_is_published_and_under_which_licence(name):
    model = catalog()[name]
    assert [part.role for part in model.parts] == ROLES[name.split("_")[0]]
    for part in model.parts:
        assert part.licence
        assert part.layout == "" if part.role == "tokenizer" else LAYOUTS[part.layout].role == part.role
        for file in part.files:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+", file.repo)
            assert file.path.endswith(".json" if part.role == "tokenizer" else ".safetensors")
            assert re.fullmatch("([0-9a-f]{64}|[0-9a-f]{8}…[0-9a-f]{6}|)", file.sha256)
            assert file.sha256 or not file.exact or not file.converted


def test_synchformer_is_shared():
    for name in FOLEY:
        (part,) = (part for part in catalog()[name].parts if part.role == "synchformer")
        assert part in catalog()["mmaudio_large_44k_v2"].parts


@pytest.mark.parametrize("name", FOLEY)
def test_types_of_a_network_to_choose_from(name):
    network = catalog()[name].parts[0]
    assert network.choice().dtype == "bfloat16"
    for dtype in ("float8_e4m3fn", "float8_e5m2"):
        assert network.choice(dtype).path.endswith(f"{dtype.replace('float', 'fp')}.safetensors")
    assert network.choice("float32") == network.choice()


def test_names_are_used_once():
    parts = {part.name: part for model in catalog().values() for part in model.parts}
    paths = [file.path for part in parts.values() for file in part.files]
    assert len(paths) == len(set(paths))


def test_a_hash_of_which_the_ends_are_known():
    file = ModelFile("a", 1, "3c6b01b5…cfb41a")
    assert file.has_hash("3c6b01b5" + "0" * 50 + "cfb41a")
    assert not file.has_hash("3c6b01b5" + "0" * 50 + "cfb41b")
    assert ModelFile("a", 1).has_hash("0" * 64)


@pytest.mark.parametrize("folder", ["", "mmaudio", "v2a"])
def test_found_in_the_models_folder_and_in_its_subfolders(models_folder, folder):
    path = place(models_folder / folder / "mmaudio_vae_44k_fp16.safetensors")
    vae = next(part for part in catalog()["mmaudio_large_44k"].parts if part.role == "vae")
    assert [locate(file) for file in vae.files if locate(file)] == [path]


def test_found_in_a_host_s_folder_and_in_comfyui_s(tmp_path, monkeypatch):
    file = ModelFile("made.safetensors", 1, repo="a/b")
    pack = tmp_path / "ComfyUI" / "custom_nodes" / "comfyui-v2a" / "v2a_core"
    (tmp_path / "ComfyUI" / "models").mkdir(parents=True)
    monkeypatch.delenv("V2A_MODELS")
    monkeypatch.setattr(files, "PACKAGE", pack)
    assert files.models_root() == tmp_path / "ComfyUI" / "models"
    run = f'"{pack.parent}" && "{sys.executable}" -m v2a_core'
    assert files.command() == f"cd {run}"
    raw = tmp_path / "made.pth"
    raw.write_bytes(b"PK\x03\x04" + bytes(64))
    with pytest.raises(InputError, match=re.escape(f'`cd {run} convert "{raw}" "{raw.with_suffix(".safetensors")}"`')):
        read_shapes(raw)
    with monkeypatch.context() as windows:
        windows.setattr("sys.platform", "win32")
        assert files.command() == f"cd /d {run}"
    path = place(tmp_path / "ComfyUI" / "models" / "mmaudio" / file.path)
    assert locate(file) == path
    register_folder(tmp_path / "extra")
    path = place(tmp_path / "extra" / file.path)
    assert locate(file) == path


def test_without_a_host_models_are_kept_at_home(tmp_path, monkeypatch):
    monkeypatch.delenv("V2A_MODELS")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert files.models_root() == tmp_path / ".v2a" / "models"
    assert files.command() == "v2a"


def test_a_missing_file_names_file_folder_and_command(models_folder):
    with pytest.raises(InputError) as raised:
        find_model("mmaudio_large_44k_v2")
    told = str(raised.value)
    assert "mmaudio_large_44k_v2_fp16.safetensors" in told
    assert str(models_folder / "mmaudio") in told
    assert "`v2a download mmaudio_large_44k_v2`" in told
    assert "put https://huggingface.co/Kijai/MMAudio_safetensors/resolve/main/" in told
    assert "there as mmaudio_large_44k_v2_fp16.safetensors." in told
    assert told.endswith(" 4 more files are missing too; the command fetches all.")
    chosen = dict.fromkeys(("vae", "vocoder", "clip"), "chosen.safetensors")
    with pytest.raises(InputError, match=r" 1 more file is missing too; the command fetches all\.$"):
        find_model("mmaudio_large_44k_v2", chosen)
    with pytest.raises(InputError, match=r"there as mmaudio_large_44k_v2_fp16\.safetensors\.$"):
        find_model("mmaudio_large_44k_v2", chosen | {"synchformer": "chosen.safetensors"})


def test_a_pickle_placed_by_hand_is_to_be_converted(models_folder):
    url = r"https://huggingface\.co/hkchengrex/MMAudio/resolve/main/weights/mmaudio_small_16k\.pth"
    with pytest.raises(InputError, match=f"or fetch {url} yourself and make it that file with `v2a convert`"):
        find_model("mmaudio_small_16k")
    raw = models_folder / "mmaudio" / "mmaudio_small_16k.pth"
    raw.parent.mkdir(parents=True)
    raw.write_bytes(b"")
    with pytest.raises(InputError) as raised:
        find_model("mmaudio_small_16k")
    assert f'`v2a convert "{raw}" "{raw.with_suffix(".safetensors")}"`' in str(raised.value)


def test_files_of_either_origin_and_chosen_ones_make_a_model(models_folder, tmp_path):
    folder = models_folder / "mmaudio"
    placed = {
        "network": place(folder / "mmaudio_large_44k_v2_fp16.safetensors"),
        "vae": place(folder / "mmaudio_vae_44k.safetensors"),
        "vocoder": place(folder / "bigvgan_v2_44khz_128band_512x.safetensors"),
        "synchformer": place(folder / "mmaudio_synchformer_fp16.safetensors"),
    }
    chosen = tmp_path / "my_clip.safetensors"
    assert find_model("mmaudio_large_44k_v2", {"clip": chosen}) == placed | {"clip": chosen}
    with pytest.raises(InputError, match="no file for 'text': its files are for network, vae"):
        find_model("mmaudio_large_44k_v2", {"text": chosen})


def test_verify_compares_what_is_known(models_folder):
    path = place(models_folder / "made_44k.safetensors")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    file = ModelFile(path.name, path.stat().st_size, digest, repo="a/b")
    part = Part("made_44k", "vae", "CC0-1.0", (file,), layout="mmaudio_vae")
    assert verify(file, part) == path
    with pytest.raises(InputError, match=f"SHA-256 is {digest}, not {'0' * 64}"):
        verify(ModelFile(path.name, file.bytes, "0" * 64, repo="a/b"))
    with pytest.raises(InputError, match=f"{file.bytes:,} bytes, not 7"):
        verify(ModelFile(path.name, 7, repo="a/b"))
    assert verify(ModelFile(path.name, 7, repo="a/b", exact=False)) == path
    with pytest.raises(InputError, match="is not an MMAudio network"):
        verify(file, Part("made", "network", "CC0-1.0", (file,), layout="mmaudio_network"))
    with pytest.raises(InputError, match="holds a vae of 44k, and its name says made_16k"):
        verify(file, Part("made_16k", "vae", "CC0-1.0", (file,), layout="mmaudio_vae"))


def test_verify_trusts_the_source_that_a_conversion_noted(models_folder):
    models_folder.mkdir()
    raw = models_folder / "v.pth"
    torch.save(tiny_state("mmaudio_vae"), raw)
    convert(raw, models_folder / "v.safetensors")
    size, digest = raw.stat().st_size, hashlib.sha256(raw.read_bytes()).hexdigest()
    verify(ModelFile("v.safetensors", size, digest, repo="a/b", name="v.pth"))
    with pytest.raises(InputError, match=f"converted from a file with SHA-256 {digest}"):
        verify(ModelFile("v.safetensors", size, "0" * 64, repo="a/b", name="v.pth"))
    place(models_folder / "v.safetensors")
    with pytest.raises(InputError, match="without a note of its source"):
        verify(ModelFile("v.safetensors", size, digest, repo="a/b", name="v.pth"))


def test_models_says_what_is_installed_and_what_is_missing(models_folder, capsys):
    path = place(models_folder / "mmaudio" / "mmaudio_vae_16k.safetensors", size="16k")
    assert cli.main(["models"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^mini: Mini, CC-BY-SA-4.0, \d\d\.\d MB, installed$", out, re.MULTILINE)
    assert "mmaudio_small_16k: MMAudio small, 16 kHz, CC-BY-NC-4.0" in out
    assert "network, vocoder, clip, synchformer missing: `v2a download mmaudio_small_16k`" in out
    assert f"vae: {path}" in out
    assert "clip: missing apple_DFN5B-CLIP-ViT-H-14-384_fp16.safetensors (1,973.5 MB, Apple" in out


def test_download_and_convert_on_the_command_line(hub, models_folder, monkeypatch, capsys):
    models_folder.mkdir()
    torch.save({"generator": tiny_state("bigvgan")}, models_folder / "made.pt")
    data = (models_folder / "made.pt").read_bytes()
    file = hub.publish("somebody/sounds", "made.pt", data, path="vocoder.safetensors")
    part = Part("toy_44k", "vocoder", "Licence of the vocoder", (file,), "mmaudio", "bigvgan")
    models = {"toy": Model("toy", "Toy", "CC0-1.0", "A toy.", (part,))}
    monkeypatch.setattr("v2a_core.weights.commands.catalog", lambda: models)

    assert cli.main(["download", "toy"]) == 0
    out = capsys.readouterr().out
    target = models_folder / "mmaudio" / "vocoder.safetensors"
    assert out.index("Licence of the vocoder") < out.index(str(target))
    assert cli.main(["models", "--check"]) == 0
    assert "installed" in capsys.readouterr().out

    elsewhere = models_folder.with_name("elsewhere")
    assert cli.main(["download", "toy", "--folder", str(elsewhere)]) == 2
    assert f"no folder {elsewhere}" in capsys.readouterr().err
    elsewhere.mkdir()
    assert cli.main(["download", "toy", "--folder", str(elsewhere)]) == 0
    assert (elsewhere / "mmaudio" / "vocoder.safetensors").read_bytes() == target.read_bytes()

    assert cli.main(["convert", str(models_folder / "made.pt"), str(models_folder / "again.safetensors")]) == 0
    assert (models_folder / "again.safetensors").is_file()
    assert cli.main(["download", "tyo"]) == 2
    assert "no model called 'tyo': choose one of toy" in capsys.readouterr().err

    target.unlink()
    (models_folder / "made.pt").unlink()
    hub.down = True
    assert cli.main(["download", "toy"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_weights_on_the_command_line_go_to_their_roles(tmp_path):
    assert chosen_weights("mini", []) is None
    assert chosen_weights("mini", ["a=b.safetensors"]).name == "a=b.safetensors"
    chosen = chosen_weights("mmaudio_small_16k", ["tuned.safetensors", "vae=other.safetensors"])
    assert {role: path.name for role, path in chosen.items()} == {
        "network": "tuned.safetensors",
        "vae": "other.safetensors",
    }
    assert chosen_weights("mmaudio_small_16k", ["a.safetensors", "b.safetensors"])["network"].name[0] == "b"
    with pytest.raises(InputError, match="mmaudio_small_16k has no file for 'vea': its files are for network, vae"):
        chosen_weights("mmaudio_small_16k", ["vea=other.safetensors"])
    odd = tmp_path / "a=b.safetensors"
    odd.touch()
    assert chosen_weights("mmaudio_small_16k", [str(odd)]) == {"network": odd}


def test_a_copy_of_a_repository_will_do(models_folder, tmp_path):
    parts = {part.role: part for part in catalog()["hunyuan_foley_xl"].parts}
    (siglip,) = parts["siglip2"].files
    for folder in ("google/siglip2-base-patch16-512", "siglip2-base-patch16-512", "foley/siglip2-base-patch16-512"):
        path = place(models_folder / folder / "model.safetensors", "siglip2")
        assert locate(siglip) == path
        path.unlink()

    chosen = {"siglip2": tmp_path / "siglip", "clap": tmp_path / "clap", "tokenizer": tmp_path / "clap"}
    chosen |= {role: tmp_path / f"{role}.safetensors" for role in ("network", "vae", "synchformer")}
    image = place(tmp_path / "siglip" / "model.safetensors", "siglip2")
    place(tmp_path / "clap" / "model.safetensors", "clap")
    with pytest.raises(InputError, match=r"clap holds no .*tokenizer\.json: choose the file for tokenizer itself"):
        find_model("hunyuan_foley_xl", chosen)
    (tmp_path / "clap" / "tokenizer.json").write_text("{}")
    found = find_model("hunyuan_foley_xl", chosen)
    assert (found["siglip2"], found["tokenizer"]) == (image, tmp_path / "clap" / "tokenizer.json")


def test_a_pickle_of_any_repository_is_known_by_its_folder_alone(models_folder):
    clap = next(part for part in catalog()["hunyuan_foley_xl"].parts if part.role == "clap").choice()
    (models_folder / "foley" / "larger_clap_general").mkdir(parents=True)
    (models_folder / "foley" / "pytorch_model.bin").touch()
    assert unconverted(clap) is None
    (models_folder / "foley" / "larger_clap_general" / "pytorch_model.bin").touch()
    assert unconverted(clap) == models_folder / "foley" / "larger_clap_general" / "pytorch_model.bin"


@pytest.mark.parametrize("command", [["models"], ["download", "hunyuan_foley_xl"]])
def test_where_there_is_no_licence_is_said_before_anything_is_fetched(hub, models_folder, capsys, command):
    hub.down = True
    cli.main(command)
    said = capsys.readouterr().out
    for territory in ("European Union", "United Kingdom", "South Korea"):
        assert territory in said
    assert hub.ranges == []


def test_a_type_is_chosen_on_the_command_line(hub, models_folder, capsys):
    hub.down = True
    assert cli.main(["download", "hunyuan_foley_xl", "--dtype", "float8_e5m2"]) == 1
    assert "hunyuanvideo_foley_xl_fp8_e5m2.safetensors from phazei/HunyuanVideo-Foley" in capsys.readouterr().out
    assert cli.main(["download", "hunyuan_foley_xl", "--dtype", "int4"]) == 2
    assert "float8_e5m2" in capsys.readouterr().err
