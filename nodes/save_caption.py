"""V2ASaveCaption: a drafted caption beside a clip, for a person to edit."""

from pathlib import Path

from comfy_api.latest import io

from . import host
from .types import schema


class V2ASaveCaption(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ASaveCaption",
            "V2A Save Caption",
            description="Saves a text as the caption of a training clip. What a person has written stays.",
            search_aliases=["annotate", "caption file", "sidecar", "dataset caption"],
            is_output_node=True,
            inputs=[
                io.Combo.Input(
                    "clip",
                    options=host.input_clips(),
                    tooltip="A video in a folder within ComfyUI's input folder.",
                ),
                io.String.Input(
                    "caption",
                    multiline=True,
                    default="",
                    tooltip="What is heard, a line for each way to say it, from any node that writes text.",
                ),
                io.Boolean.Input(
                    "again",
                    default=False,
                    tooltip="Replaces an earlier draft that nobody has edited since.",
                ),
            ],
            outputs=[
                io.String.Output(id="saved", display_name="caption", tooltip="What the clip's caption file holds now.")
            ],
        )

    @classmethod
    def validate_inputs(cls, clip):
        try:
            host.input_path(clip)
        except (ValueError, OSError) as error:
            return str(error)
        return True

    @classmethod
    def execute(cls, clip, caption, again):
        from ..v2a_core.training.annotate import save_caption
        from ..v2a_core.training.folder import CAPTIONS, read_captions

        video = Path(host.input_path(clip))
        host.check_beside(video.with_suffix(CAPTIONS))
        save_caption(video, caption, again)
        return io.NodeOutput("\n".join(read_captions(video)))
