"""Draws the nodes for their help pages in a real frontend: python -m tests.comfyui.make_pictures [VIDEO]

VIDEO is what V2A Load Video shows. Run it after a node's inputs have changed.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

from .conftest import FILM
from .make_workflows import in_frontend, serving
from .server import ROOT

PICTURES = ROOT / "web/docs/pictures"


def main(video: str) -> None:
    with serving(video) as server, tempfile.TemporaryDirectory() as drawn:
        clips = server.base / "input/my_clips"  # for the nodes that train
        clips.mkdir()
        shutil.copy(video, clips / FILM)
        in_frontend(server, "make_pictures.mjs", Path(drawn))
        PICTURES.mkdir(exist_ok=True)
        for path in Path(drawn).glob("*.png"):
            Image.open(path).convert("RGB").save(PICTURES / f"{path.stem}.webp", quality=85)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [str(ROOT / "demo" / FILM)]))
