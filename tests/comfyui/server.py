"""A real ComfyUI with the pack in it, driven as a user's browser drives it: HTTP and WebSocket."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[2]
# What install.sh lays down for the same version.
VERSION = os.environ.get("COMFYUI_VERSION", "0.3.75")
RIG = ROOT / ".cache" / ("comfyui" if VERSION == "0.3.75" else f"comfyui-{VERSION}")
NODE_MODULES = ROOT / ".cache/comfyui/node/node_modules"
FOLDERS = ("custom_nodes", "models/v2a", "models/loras", "input", "output", "temp", "user/default")
# Without these the frontend lays its tutorial, its list of what is new and a map over the graph.
SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.InstalledVersion": "1.32.9",
    "Comfy.Minimap.Visible": False,
    "Comfy.Graph.CanvasInfo": False,
}


@dataclass
class Run:
    """What came of a prompt: outputs by node id, every message on the way, and the error if it failed.

    previews holds the pictures that were shown on the way, as files.
    """

    outputs: dict = field(default_factory=dict)
    messages: list = field(default_factory=list)
    previews: list[bytes] = field(default_factory=list)
    error: str | None = None

    def named(self, kind: str) -> list[dict]:
        return [data for name, data in self.messages if name == kind]


class Refused(Exception):
    """ComfyUI's answer 400: the prompt did not pass validation."""


class Server:
    def __init__(self, base: Path):
        self.base = base
        for folder in FOLDERS:
            (base / folder).mkdir(parents=True)
        (base / "user/default/comfy.settings.json").write_text(json.dumps(SETTINGS))
        (base / "custom_nodes/comfyui-v2a").symlink_to(ROOT, target_is_directory=True)
        self.log = base / "comfyui.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        if not (RIG / "ComfyUI/main.py").exists():
            raise RuntimeError("There is no ComfyUI in .cache: run tests/comfyui/install.sh (make test does).")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = ["--cpu", "--listen", "127.0.0.1", "--port", str(self.port), "--base-directory", str(self.base)]
        arguments += ["--database-url", f"sqlite:///{self.base}/user/comfyui.db", "--dont-print-server"]
        # ComfyUI finds the pack as its users do, not as a package that happens to be installed.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "main.py", *arguments],
            cwd=RIG / "ComfyUI",
            env={**os.environ, "PYTHONPATH": str(RIG / "ComfyUI")},
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 180
        while True:
            try:
                self.get("/system_stats")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"ComfyUI did not start:\n{self.log.read_text()[-4000:]}") from None
                time.sleep(0.3)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def get(self, path: str):
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.load(answer)

    def post(self, path: str, data: dict):
        request = urllib.request.Request(
            self.url + path, json.dumps(data).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from None

    def run(self, prompt: dict, on_message=None, timeout_s: float = 240) -> Run:
        """Queue a prompt and wait for its end; on_message(name, data) sees every message as it comes."""
        return asyncio.run(asyncio.wait_for(self._run(prompt, on_message), timeout_s))

    async def _run(self, prompt, on_message) -> Run:
        client, run = uuid.uuid4().hex, Run()
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.url}/ws?clientId={client}") as stream:
            job = (await asyncio.to_thread(self.post, "/prompt", {"prompt": prompt, "client_id": client}))["prompt_id"]
            async for message in stream:
                # Binary messages are previews: their kind and their format in four bytes each, then the picture.
                if message.type == aiohttp.WSMsgType.BINARY:
                    run.previews.append(message.data[8:])
                if message.type != aiohttp.WSMsgType.TEXT:
                    continue
                name, data = (parsed := json.loads(message.data))["type"], parsed["data"]
                if data.get("prompt_id", job) != job:
                    continue
                run.messages.append((name, data))
                if on_message:
                    await asyncio.to_thread(on_message, name, data)
                if name == "execution_error":
                    run.error = f"{data['exception_type']}: {data['exception_message']}".strip()
                elif name == "execution_interrupted":
                    run.error = "interrupted"
                # History is whole only after this last message.
                if name == "executing" and data["node"] is None:
                    break
        run.outputs = (await asyncio.to_thread(self.get, f"/history/{job}"))[job]["outputs"]
        return run

    def saved(self, run: Run, node: str, kind: str = "images") -> list[Path]:
        """The files that a node saved."""
        return [self.base / file["type"] / file["subfolder"] / file["filename"] for file in run.outputs[node][kind]]

    def output(self, run: Run, node: str, kind: str = "images") -> Path:
        """The one file that a node saved."""
        (file,) = self.saved(run, node, kind)
        return file

    def left_over(self) -> set[Path]:
        """Files in the output and temporary folders."""
        return {path for folder in ("output", "temp") for path in (self.base / folder).rglob("*") if path.is_file()}

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
