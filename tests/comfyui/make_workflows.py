"""Builds workflows/ and subgraphs/ in a real frontend: python -m tests.comfyui.make_workflows [VIDEO [NAME...]]

VIDEO is put into the input folder as the file that the workflows name, and those that run with what ships are run on it
for the thumbnails. Names choose some of the workflows.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from v2a_core.weights.catalog import catalog

from .conftest import FILM, SHIPPED, SPEECH
from .server import NODE_MODULES, ROOT, Server

WORKFLOWS = ROOT / "workflows"
BLUEPRINTS = ROOT / "subgraphs"
README = """# Example graphs

In ComfyUI they are in the template browser, under this pack's name. They name a video and a recording that lie in
`demo/`: copy both into ComfyUI's `input` folder, or choose files of your own. Each says in a note what is said here.

| graph | what it shows |
|---|---|
"""


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


def readme() -> str:
    """The table of the workflows, each with the line of the note in it."""
    rows = []
    for path in sorted(WORKFLOWS.glob("*.json")):
        (note,) = (step for step in json.loads(path.read_text())["nodes"] if step["type"] == "MarkdownNote")
        rows.append(f"| [{path.stem}]({path.stem}.jpg) | {note['widgets_values'][0]} |\n")
    return README + "".join(rows)


@contextmanager
def serving(video: str | None):
    """A ComfyUI with the files that the workflows name."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "base")
        shutil.copy(SPEECH, server.base / "input")
        if video:
            shutil.copy(video, server.base / "input" / FILM)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def in_frontend(server: Server, script: str, out: Path, *arguments: str, **variables: str) -> None:
    """Run a script of browser/ that writes to out."""
    out.mkdir(exist_ok=True)
    subprocess.run(
        ["node", str(Path(__file__).parent / "browser" / script), server.url, str(out), *arguments],
        check=True,
        env={**os.environ, "V2A_NODE_MODULES": str(NODE_MODULES), **variables},
    )


def main(video: str | None = None, *names: str) -> None:
    run = "run" if video and SHIPPED.exists() else "draw"
    files = json.dumps({name: model_files(name) for name in catalog()})
    with serving(video) as server:
        in_frontend(server, "make_blueprint.mjs", BLUEPRINTS)
        in_frontend(server, "make_workflows.mjs", WORKFLOWS, run, *names, V2A_MODEL_FILES=files)
    (WORKFLOWS / "README.md").write_text(readme())


if __name__ == "__main__":
    main(*sys.argv[1:])
