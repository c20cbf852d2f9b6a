"""V2AGuidance: when text, video and negative prompt each act, and how strongly the last."""

from dataclasses import dataclass

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .types import Guidance, schema

RAMPS = ["constant", "rising", "falling"]


@dataclass(frozen=True)
class Schedules:
    """Per kind of guidance: the part of the sampling, 0..1, in which it acts, and its ramp."""

    text: tuple[float, float, str]
    video: tuple[float, float, str]
    negative: tuple[float, float, str]
    negative_strength: float = 1.0


class V2AGuidance(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AGuidance",
            "V2A Guidance",
            description="Says when prompt, picture and negative prompt each act during sampling.",
            search_aliases=["cfg schedule", "guidance interval", "cfg ramp", "negative strength"],
            inputs=[
                *_schedule("text", "cfg"),
                *_schedule("video", "video_cfg"),
                io.Float.Input(
                    "negative_strength",
                    default=1.0,
                    min=0.0,
                    max=100.0,
                    step=0.05,
                    tooltip="How far to go away from the negative prompt. 1 is as usual, 0 leaves it out.",
                ),
                *_schedule("negative", "negative_strength"),
            ],
            outputs=[
                Guidance.Output(id="guidance", display_name="guidance", tooltip="For V2A Sampler and V2A Guider.")
            ],
        )

    @classmethod
    def execute(cls, negative_strength, **schedules):
        kinds = {}
        for kind in ("text", "video", "negative"):
            start, end, ramp = (schedules[f"{kind}_{part}"] for part in ("start", "end", "ramp"))
            host.check_choice(f"{kind}_ramp", ramp, RAMPS)
            check_span(f"{kind}_start", start, f"{kind}_end", end)
            kinds[kind] = (start, end, ramp)
        return io.NodeOutput(Schedules(**kinds, negative_strength=negative_strength))


def check_span(first: str, start: float, last: str, end: float) -> None:
    """Raise InputError unless two parts of the sampling are from 0 to 1 and in order."""
    if not 0 <= start <= end <= 1:
        raise InputError(f"{first} is {start:g} and {last} {end:g}: give two from 0 to 1, in order.")


def _schedule(kind: str, scale: str) -> list:
    return [
        io.Float.Input(
            f"{kind}_{end}",
            default=default,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip=f"{said} which part of the sampling {scale} acts.",
        )
        for end, default, said in (("start", 0.0, "From"), ("end", 1.0, "Up to"))
    ] + [
        io.Combo.Input(
            f"{kind}_ramp",
            options=RAMPS,
            default="constant",
            tooltip=f"Whether {scale} is the same all that time, comes from nothing (rising) or goes (falling).",
        )
    ]
