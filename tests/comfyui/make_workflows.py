"""Builds workflows/*.json and thumbnails in a real frontend: python -m tests.comfyui.make_workflows [VIDEO [NAME...]]

VIDEO is put into the input folder as the file that the workflows name, and those that run with what ships are run on it
for the thumbnails. Names choose some of the workflows.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from v2a_core.weights.catalog import catalog

from .conftest import FILM, SHIPPED, SPEECH
from .server import RIG, ROOT, Server


def model_files(name: str) -> list[dict[str, str]]:
    """A model's files as ComfyUI's dialog of missing ones takes them.

    Only those that are of use as published and of a kind that the dialog looks for; Load Model says about the rest.
    """
    listed = []
    for part in catalog()[name].parts:
        file = part.choice()
        if not file.repo or file.converted or not file.path.endswith(".safetensors"):
            continue
        url = f"https://huggingface.co/{file.repo}/resolve/main/{file.published}"
        listed.append({"name": file.path, "url": url, "directory": part.folder})
        if file.sha256 and "…" not in file.sha256:
            listed[-1] |= {"hash": file.sha256, "hash_type": "SHA256"}
    return listed


def main(video: str | None = None, *names: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "base")
        shutil.copy(SPEECH, server.base / "input")
        if video:
            shutil.copy(video, server.base / "input" / FILM)
        server.start()
        try:
            script = ROOT / "tests/comfyui/browser/make_workflows.mjs"
            run = "run" if video and SHIPPED.exists() else "draw"
            modules = {"V2A_NODE_MODULES": str(RIG / "node/node_modules")}
            files = {"V2A_MODEL_FILES": json.dumps({name: model_files(name) for name in catalog()})}
            subprocess.run(
                ["node", str(script), server.url, str(ROOT / "workflows"), run, *names],
                check=True,
                env={**os.environ, **modules, **files},
            )
        finally:
            server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
