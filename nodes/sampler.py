"""V2ASampler: noise to latent, with guidance of text and video apart."""

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .conditioning import PROMPT, check_conditions, with_video_of
from .types import schema

PROVENANCE = "v2a_provenance"


class V2ASampler(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ASampler",
            "V2A Sampler",
            description="Refines noise into a latent of sound. Unlike core samplers it steers text and video apart.",
            search_aliases=["ksampler audio", "generate audio", "sample audio", "denoise audio"],
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
    ):
        from ..v2a_core.settings import Settings
        from .native_model import is_ours, sample

        if not is_ours(model):
            raise InputError("The input 'model' is not a model for sound: connect the model of V2A Load Model.")
        spec = model.model.spec
        host.check_finite(cfg_start=cfg_start, cfg_end=cfg_end)
        if not 0 <= cfg_start <= cfg_end <= 1:
            raise InputError(f"cfg_start is {cfg_start:g} and cfg_end {cfg_end:g}: give two from 0 to 1, in order.")
        noise_at = model.get_model_object("model_sampling").percent_to_sigma
        interval = float(noise_at(cfg_end)), float(noise_at(cfg_start))
        settings = Settings(seed, steps, cfg, cfg if video_cfg == -1 else video_cfg, solver, spec.shift, interval)
        check_conditions(positive, "positive")
        check_conditions(negative, "negative")
        check_latent(latent, spec)
        conds = {"positive": positive, "negative": negative, "negative_with_video": with_video_of(negative, positive)}
        samples = sample(model, conds, latent, settings, host.progress())
        provenance = {
            "v2a_model": spec.name,
            "v2a_seed": str(seed),
            "v2a_prompt": positive[0][1][PROMPT].prompt,
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
            "steps", default=25, min=1, max=1000, tooltip="Steps of the solver. More take longer and may sound finer."
        ),
        io.Float.Input(
            "cfg",
            default=3.0,
            min=0.0,
            max=100.0,
            step=0.1,
            tooltip="How strongly the prompt is followed. 1 follows it as trained.",
        ),
        io.Float.Input(
            "video_cfg",
            default=-1.0,
            min=-1.0,
            max=100.0,
            step=0.1,
            tooltip="How strongly the picture is followed. -1 is the same as cfg, and faster than a scale of its own.",
        ),
        io.Combo.Input(
            "solver",
            options=["euler", "heun", "midpoint", "ab2"],
            default="euler",
            tooltip="euler and ab2 run the network once a step, heun and midpoint twice and more accurately.",
        ),
    ]
