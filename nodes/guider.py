"""V2AGuider: guidance of text and video apart, for core's SamplerCustomAdvanced."""

from comfy_api.latest import io

from .conditioning import has_words
from .sampler import guidance_input, scale_inputs, take_conditions, take_settings
from .types import schema


class V2AGuider(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AGuider",
            "V2A Guider",
            description="Steers text and video apart, as V2A Sampler does, in core's Sampler Custom (Advanced).",
            search_aliases=["cfg guider", "dual cfg guider", "video cfg"],
            inputs=[
                io.Model.Input("model", tooltip="The model of V2A Load Model, with any LoRA or patch on it."),
                io.Conditioning.Input("positive", tooltip="Prompt and video, from V2A Condition."),
                io.Conditioning.Input("negative", tooltip="Negative prompt, from V2A Condition."),
                *scale_inputs(),
                guidance_input(),
            ],
            outputs=[io.Guider.Output(id="guider", display_name="guider", tooltip="For Sampler Custom (Advanced).")],
        )

    @classmethod
    def execute(cls, model, positive, negative, cfg, video_cfg, guidance=None):
        from .native_sampling import Guider

        settings = take_settings(model, cfg, video_cfg, guidance, against=has_words(negative))
        return io.NodeOutput(Guider(model, settings.guidance, take_conditions(positive, negative, settings)))
