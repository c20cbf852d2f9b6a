"""V2APrompt: what to hear, and what not."""

from comfy_api.latest import io

from .conditioning import pack_prompt
from .types import Encoders, schema


class V2APrompt(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2APrompt",
            "V2A Prompt",
            description="Encodes what to hear and what not to hear, throughout or at times.",
            search_aliases=["text encode", "clip text encode audio", "negative prompt", "sound prompt"],
            inputs=[Encoders.Input("encoders", tooltip="The encoders of V2A Load Model."), *prompt_inputs()],
            outputs=[
                io.Conditioning.Output(
                    id="positive", display_name="positive", tooltip="What to hear, for V2A Condition."
                ),
                io.Conditioning.Output(
                    id="negative", display_name="negative", tooltip="What not to hear, for V2A Condition."
                ),
            ],
        )

    @classmethod
    def execute(cls, encoders, prompt, negative_prompt):
        from ..v2a_core.prompts.cues import cue_sheet
        from ..v2a_core.stages import check_words
        from .native_model import Encoders as Loaded
        from .native_model import check_ours

        check_ours(encoders, Loaded, "encoders", "V2A Load Model")
        check_words(prompt, negative_prompt)
        sheet = cue_sheet(prompt, negative_prompt)
        return io.NodeOutput(*(pack_prompt(texts, encoders, sheet) for texts in encoders.encode_cues(sheet)))


def prompt_inputs() -> list:
    """The inputs that say what to hear; the one node that does everything has them too."""
    return [
        io.String.Input(
            "prompt",
            multiline=True,
            default="",
            dynamic_prompts=True,
            placeholder="what to hear: footsteps on gravel",
            tooltip="What to hear, in plain English. Empty leaves it to the picture. A line may begin with the "
            "seconds it holds for: [0-3.2] footsteps -music, where a minus makes words negative.",
        ),
        io.String.Input(
            "negative_prompt",
            multiline=True,
            default="",
            placeholder="what not to hear: music, speech",
            tooltip="What not to hear, in plain English. It works at a cfg above 1.",
        ),
    ]
