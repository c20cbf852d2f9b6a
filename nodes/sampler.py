"""V2ASampler: noise to latent, with guidance of text and video apart."""

from dataclasses import replace

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .conditioning import CUES, check_conditions, has_words, with_video_of, without_prompt
from .guidance import Schedules, check_span
from .types import Guidance as GuidanceType
from .types import schema

OWN = -1  # a scale of guidance that is left to the model
PROVENANCE = "v2a_provenance"
SOLVERS = ["euler", "heun", "midpoint", "ab2", "euler_ancestral"]


class V2ASampler(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ASampler",
            "V2A Sampler",
            description="Refines noise into a latent of sound. Unlike core samplers it steers text and video apart.",
            search_aliases=["ksampler audio", "generate audio", "text to audio", "text to sound", "sample audio"],
            inputs=[
                io.Model.Input("model", tooltip="The model of V2A Load Model, with any LoRA or patch on it."),
                io.Conditioning.Input("positive", tooltip="Prompt and video, from V2A Condition."),
                io.Conditioning.Input("negative", tooltip="Negative prompt, from V2A Condition."),
                io.Latent.Input(
                    "latent", tooltip="The latent of V2A Condition, or several of it from Repeat Latent Batch."
                ),
                *sampling_inputs(),
                io.Float.Input(
                    "cfg_start",
                    optional=True,
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="From which part of the sampling on cfg and video_cfg act: 0.2 leaves the first fifth "
                    "unguided, which gives more varied sounds.",
                ),
                io.Float.Input(
                    "cfg_end",
                    optional=True,
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Up to which part of the sampling they act. Unguided steps take half as long.",
                ),
                io.Float.Input(
                    "denoise",
                    optional=True,
                    default=1.0,
                    min=0.01,
                    max=1.0,
                    step=0.01,
                    tooltip="Below 1 begins with the sound in the latent, from V2A Encode Audio, and changes it the "
                    "less the lower it is.",
                ),
                guidance_input(),
            ],
            outputs=[io.Latent.Output(id="samples", display_name="latent", tooltip="The sound as a latent.")],
        )

    @classmethod
    def execute(
        cls,
        model,
        positive,
        negative,
        latent,
        seed,
        steps,
        cfg,
        video_cfg,
        solver,
        cfg_start=0.0,
        cfg_end=1.0,
        denoise=1.0,
        guidance=None,
    ):
        from .native_sampling import sample

        settings = take_settings(
            model,
            cfg,
            video_cfg,
            guidance,
            against=has_words(negative),
            span=(cfg_start, cfg_end),
            seed=seed,
            steps=steps,
            solver=solver,
        )
        spec = model.model.spec
        conds = take_conditions(positive, negative, settings)
        check_latent(latent, spec)
        samples = sample(model, conds, latent, settings, host.progress(), denoise)
        provenance = {
            "v2a_model": spec.name,
            "v2a_seed": str(seed),
            "v2a_prompt": positive[0][1][CUES].positive(),
        }
        return io.NodeOutput({**latent, "samples": samples, PROVENANCE: provenance})


def check_latent(latent: dict, spec) -> None:
    """Raise InputError for a latent that is not one of the model's, or not finite."""
    samples = latent["samples"]
    if samples.ndim != 3 or samples.shape[1] != spec.latent_channels:
        raise InputError(
            f"The latent's shape is {tuple(samples.shape)}, and {spec.name} takes (batch, {spec.latent_channels}, "
            "frames): connect the latent of V2A Condition."
        )
    if not samples.isfinite().all():
        raise InputError("The latent holds values that are not finite: lower cfg, or load the model in float32.")


def take_settings(model, cfg, video_cfg, schedules=None, *, against, span=(0.0, 1.0), seed=0, steps=1, solver="euler"):
    """The library's Settings of what the nodes take; raises InputError for what is out of bounds.

    against is whether there is a negative prompt. span is the part of the sampling in which both scales act, where no
    V2A Guidance says another.
    """
    from ..v2a_core.sampling.guidance import When
    from ..v2a_core.settings import Settings
    from .native_model import is_ours

    if not is_ours(model):
        raise InputError("The input 'model' is not a model for sound: connect the model of V2A Load Model.")
    check_span("cfg_start", span[0], "cfg_end", span[1])
    if schedules is None:
        schedules = Schedules(*[(*span, "constant")] * 2, (0.0, 1.0, "constant"))
    elif span != (0.0, 1.0):
        raise InputError(
            "A V2A Guidance is connected, which says when cfg acts: leave cfg_start at 0 and cfg_end at 1."
        )
    noise_at = model.get_model_object("model_sampling").percent_to_sigma

    def when(start: float, end: float, ramp: str) -> When:
        return When((float(noise_at(end)), float(noise_at(start))), ramp)

    own = Settings.for_family(
        model.model.spec,
        seed,
        steps=steps or None,
        cfg=None if cfg == OWN else cfg,
        video_cfg=None if video_cfg == OWN else video_cfg,
        solver=solver,
        against=against,
    )
    return replace(
        own,
        negative_scale=schedules.negative_strength,
        text_when=when(*schedules.text),
        video_when=when(*schedules.video),
        negative_when=when(*schedules.negative),
    )


def take_conditions(positive: list, negative: list, settings) -> dict[str, list]:
    """CONDITIONING by the names that guidance has for it; raises InputError for one not from V2A Condition."""
    check_conditions(positive, "positive")
    check_conditions(negative, "negative")
    conds = {"positive": positive, "negative": negative}
    if settings.guidance.needs_unprompted:
        conds["unprompted"] = without_prompt(negative)
    for name in list(conds)[1:]:
        conds[f"{name}_with_video"] = with_video_of(conds[name], positive)
    return conds


def sampling_inputs() -> list:
    """The inputs that steer the sampler; the one node that does everything has them too."""
    return [
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=2**64 - 1,
            control_after_generate=True,
            tooltip="The noise to start from. The same seed gives the same sound.",
        ),
        io.Int.Input(
            "steps",
            default=0,
            min=0,
            max=1000,
            tooltip="Steps of the solver. More take longer and may sound finer. 0 is the model's own number.",
        ),
        *scale_inputs(),
        io.Combo.Input(
            "solver",
            options=SOLVERS,
            default="euler",
            tooltip="euler and ab2 run the network once a step, heun and midpoint twice and more accurately. "
            "euler_ancestral draws some of the noise anew: fuller textures.",
        ),
    ]


def scale_inputs() -> list:
    """How strongly prompt and picture are followed."""
    return [
        io.Float.Input(
            "cfg",
            default=float(OWN),
            min=float(OWN),
            max=100.0,
            step=0.1,
            tooltip="How strongly the prompt is followed. 1 follows it as trained. -1 is the model's own setting.",
        ),
        io.Float.Input(
            "video_cfg",
            default=float(OWN),
            min=float(OWN),
            max=100.0,
            step=0.1,
            tooltip="How strongly the picture is followed. -1 is the same as cfg, and faster than a scale of its own.",
        ),
    ]


def guidance_input():
    return GuidanceType.Input(
        "guidance",
        optional=True,
        tooltip="When prompt, picture and negative prompt each act, from V2A Guidance. Without it all act throughout.",
    )
