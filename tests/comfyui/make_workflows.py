"""Builds workflows/*.json and their thumbnails in a real frontend: python -m tests.comfyui.make_workflows [VIDEO]

VIDEO is put into the input folder as the file that the workflows name, and they are run on it for the thumbnails.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .conftest import SHIPPED
from .server import RIG, ROOT, Server


def main(video: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "base")
        if video:
            shutil.copy(video, server.base / "input" / "big_buck_bunny.mp4")
        server.start()
        try:
            script = ROOT / "tests/comfyui/browser/make_workflows.mjs"
            run = ["run"] if video and SHIPPED.exists() else []
            modules = {"V2A_NODE_MODULES": str(RIG / "node/node_modules")}
            subprocess.run(
                ["node", str(script), server.url, str(ROOT / "workflows"), *run],
                check=True,
                env={**os.environ, **modules},
            )
        finally:
            server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:2] or [None])
