"""V2ALoadModel: a model family as MODEL, its encoders and its decoder."""

import os

from comfy_api.latest import io

from ..v2a_core.weights.catalog import catalog
from ..v2a_core.weights.files import locate_part
from . import host
from .types import Encoders, schema

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


# What a user must know of a licence before choosing a model under it, by what its name begins with.
_LIMITS = {"CC-BY-NC": "not for commercial use", "Apple": "for research only"}


def licences() -> str:
    """One clause a group of models: their own licence, those of their parts, and what these forbid."""
    groups = {}
    for model in catalog().values():
        found = groups.setdefault(model.name.partition("_")[0], {})  # a dict for its order
        found |= dict.fromkeys([model.licence, *(part.licence for part in model.parts)])
    return "Licences: " + "; ".join(f"{name} {', '.join(map(_limited, found))}" for name, found in groups.items()) + "."


def _limited(licence: str) -> str:
    limit = next((said for start, said in _LIMITS.items() if licence.startswith(start)), None)
    return f"{licence} ({limit})" if limit else licence


class V2ALoadModel(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ALoadModel",
            "V2A Load Model",
            description=f"Loads a model that makes sound for video. Nothing is put on the GPU yet. {licences()}",
            search_aliases=[
                "video to audio model",
                "sound effects model",
                "mmaudio",
                "HunyuanVideo-Foley",
                "load checkpoint",
            ],
            inputs=model_inputs(),
            outputs=[
                io.Model.Output(
                    id="MODEL",
                    display_name="model",
                    tooltip="The diffusion network, for V2A Sampler or any other sampler.",
                ),
                Encoders.Output(id="encoders", display_name="encoders", tooltip="What reads the video and the prompt."),
                io.Vae.Output(id="vae", display_name="vae", tooltip="What turns a latent into sound."),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls, model, **_):
        if model in catalog():
            located = (locate_part(part) for part in catalog()[model].parts)
            paths = [str(found[1]) for found in located if found is not None]
        else:
            paths = [path for name, path in host.model_files().items() if name == model]
        return [(path, os.stat(path).st_mtime_ns) for path in paths]

    @classmethod
    def execute(cls, model, precision):
        from .native_model import load

        host.check_choice("model", model, models())
        host.check_choice("precision", precision, PRECISIONS)

        family, weights = (model, None) if model in catalog() else file_of_family(host.model_files()[model])
        return io.NodeOutput(*load(family, precision, weights))


def models() -> list[str]:
    return [*catalog(), *host.model_files()]


def model_inputs() -> list:
    """The inputs that choose a model; the one node that does everything has them too."""
    return [
        io.Combo.Input(
            "model",
            options=models(),
            default="mini_fast",
            tooltip="The model, or a file of one in models/v2a, mmaudio or foley. Files that are not there are named, "
            f"with the command that fetches them; nothing is fetched unasked. {licences()}",
        ),
        io.Combo.Input(
            "precision",
            options=list(PRECISIONS),
            default="auto",
            tooltip="What the network computes in. bfloat16 and float16 halve its memory; auto takes one of them for "
            "large models on a GPU that is good at it, else the model's own type. Sound is always decoded in float32.",
        ),
    ]


def file_of_family(path: str) -> tuple[str, str]:
    """(family, path) of a weights file, as its shapes or its metadata say; raises InputError where neither does."""
    from ..v2a_core.errors import InputError
    from ..v2a_core.models import network_name
    from ..v2a_core.weights.formats import read_shapes
    from ..v2a_core.weights.layouts import looks_like

    metadata, shapes = read_shapes(path)
    name = network_name(shapes)
    if name is not None:
        return name, path
    if "family" not in metadata:
        raise InputError(
            f"{path} does not say which model it is for, and looks like {looks_like(shapes)}: choose a file that holds "
            "a network, or one that this pack's tools have written."
        )
    return metadata["family"], path
