"""Downloads from a stand-in hub: what is cut goes on, what is wrong is refused, and no half file gets a name."""

import errno
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from stand_in import tiny_state

from v2a_core.errors import InputError
from v2a_core.weights.catalog import Model, Part
from v2a_core.weights.download import DownloadError, download, fetch

ROOT = Path(__file__).parents[2]
DATA = save({"noise": torch.arange(40_000, dtype=torch.float32)})


@pytest.fixture
def file(hub):
    return hub.publish("somebody/sounds", "weights/noise.safetensors", DATA)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_file_arrives_whole_and_progress_is_told(file, tmp_path):
    told = []
    path = fetch(file, tmp_path, lambda *at: told.append(at))
    assert path == tmp_path / "noise.safetensors"
    assert path.read_bytes() == DATA
    assert names(tmp_path) == ["noise.safetensors"]
    assert {stage for stage, *_ in told} >= {"download noise.safetensors (MB)"}


def test_a_file_that_is_there_is_not_fetched_again(hub, file, tmp_path):
    fetch(file, tmp_path)
    hub.down = True
    assert fetch(file, tmp_path).read_bytes() == DATA
    assert len(hub.ranges) == 1


def test_cut_connections_are_taken_up_within_one_call(hub, file, tmp_path):
    hub.cuts = [1000, 50_000]
    assert fetch(file, tmp_path).read_bytes() == DATA
    assert hub.ranges == [None, "bytes=1000-", "bytes=51000-"]


def test_a_download_that_broke_off_goes_on_in_the_next_call(hub, file, tmp_path):
    hub.cuts, hub.down_after_cut = [100_000], True
    with pytest.raises(
        DownloadError, match=r"weights/noise.safetensors from somebody/sounds broke off after 0.1 of 0.2"
    ):
        fetch(file, tmp_path)
    assert names(tmp_path) == [".noise.safetensors.part"]
    hub.down, hub.ranges = False, []
    assert fetch(file, tmp_path).read_bytes() == DATA
    assert hub.ranges == ["bytes=100000-"]
    assert names(tmp_path) == ["noise.safetensors"]


def test_no_hub_at_all(hub, file, tmp_path):
    hub.down = True
    with pytest.raises(DownloadError, match=r"broke off after 0.0 of 0.2 MB"):
        fetch(file, tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("told", [None, ""])
def test_a_wrong_hash_is_refused_before_or_after(hub, tmp_path, told):
    file = hub.publish("somebody/sounds", "noise.safetensors", DATA, sha256="0" * 64)
    hub.told_hash = told
    with pytest.raises(DownloadError, match=r"has another|not the published file") as raised:
        fetch(file, tmp_path)
    assert hashlib.sha256(DATA).hexdigest() in str(raised.value)
    assert len(hub.ranges) == (told is not None)
    assert names(tmp_path) == []


def test_without_a_known_hash_the_hub_s_own_is_compared(hub, tmp_path):
    file = hub.publish("somebody/sounds", "noise.safetensors", DATA, sha256="")
    hub.told_hash = "1" * 64
    with pytest.raises(DownloadError, match=f"not {'1' * 64}"):
        fetch(file, tmp_path)
    assert names(tmp_path) == []


def test_a_wrong_size_is_refused_where_no_hash_is_known(hub, tmp_path):
    file = hub.publish("somebody/sounds", "noise.safetensors", DATA, sha256="", bytes=len(DATA) + 4)
    hub.told_hash = ""
    with pytest.raises(DownloadError, match=f"it has {len(DATA):,} bytes"):
        fetch(file, tmp_path)
    assert names(tmp_path) == []


def test_a_size_that_is_about_right_is_no_error(hub, tmp_path):
    file = hub.publish("somebody/sounds", "noise.safetensors", DATA, bytes=len(DATA) + 4, exact=False)
    assert fetch(file, tmp_path).read_bytes() == DATA


def test_a_remainder_of_another_file_is_deleted_not_named(hub, file, tmp_path):
    (tmp_path / ".noise.safetensors.part").write_bytes(bytes(1000))
    with pytest.raises(DownloadError, match="was deleted"):
        fetch(file, tmp_path)
    assert names(tmp_path) == []
    assert fetch(file, tmp_path).read_bytes() == DATA


def test_too_little_room_is_told_before_anything_comes(hub, file, tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("v2a_core.weights.download.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(DownloadError, match=r"no room for weights/noise.safetensors in .*--folder"):
        fetch(file, tmp_path)
    assert hub.ranges == []


def test_a_disk_that_fills_up_is_one_clear_error_and_goes_on_later(hub, file, tmp_path, monkeypatch):
    from v2a_core.weights import download as module

    write = module._Counted.write

    def full(self, data):
        if self.tell() + len(data) > 60_000:
            write(self, data[: 60_000 - self.tell()])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(module._Counted, "write", full)
        with pytest.raises(DownloadError, match=r"no room for .*: there is none left"):
            fetch(file, tmp_path)
    assert names(tmp_path) == [".noise.safetensors.part"]
    hub.ranges = []
    assert fetch(file, tmp_path).read_bytes() == DATA
    assert hub.ranges == ["bytes=60000-"]


def test_a_pickle_is_converted_and_deleted(hub, tmp_path):
    torch.save({"generator": tiny_state("bigvgan")}, tmp_path / "made.pt")
    file = hub.publish("somebody/sounds", "made.pt", (tmp_path / "made.pt").read_bytes(), path="vocoder.safetensors")
    folder = tmp_path / "models"
    path = fetch(file, folder)
    assert path == folder / "vocoder.safetensors"
    assert names(folder) == ["vocoder.safetensors"]


@pytest.mark.parametrize("place", ["made.pt", "mmaudio/somebody/sounds/made.pt"])
def test_a_pickle_placed_by_hand_is_used_without_the_hub_and_stays(hub, models_folder, place):
    raw = models_folder / place
    raw.parent.mkdir(parents=True)
    torch.save({"generator": tiny_state("bigvgan")}, raw)
    file = hub.publish("somebody/sounds", "made.pt", raw.read_bytes(), path="vocoder.safetensors")
    hub.down = True
    assert fetch(file, models_folder / "mmaudio").is_file()
    assert raw.is_file()
    raw.write_bytes(b"something else")
    (models_folder / "mmaudio" / "vocoder.safetensors").unlink()
    with pytest.raises(InputError, match="is not the published file"):
        fetch(file, models_folder / "mmaudio")


def test_a_disk_that_fills_up_in_conversion_keeps_the_download(hub, tmp_path, monkeypatch):
    torch.save({"generator": tiny_state("bigvgan")}, tmp_path / "made.pt")
    file = hub.publish("somebody/sounds", "made.pt", (tmp_path / "made.pt").read_bytes(), path="vocoder.safetensors")

    def full(tensor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "models"
    with monkeypatch.context() as patch:
        patch.setattr("v2a_core.weights.convert._bytes", full)
        with pytest.raises(DownloadError, match="no room"):
            fetch(file, folder)
    assert names(folder) == [".made.pt"]
    hub.ranges = []
    fetch(file, folder)
    assert (names(folder), hub.ranges) == (["vocoder.safetensors"], [])


def test_two_threads_at_once_fetch_once(hub, file, tmp_path):
    hub.gate = threading.Event()
    paths = []
    threads = [threading.Thread(target=lambda: paths.append(fetch(file, tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    hub.gate.set()
    for thread in threads:
        thread.join(20)
    assert [path.read_bytes() == DATA for path in paths] == [True, True]
    assert len(hub.ranges) == 1


def test_two_processes_at_once_through_hf_endpoint(hub, file, tmp_path):
    script = (
        "from pathlib import Path; from v2a_core.weights.catalog import ModelFile; "
        f"from v2a_core.weights.download import fetch; print(fetch({file!r}, Path({str(tmp_path)!r})))"
    )
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}
    hub.gate = threading.Event()
    runs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    hub.gate.set()
    assert [run.communicate(timeout=60)[0].strip() for run in runs] == [str(tmp_path / "noise.safetensors")] * 2
    assert (tmp_path / "noise.safetensors").read_bytes() == DATA
    assert len(hub.ranges) == 1


def test_a_model_gets_what_it_lacks_in_its_folder(hub, models_folder):
    parts = []
    for role in ("network", "vae"):
        half = hub.publish("somebody/sounds", f"{role}_fp16.safetensors", DATA, dtype="float16")
        whole = hub.publish("somebody/sounds", f"{role}_fp32.safetensors", DATA)
        parts.append(Part(role, role, "CC0-1.0", (half, whole), folder="mmaudio"))
    model = Model("toy", "Toy", "CC0-1.0", "Two parts.", tuple(parts))
    by_hand = models_folder / "mmaudio" / "vae_fp32.safetensors"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_bytes(b"placed by hand")
    assert dict(download(model)) == {"network": by_hand.with_name("network_fp16.safetensors"), "vae": by_hand}
    elsewhere = models_folder / "elsewhere"
    found = dict(download(model, elsewhere, dtype="float32"))
    assert found["vae"] == elsewhere / "mmaudio" / "vae_fp32.safetensors"
    assert found["network"].name == "network_fp32.safetensors"
