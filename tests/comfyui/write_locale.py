"""Writes locales/en/nodeDefs.json from the nodes' schemas: python -m tests.comfyui.write_locale

The other languages are translated from it by hand; tests/test_locales.py says what they lack.
"""

import json
import tempfile
from pathlib import Path

from .server import ROOT, Server

PATH = ROOT / "locales/en/nodeDefs.json"


def definitions(server: Server) -> dict:
    """Names and tooltips of the pack's nodes, in the form of ComfyUI's translations."""
    found = {}
    for name, info in sorted(server.get("/object_info").items()):
        if not name.startswith("V2A"):
            continue
        inputs = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
        outputs = zip(info["output_name"], info["output_tooltips"], strict=True)
        found[name] = {
            "display_name": info["display_name"],
            "description": info["description"],
            "inputs": {key: {"name": key, "tooltip": options["tooltip"]} for key, (_, options) in inputs.items()},
            "outputs": {str(i): {"name": label, "tooltip": tooltip} for i, (label, tooltip) in enumerate(outputs)},
        }
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "base")
        server.start()
        PATH.write_text(json.dumps(definitions(server), indent=2, ensure_ascii=False) + "\n")
        server.stop()
