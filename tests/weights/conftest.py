"""No test here looks for models on the machine or fetches from the hub: both are stood in for."""

import threading

import pytest
from stand_in import Hub


@pytest.fixture
def hub(monkeypatch):
    """The stand-in, which the hub's client talks to in this process."""
    constants = pytest.importorskip("huggingface_hub.constants")
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    ours = {
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
        "DOWNLOAD_CHUNK_SIZE": 1000,
    }
    for name, value in ours.items():
        monkeypatch.setattr(constants, name, value)
        monkeypatch.setattr(f"huggingface_hub.file_download.{name}", value, raising=False)  # older clients copy them
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def models_folder(tmp_path, monkeypatch):
    """Models are looked for and fetched here, and nowhere else."""
    folder = tmp_path / "models"
    monkeypatch.setenv("V2A_MODELS", str(folder))
    monkeypatch.setattr("v2a_core.weights.files._registered", [])
    return folder
