"""V2ALoadModel: a model family as MODEL, its encoders and its decoder."""

import os

from comfy_api.latest import io

from ..v2a_core.weights.catalog import catalog
from . import host
from .types import Encoders, schema

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def licences() -> str:
    """One line a model: what it is and under which licence."""
    return " ".join(f"{model.name}: {model.about} Licence: {model.licence}." for model in catalog().values())


class V2ALoadModel(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ALoadModel",
            "V2A Load Model",
            description=f"Loads a model that makes sound for video. Nothing is put on the GPU yet. {licences()}",
            search_aliases=["video to audio model", "foley", "sound effects model", "mmaudio", "load checkpoint"],
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
        files = host.model_files()
        return os.stat(host.model_path(model)).st_mtime_ns if model in files else 0

    @classmethod
    def execute(cls, model, precision):
        import torch

        from .native_model import load

        host.check_choice("model", model, models())
        host.check_choice("precision", precision, PRECISIONS)

        family, weights = (model, None) if model in catalog() else file_of_family(host.model_path(model))
        dtype = None if precision == "auto" else getattr(torch, precision)
        return io.NodeOutput(*load(family, dtype, weights))


def models() -> list[str]:
    return [*catalog(), *host.model_files()]


def model_inputs() -> list:
    """The inputs that choose a model; the one node that does everything has them too."""
    return [
        io.Combo.Input(
            "model",
            options=models(),
            default="mini",
            tooltip=f"The model, or a safetensors file of one in models/{host.MODEL_FOLDER}. {licences()}",
        ),
        io.Combo.Input(
            "precision",
            options=list(PRECISIONS),
            default="auto",
            tooltip="What the network computes in. auto is the model's own; bfloat16 and float16 halve its memory.",
        ),
    ]


def file_of_family(path: str) -> tuple[str, str]:
    """(family, path) of a weights file, as its metadata says; raises InputError where it says nothing."""
    from ..v2a_core.errors import InputError
    from ..v2a_core.weights.formats import read_header

    family = read_header(path)[0].get("family")
    if family is None:
        raise InputError(
            f"{path} does not say which model it is for: choose a file that this pack's tools have written."
        )
    return family, path
