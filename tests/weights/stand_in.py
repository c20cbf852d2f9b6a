"""A stand-in for the hub on the loopback interface, and small files that look like the published ones."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import torch

from v2a_core.weights.catalog import ModelFile
from v2a_core.weights.layouts import LAYOUTS


class Hub(ThreadingHTTPServer):
    """Serves `files` as /REPO/resolve/main/NAME; what goes wrong is set from outside."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []  # of the next answers: how many bytes are sent before the connection is cut
        self.down_after_cut = False
        self.down = False
        self.told_hash: str | None = None  # in place of the true one; "" for none
        self.ranges: list[str | None] = []  # what each GET asked for
        self.gate: threading.Event | None = None  # GETs wait for it

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def publish(self, repo: str, name: str, data: bytes, **fields) -> ModelFile:
        """Serve a file, and return its entry of the catalogue."""
        self.files[f"/{repo}/resolve/main/{name}"] = data
        known = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **fields}
        path = known.pop("path", f"{Path(name).stem}.safetensors")
        return ModelFile(path=path, repo=repo, name=name, **known)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _start(self):
        hub, data = self.server, self.server.files.get(unquote(self.path))
        if hub.down or data is None:
            self.send_response(503 if hub.down else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        digest = hashlib.sha256(data).hexdigest() if hub.told_hash is None else hub.told_hash
        asked = self.headers.get("Range")
        first = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        if digest:
            self.send_header("X-Linked-Etag", f'"{digest}"')
        self.send_header("ETag", f'"{digest or "weak"}"')
        self.send_header("X-Linked-Size", str(len(data)))
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        return data[first:]

    def do_HEAD(self):
        self._start()

    def do_GET(self):
        data = self._start()
        if data is None:
            return
        self.server.ranges.append(self.headers.get("Range"))
        if self.server.gate:
            self.server.gate.wait(20)
        if self.server.cuts:
            self.wfile.write(data[: self.server.cuts.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            self.server.down = self.server.down_after_cut and not self.server.cuts
            self.connection.close()
            return
        self.wfile.write(data)


def tiny_state(kind: str, size: str = "44k") -> dict[str, torch.Tensor]:
    """Tensors under the names that a published file of a kind has; those that tell its size have the true shape."""
    layout = LAYOUTS[kind]
    names = [*layout.signs, *(f"{need}weight" if need.endswith(".") else need for need in layout.needs)]
    state = {name: torch.full((2, 3), float(index)) for index, name in enumerate(dict.fromkeys(names))}
    if layout.sizes:
        (name, axis), *_ = layout.size_of
        number = next((number for number, its_size in layout.sizes.items() if its_size == size), min(layout.sizes))
        state[name] = torch.ones(tuple(number if at == axis else 2 for at in range(3)))
    return state
