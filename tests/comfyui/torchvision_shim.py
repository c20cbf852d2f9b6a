"""Lets torchvision import without its compiled operators (installed as a .pth hook beside a CPU-only torch)."""

import importlib.abc
import sys

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries = []  # a library's schemas live as long as it does


class _DeclareOperators(importlib.abc.MetaPathFinder):
    """Declares the operators when torchvision is first looked for, so that other programs start as fast as before."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            library = torch.library.Library("torchvision", "FRAGMENT")
            for schema in _SCHEMAS:
                library.define(schema)
            _libraries.append(library)
        return None


sys.meta_path.insert(0, _DeclareOperators())
