"""V2ATrainLoRA: a LoRA on a folder of clips, for the model that is connected."""

import re
import shutil

from comfy_api.latest import io, ui

from ..v2a_core.atomic import whole_file
from ..v2a_core.errors import InputError
from . import host
from .types import Dataset, Encoders, schema

_NAME = re.compile(r"(?!\.)[\w .-]{1,80}(?<![. ])")
# What Windows takes for a device, whatever it ends in.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[1-9¹²³]) *(?:\.|$)", re.IGNORECASE)
MAX_BYTES = 200  # of a name in UTF-8: file systems take 255, extensions included


def is_name(name: str) -> bool:
    """Whether a text can be the name of a file and of nothing else, on any system."""
    return _NAME.fullmatch(name) is not None and _DEVICE.match(name) is None and len(name.encode()) <= MAX_BYTES


def _no_name(name: str) -> str:
    if _DEVICE.match(name):
        return f"name is {name[:100]!r}, which is a device's on Windows: choose another name."
    return f"name is {name[:100]!r}: give up to 80 letters, digits, spaces, dots and dashes."


class V2ATrainLoRA(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ATrainLoRA",
            "V2A Train LoRA",
            description="Trains a LoRA on clips of your own and saves it in models/loras, for core's LoRA loader.",
            search_aliases=["lora training", "fine-tune audio", "finetune sound", "train foley"],
            is_output_node=True,
            inputs=[
                Dataset.Input("dataset", tooltip="The clips of V2A Train Dataset."),
                io.Model.Input("model", tooltip="The model of V2A Load Model itself, with no LoRA or patch on it."),
                Encoders.Input("encoders", tooltip="The encoders of the same V2A Load Model."),
                io.Vae.Input("vae", tooltip="The vae of the same V2A Load Model."),
                io.String.Input(
                    "name",
                    default="my_lora",
                    tooltip="Name of the LoRA in models/loras. A run of that name which was cancelled goes on.",
                ),
                io.Int.Input(
                    "steps", default=500, min=1, max=100_000, tooltip="How long to train. More learn the clips better."
                ),
                io.Int.Input(
                    "rank", default=16, min=1, max=512, tooltip="How much the LoRA can hold. Its file grows with it."
                ),
                io.Float.Input(
                    "rate",
                    default=3e-4,
                    min=1e-7,
                    max=0.1,
                    step=1e-7,
                    round=False,
                    tooltip="How fast it learns. Too fast, and the sound falls apart: lower it.",
                ),
                io.Int.Input(
                    "batch", default=4, min=1, max=256, tooltip="Clips a step. Fewer take less memory and are rougher."
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**63 - 1,
                    control_after_generate=False,  # another seed is another run
                    tooltip="What is drawn at random. The same seed and clips give the same LoRA.",
                ),
            ],
            outputs=[
                io.Model.Output(id="trained", display_name="model", tooltip="The model with the LoRA on it."),
                io.String.Output(id="lora", display_name="lora", tooltip="Name of the file in models/loras."),
                io.Image.Output(id="loss", display_name="loss", tooltip="The loss, step by step."),
            ],
        )

    @classmethod
    def validate_inputs(cls, name):
        # None is what comes from another node.
        return True if name is None or is_name(name) else _no_name(name)

    @classmethod
    def execute(cls, dataset, model, encoders, vae, name, steps, rank, rate, batch, seed):
        from ..v2a_core.training.features import windows_of
        from ..v2a_core.training.lora import LoRAConfig, check_trainable
        from ..v2a_core.training.lora_run import SETTINGS, LoRARun
        from ..v2a_core.training.plot import draw_log
        from . import native_model as native
        from .native_training import train_lora, with_lora

        if not native.is_ours(model):
            raise InputError("The input 'model' is not a model for sound: connect the model of V2A Load Model.")
        check_trainable(model.model.spec)
        native.check_ours(encoders, native.Encoders, "encoders", "V2A Load Model")
        native.check_ours(vae, native.V2AVAE, "vae", "V2A Load Model")
        if not is_name(name):
            raise InputError(_no_name(name))
        out, result = host.training_folder(name), host.lora_path(name)
        if result.exists() and not (out / SETTINGS).exists():
            raise InputError(f"There is a LoRA called {name!r} already, which no run here made: choose another name.")
        config = LoRAConfig(rank, seed=seed)
        run = LoRARun(model.model.spec.name, windows_of(dataset, model.model.spec), out, config, steps, rate, batch)
        run.open()
        trained = train_lora(model, encoders, vae, run, host.progress())
        with whole_file(result) as unfinished:
            shutil.copyfile(trained, unfinished)
        loss = draw_log(out)[None].float() / 255
        image = ui.PreviewImage(loss, cls=cls)
        return io.NodeOutput(with_lora(model, result), result.name, loss, ui=image)
