"""Model files: round trip, and one clear error for each thing that can be wrong with one."""

import json
import struct

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.weights.formats import HEADER_LIMIT, read_header, read_state, write_state

NO_TENSORS = [
    json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **wrong}}).encode()
    for wrong in (
        {"shape": None},
        {"shape": [-1]},
        {"shape": [True]},
        {"dtype": 1},
        {"data_offsets": [4, 0]},
        {"data_offsets": [0]},
        {"data_offsets": ["0", "4"]},
    )
]
MINI = {f"{part}.weight": torch.arange(6.0).reshape(2, 3) for part in ("network", "visual", "text", "decoder")}


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "model.safetensors"
    write_state(path, MINI, {"family": "mini", "licence": "CC-BY-SA-4.0"})
    return path


def test_tensors_and_metadata_come_back(model_file):
    metadata, state = read_state(model_file, family="mini")
    assert metadata == {"family": "mini", "licence": "CC-BY-SA-4.0"}
    assert state.keys() == MINI.keys()
    assert all(torch.equal(state[name], MINI[name]) for name in MINI)


def test_header_alone_tells_shapes(model_file):
    _, header = read_header(model_file)
    assert header["network.weight"]["shape"] == [2, 3]


def test_failed_write_leaves_the_old_file_and_no_other(model_file):
    before = model_file.read_bytes()
    with pytest.raises(ValueError):
        write_state(model_file, {"a": None}, {})
    assert model_file.read_bytes() == before
    assert list(model_file.parent.iterdir()) == [model_file]


@pytest.mark.parametrize("kept", [1, 7, 8, 9, 40, 400, -1])
def test_every_cut_is_told_as_such(model_file, kept):
    data = model_file.read_bytes()[:kept]
    model_file.write_bytes(data)
    with pytest.raises(InputError, match=r"truncated|not a safetensors") as raised:
        read_state(model_file, family="mini")
    assert str(model_file) in str(raised.value)


def test_truncated_says_how_much_is_there(model_file):
    data = model_file.read_bytes()
    model_file.write_bytes(data[:-10])
    with pytest.raises(InputError, match=f"{len(data) - 10:,} bytes of {len(data):,}"):
        read_state(model_file)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04" + bytes(64), "PyTorch pickle"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LFS pointer"),
        (b"GGUF" + bytes(64), "GGUF"),
        (struct.pack("<Q", HEADER_LIMIT + 1) + b"{" + bytes(64), "header claims"),
        (struct.pack("<Q", 16) + b"{not json at all", "not JSON"),
        (struct.pack("<Q", 2) + b"{]", "not JSON"),
        (struct.pack("<Q", 12) + b'{"a":[1, 2]}', "describes no tensors"),
        (struct.pack("<Q", 21) + b'{"__metadata__": "x"}', "describes no tensors"),
        (struct.pack("<Q", 5006) + b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        *((struct.pack("<Q", len(header)) + header + bytes(8), "describes no tensors") for header in NO_TENSORS),
    ],
)
def test_what_is_not_safetensors_is_named(tmp_path, data, told):
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(InputError, match=told):
        read_state(path)


def test_overlapping_offsets_are_damage(tmp_path):
    header = json.dumps({name: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for name in "ab"}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    with pytest.raises(InputError, match="damaged"):
        read_state(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match="no model file"):
        read_state(tmp_path / "none.safetensors")
    with pytest.raises(InputError, match="can't be read"):
        read_state(tmp_path)


@pytest.mark.parametrize(
    ("names", "looks"),
    [
        (["fused_blocks.0.weight"], "an MMAudio network"),
        (["triple_blocks.0.weight"], "HunyuanVideo-Foley"),
        (["unet.down.lora_A.weight"], "a LoRA"),
        (["something"], "begin with something"),
        ([], "an empty file"),
    ],
)
def test_wrong_family_says_what_it_looks_like_and_what_is_missing(tmp_path, names, looks):
    path = tmp_path / "other.safetensors"
    write_state(path, {name: torch.zeros(1) for name in names}, {})
    with pytest.raises(InputError, match=looks) as raised:
        read_state(path, family="mini")
    assert "network.*" in str(raised.value)
    assert "'mini'" in str(raised.value)


def test_metadata_of_another_family_is_believed(tmp_path):
    path = tmp_path / "other.safetensors"
    write_state(path, MINI, {"family": "mmaudio"})
    with pytest.raises(InputError, match="its metadata says 'mmaudio'"):
        read_state(path, family="mini")


def test_half_a_family_names_the_missing_half(tmp_path):
    path = tmp_path / "half.safetensors"
    write_state(path, {name: value for name, value in MINI.items() if name[0] in "nv"}, {})
    with pytest.raises(InputError, match=r"no parameters named text\.\*, decoder\.\*"):
        read_state(path, family="mini")
