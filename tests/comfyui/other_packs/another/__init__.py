"""A pack that puts its own folder first on Python's path, as many do, and has packages that are called like ours."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import nodes  # noqa: F401 - its own or ComfyUI's, by whoever came first
import v2a_core


class Whose:
    INPUT_TYPES = classmethod(lambda cls: {"required": {"audio": ("AUDIO", {})}})
    RETURN_TYPES, FUNCTION, CATEGORY, OUTPUT_NODE = (), "run", "test", True

    def run(self, audio):
        import v2a_core.pipeline as late

        return {"ui": {"text": [v2a_core.WHOSE, late.WHOSE]}}


NODE_CLASS_MAPPINGS = {"TestWhose": Whose}
