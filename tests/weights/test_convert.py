"""Pickles to safetensors: the same tensors, what nobody reads left out, and nothing run or written for a wrong file."""

import hashlib
import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from stand_in import tiny_state

from v2a_core.errors import InputError
from v2a_core.weights.convert import convert
from v2a_core.weights.formats import read_header, read_state
from v2a_core.weights.layouts import LAYOUTS


def pickled(path, content, **options):
    torch.save(content, path, **options)
    return path


@pytest.mark.parametrize("kind", LAYOUTS)
def test_tensors_come_back_bit_for_bit(tmp_path, kind):
    state = tiny_state(kind)
    source = pickled(tmp_path / "made.pth", state)
    path = convert(source, tmp_path / "out.safetensors")
    metadata, found = read_state(path, layout=kind)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) and found[name].dtype == state[name].dtype for name in state)
    assert metadata["role"] == LAYOUTS[kind].role
    assert metadata["source"] == "made.pth"
    assert metadata["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def test_safetensors_own_reader_takes_any_mixture_of_types(tmp_path):
    state = tiny_state("clip") | {
        "half": torch.randn(3, 5).half(),
        "brain": torch.randn(7).bfloat16(),
        "scalar": torch.tensor(2.5),
        "count": torch.tensor([1, -2]),
        "flag": torch.tensor([True]),
        "empty": torch.zeros(0, 4),
        "turned": torch.arange(6.0).reshape(2, 3).T,
    }
    path = convert(pickled(tmp_path / "made.bin", state), tmp_path / "out.safetensors")
    found = load_file(path)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) and found[name].dtype == state[name].dtype for name in state)
    length = struct.unpack("<Q", path.read_bytes()[:8])[0]
    assert length % 8 == 0
    assert "__metadata__" in json.loads(path.read_bytes()[8 : 8 + length])


def test_what_nobody_reads_is_left_out(tmp_path):
    tables = {"latent_rot": torch.ones(2), "clip_rot": torch.ones(2), "t_embed.freqs": torch.ones(2)}
    path = convert(pickled(tmp_path / "n.pth", tiny_state("mmaudio_network") | tables), tmp_path / "n.safetensors")
    assert tables.keys().isdisjoint(read_header(path)[1])
    sound = {"afeat_extractor.norm.weight": torch.ones(2), "transformer.OFF_tok": torch.ones(2)}
    path = convert(pickled(tmp_path / "s.pth", tiny_state("synchformer") | sound), tmp_path / "s.safetensors")
    assert sound.keys().isdisjoint(read_header(path)[1])
    rest = {"audio_model.norm.bias": torch.ones(2), "text_model.embeddings.position_ids": torch.ones(2)}
    path = convert(pickled(tmp_path / "c.bin", tiny_state("clap") | rest), tmp_path / "c.safetensors")
    assert rest.keys().isdisjoint(read_header(path)[1])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrap", [lambda state: {"generator": state}, lambda state: {"state_dict": state, "epoch": 3}])
def test_containers_and_the_old_format(tmp_path, wrap, zipped):
    state = tiny_state("bigvgan")
    source = pickled(tmp_path / "g.pt", wrap(state), _use_new_zipfile_serialization=zipped)
    path = convert(source, tmp_path / "g.safetensors")
    assert read_header(path)[1].keys() == state.keys()


def test_a_folder_gets_the_catalogue_s_name_only_for_the_catalogue_s_file(tmp_path, monkeypatch):
    source = pickled(tmp_path / "fine_tune.pth", tiny_state("mmaudio_vae", "16k"))
    assert convert(source, tmp_path).name == "fine_tune.safetensors"
    published = "15ad082c714ccf3771898a771fc6eebdc1d9c8d5c6154726906a97f43603d62c"
    monkeypatch.setattr("v2a_core.weights.convert.sha256", lambda path, progress: published)
    path = convert(source, tmp_path)
    assert path.name == "mmaudio_vae_16k.safetensors"
    assert read_header(path)[0]["licence"] == "CC-BY-NC-4.0"


@pytest.mark.parametrize(
    ("size", "source", "part", "out"),
    [
        ("xl", "hunyuanvideo_foley_xl.pth", "hunyuan_foley_xl", "hunyuanvideo_foley_xl_bf16.safetensors"),
        ("xxl", "hunyuanvideo_foley.pth", "hunyuan_foley_xxl", "hunyuanvideo_foley_bf16.safetensors"),
        ("xxl", "tuned.pth", "hunyuan_foley_xxl", "tuned.safetensors"),
    ],
)
def test_without_a_hash_the_name_tells_the_catalogue_s_file(tmp_path, size, source, part, out):
    path = convert(pickled(tmp_path / source, tiny_state("foley_network", size)), tmp_path)
    assert path.name == out
    metadata = read_header(path)[0]
    assert (metadata["part"], metadata["family"], metadata["role"]) == (part, "hunyuan_foley", "network")
    assert "South Korea" in metadata["licence"]


def test_a_codec_s_container_has_a_note_of_its_making(tmp_path):
    state = tiny_state("foley_vae")
    content = {"state_dict": state, "metadata": {"kwargs": {"encoder_rates": [2, 3], "continuous": True}}}
    path = convert(pickled(tmp_path / "vae_128d_48k.pth", content), tmp_path)
    assert path.name == "vae_128d_48k.safetensors"
    assert read_header(path)[1].keys() == state.keys()


class Trap:
    def __reduce__(self):
        return Path.write_text, (Path("trapped"), "")


def test_a_pickle_with_code_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = pickled(tmp_path / "trap.pth", tiny_state("mmaudio_vae") | {"trap": Trap()})
    with pytest.raises(InputError, match="not a file of plain tensors"):
        convert(source, tmp_path / "out.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["trap.pth"]


def cut(path):
    whole = pickled(path, tiny_state("mmaudio_vae")).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "no file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_bytes(b"nothing of the kind"), "damaged|plain tensors"),
        (lambda path: path.write_bytes(pickle.dumps([1, 2], protocol=2)), "damaged|plain tensors"),
        (cut, "damaged|plain tensors"),
        (lambda path: pickled(path, torch.ones(3)), "looks like an empty file"),
        (lambda path: pickled(path, {"triple_blocks.0.w": torch.ones(3)}), "HunyuanVideo-Foley"),
        (lambda path: pickled(path, {"decoder.model.0.bias": torch.ones(3)}), "another DAC codec"),
        (lambda path: pickled(path, {"weights": {}, "optimizer": {}, "it": 3}), "a training checkpoint"),
        (lambda path: pickled(path, {"conv1.weight": torch.ones(3)}), "begin with conv1.weight"),
        (lambda path: pickled(path, {"latent_mean": 1} | {"audio_input_proj.0.weight": torch.ones(3)}), "it has no"),
    ],
)
def test_wrong_sources_are_named_and_nothing_is_written(tmp_path, make, told):
    source = tmp_path / "wrong.pth"
    make(source)
    before = list(tmp_path.iterdir())
    with pytest.raises(InputError, match=told) as raised:
        convert(source, tmp_path / "out.safetensors")
    assert str(source) in str(raised.value)
    assert list(tmp_path.iterdir()) == before


def test_bad_outputs(tmp_path):
    source = pickled(tmp_path / "v.pth", tiny_state("mmaudio_vae"))
    with pytest.raises(InputError, match=r"must be a folder that exists, or a file that ends in \.safetensors"):
        convert(source, tmp_path / "out.pth")
    with pytest.raises(InputError, match="no folder"):
        convert(source, tmp_path / "none" / "out.safetensors")
    already = tmp_path / "v.safetensors"
    save_file(tiny_state("mmaudio_vae"), already)
    with pytest.raises(InputError, match="safetensors already"):
        convert(already, tmp_path / "out.safetensors")
