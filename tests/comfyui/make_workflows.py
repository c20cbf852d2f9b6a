"""Builds workflows/*.json and thumbnails in a real frontend: python -m tests.comfyui.make_workflows [VIDEO [NAME...]]

VIDEO is put into the input folder as the file that the workflows name, and those that run with what ships are run on it
for the thumbnails. Names choose some of the workflows.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .conftest import SHIPPED
from .server import RIG, ROOT, Server


def main(video: str | None = None, *names: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "base")
        if video:
            shutil.copy(video, server.base / "input" / "big_buck_bunny.mp4")
        server.start()
        try:
            script = ROOT / "tests/comfyui/browser/make_workflows.mjs"
            run = "run" if video and SHIPPED.exists() else "draw"
            modules = {"V2A_NODE_MODULES": str(RIG / "node/node_modules")}
            subprocess.run(
                ["node", str(script), server.url, str(ROOT / "workflows"), run, *names],
                check=True,
                env={**os.environ, **modules},
            )
        finally:
            server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
