"""V2AKeepSpan: which seconds of a latent a sampler makes anew."""

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .condition import DURATION
from .types import schema


class V2AKeepSpan(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AKeepSpan",
            "V2A Keep Span",
            description="Has a sampler make only some seconds of a sound anew, and keep the rest as it is.",
            search_aliases=["inpaint audio", "regenerate span", "extend audio", "noise mask audio"],
            inputs=[
                io.Latent.Input("latent", tooltip="A sound as a latent, from V2A Encode Audio."),
                io.Float.Input(
                    "start",
                    default=0.0,
                    min=0.0,
                    max=86400.0,
                    step=0.01,
                    tooltip="From which second on it is made anew.",
                ),
                io.Float.Input(
                    "end",
                    default=0.0,
                    min=0.0,
                    max=86400.0,
                    step=0.01,
                    tooltip="Up to which second. 0 is the end of the sound.",
                ),
                io.Boolean.Input(
                    "keep_inside",
                    optional=True,
                    default=False,
                    tooltip="The other way round: keep these seconds and make the rest anew.",
                ),
            ],
            outputs=[
                io.Latent.Output(
                    id="samples", display_name="latent", tooltip="The latent with its mask, for a sampler."
                )
            ],
        )

    @classmethod
    def execute(cls, latent, start, end, keep_inside=False):
        from ..v2a_core.sampling.inpaint import span_mask

        host.check_finite(start=start, end=end)
        if DURATION not in latent or latent["samples"].ndim != 3:
            raise InputError("The latent does not say how long it lasts: connect the latent of V2A Encode Audio.")
        frames, duration_s = latent["samples"].shape[-1], latent[DURATION]
        end = end or duration_s
        if not 0 <= start < end <= duration_s + 0.01:
            raise InputError(
                f"The span is {start:g} to {end:g} s and the sound lasts {duration_s:.2f} s: give a start and an end "
                "within it, in order."
            )
        # Its frames may reach beyond its end by less than one.
        mask = span_mask(frames, frames / duration_s, start, end)
        return io.NodeOutput({**latent, "noise_mask": 1 - mask if keep_inside else mask})
