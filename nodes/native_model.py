"""A model family as ComfyUI's own: its network a MODEL for any sampler and LoRA loader, its other parts beside it.

Every part sits in a ModelPatcher on the offload device, so that ComfyUI's memory manager decides what is where, when.
"""

from dataclasses import replace
from functools import cached_property

import comfy.conds
import comfy.latent_formats
import comfy.model_base
import comfy.model_management as memory
import comfy.ops
import comfy.sample
import comfy.samplers
import comfy.supported_models_base
import torch
from comfy.model_patcher import ModelPatcher
from torch import Tensor

from ..v2a_core.errors import InputError
from ..v2a_core.weights.catalog import catalog
from .conditioning import network_tensors

LARGE = 1e9  # bytes of files from which on a model is computed in a type of two bytes where that is good

# Heun's method looks at sigma 0, where the denoised latent says nothing of the velocity: this is near enough.
LAST_SIGMA = 1e-3


def load(name: str, precision: str, weights: str | None):
    """A family by name as (MODEL, V2A_ENCODERS, VAE); nothing is put on the device yet."""
    from ..v2a_core.models import load_family

    # Weights in another type than the network computes in, float8 for one, are cast while they are used.
    operations = comfy.ops.manual_cast
    dtype = _suited(name) if precision == "auto" else getattr(torch, precision)
    family = load_family(name, device="cpu", dtype=dtype, operations=operations, weights=weights)
    model = V2AModel(family)
    patcher = ModelPatcher(model, load_device=memory.get_torch_device(), offload_device=memory.unet_offload_device())
    return patcher, Encoders(family), V2AVAE(family)


def _suited(name: str) -> torch.dtype | None:
    """What a model is computed in where the user leaves it open; None is the model's own type."""
    device = memory.get_torch_device()
    if name not in catalog() or catalog()[name].bytes < LARGE:
        return None
    if memory.should_use_bf16(device):
        return torch.bfloat16
    return torch.float16 if memory.should_use_fp16(device) else None


def _parked(module: torch.nn.Module) -> ModelPatcher:
    return ModelPatcher(module, load_device=memory.get_torch_device(), offload_device=torch.device("cpu"))


class V2AModel(comfy.model_base.BaseModel):
    """The network as ComfyUI's flow model: sigma runs 1 -> 0, the output is noise - data, so nothing is converted."""

    def __init__(self, family):
        spec = family.spec

        class Latent(comfy.latent_formats.LatentFormat):
            latent_channels, latent_dimensions = spec.latent_channels, 1

        class Config(comfy.supported_models_base.BASE):
            unet_extra_config = {}  # noqa: RUF012
            latent_format = Latent
            sampling_settings = {"shift": spec.shift, "multiplier": 1.0}  # noqa: RUF012
            # A latent frame's widest layers hold about 40 numbers for each one of the network's width; ComfyUI counts a
            # frame as 10 kB a byte of the type, times this.
            memory_usage_factor = family.network.config.width / 256

        config = Config({"disable_unet_model_creation": True})
        super().__init__(config, comfy.model_base.ModelType.FLOW, device=memory.unet_offload_device())
        # The network itself, not a wrapper, so that LoRA keys are the network's own parameter names.
        self.diffusion_model = family.network
        self.spec = spec

    def _apply_model(
        self, x, t, c_concat=None, c_crossattn=None, control=None, transformer_options=None, **conditions
    ) -> Tensor:
        """Denoised latent [B, C, T] of x at noise levels t [B]."""
        conditions = {name: tensor.to(x.device) for name, tensor in conditions.items()}
        # The network takes sigma itself: ModelSamplingSD3 scales its timesteps by a thousand.
        velocity = self.diffusion_model(self.model_sampling.calculate_input(t, x), t, **conditions)
        return self.model_sampling.calculate_denoised(t, velocity.float(), x)

    def extra_conds(self, **conditioning) -> dict:
        tensors = network_tensors(self.spec, conditioning)
        # What no step changes is done once a run, with the patches that are on the network now. LoRAs that come and go
        # during a run are hooks of the conditioning.
        prepare = getattr(self.diffusion_model, "prepare", None)
        if prepare is not None and not conditioning.get("hooks"):
            device = conditioning["device"]
            tensors = prepare(**{name: tensor.to(device) for name, tensor in tensors.items()})
        return {name: comfy.conds.CONDRegular(tensor) for name, tensor in tensors.items()}


class Encoders:
    """V2A_ENCODERS: what turns a video and a prompt into features."""

    def __init__(self, family):
        self.family = family

    # A part is made when it is first used: until then its weights stay in their file.
    @cached_property
    def _visual(self) -> ModelPatcher:
        return _parked(self.family.visual)

    @cached_property
    def _text(self) -> ModelPatcher:
        return _parked(self.family.text)

    def encode_video(self, source, mask=None, progress=None):
        """VisualFeatures of a VideoSource, on the CPU; mask [N, H, W] keeps the rest of the picture out."""
        from ..v2a_core import stages

        memory.load_models_gpu([self._visual], force_full_load=True)
        return _on_cpu(stages.encode_video(self.family, source, progress, mask=mask))

    def encode_image(self, image: Tensor, mask=None):
        """VisualFeatures of one picture [H, W, 3] that stands for a whole video, on the CPU."""
        from ..v2a_core import stages

        memory.load_models_gpu([self._visual], force_full_load=True)
        return _on_cpu(stages.encode_image(self.family, image, mask=mask))

    def encode_cues(self, sheet):
        """TextFeatures of what a CueSheet says is to be heard and what not, on the CPU."""
        from ..v2a_core import stages

        memory.load_models_gpu([self._text], force_full_load=True)
        sides = stages.encode_cues(self.family, sheet)
        return [[replace(text, tokens=text.tokens.cpu()) for text in side] for side in sides]


def _on_cpu(features):
    return replace(features, tensors={name: tensor.cpu() for name, tensor in features.tensors.items()})


class V2AVAE:
    """VAE: decodes like ComfyUI's own where a core node asks, and to audio of an exact length where ours does.

    What encodes stays in its file until it is asked for.
    """

    def __init__(self, family):
        self.family = family

    @cached_property
    def patcher(self) -> ModelPatcher:
        return _parked(self.family.decoder)

    def decode(self, samples: Tensor) -> Tensor:
        """Latent [B, C, T] to waveforms [B, N, channels]."""
        memory.load_models_gpu([self.patcher], force_full_load=True)
        return self.family.decoder.decode(samples.to(self.patcher.load_device)).movedim(1, -1).float().cpu()

    def decode_audio(self, samples: Tensor, duration_s: float) -> list:
        """Latent [B, C, T] to B Audios of exactly duration_s."""
        from ..v2a_core import stages

        memory.load_models_gpu([self.patcher], force_full_load=True)
        samples = samples.to(self.patcher.load_device)
        return [stages.decode(self.family, one[None], duration_s) for one in samples]

    @cached_property
    def _encoder(self) -> ModelPatcher:
        from ..v2a_core.stages import encoder_of

        return _parked(encoder_of(self.family))

    def encode_audio(self, sounds: list, duration_s: float) -> Tensor:
        """B Audios to their latents [B, C, T] over duration_s."""
        from ..v2a_core import stages

        memory.load_models_gpu([self._encoder], force_full_load=True)
        latents = [stages.encode_audio(self.family, sound, duration_s) for sound in sounds]
        return torch.cat(latents).to(memory.intermediate_device())

    def encode(self, pixels: Tensor) -> Tensor:
        """Raise InputError: a core node does not say at which rate a sound is, and brings all to 44.1 kHz."""
        raise InputError("This VAE has a sample rate of its own: encode sounds with V2A Encode Audio.")


class Guider(comfy.samplers.CFGGuider):
    """Guidance with scales of their own for text, video and negative prompt; one for all is ComfyUI's own guidance."""

    def __init__(self, model: ModelPatcher, guidance, conds: dict):
        super().__init__(model)
        self.guidance = guidance
        self.inner_set_conds(conds)

    def predict_noise(self, x, timestep, model_options={}, seed=None):  # noqa: B006
        sigma = timestep.max().item()
        text, video, strength = self.guidance.at(sigma)
        if text == video and (strength == 1 or text == 1):
            self.set_cfg(text)
            return super().predict_noise(x, timestep, model_options, seed)
        predictions = comfy.samplers.calc_cond_batch(
            self.inner_model, list(self.conds.values()), x, timestep, model_options
        )
        base, deltas = self.guidance.deltas(sigma, **dict(zip(self.conds, predictions, strict=True)))
        return base + sum(delta.scale * (delta.toward - delta.away) for delta in deltas)


def sample(model: ModelPatcher, conds: dict, latent: dict, settings, progress, denoise: float = 1.0) -> Tensor:
    """Sample a latent with one of the library's solvers, through everything that is patched into the model.

    conds holds CONDITIONING by name: positive, negative, negative_with_video. Returns [B, C, T].
    """
    from ..v2a_core.sampling.flow import part_sigmas
    from ..v2a_core.sampling.solvers import SOLVERS

    guider = Guider(model, settings.guidance, conds)
    start = latent["samples"]
    # Noise is drawn for one after the other, so that any of a batch can be made again alone.
    noise = comfy.sample.prepare_noise(start, settings.seed, latent.get("batch_index") or range(len(start)))
    # ModelSamplingSD3 patches the shift like any other part of the model.
    shift = getattr(model.get_model_object("model_sampling"), "shift", settings.shift)
    samples = guider.sample(
        noise,
        start,
        comfy.samplers.KSAMPLER(_host_sampler(SOLVERS[settings.solver])),
        part_sigmas(settings.steps, shift, denoise),
        denoise_mask=latent.get("noise_mask"),
        callback=lambda step, denoised, x, total: progress("sample", step + 1, total),
        disable_pbar=True,
        seed=settings.seed,
    )
    return samples.to(memory.intermediate_device())


def _host_sampler(solver):
    """A solver of the library with the signature of ComfyUI's sampler functions."""

    def run(denoise, x, sigmas, extra_args=None, callback=None, disable=None):
        def velocity(x, sigma):
            sigma = sigma.clamp_min(LAST_SIGMA)
            return (x - denoise(x, sigma.expand(len(x)), **extra_args)) / sigma

        def told(step, x, denoised):
            callback({"i": step, "x": x, "denoised": denoised})

        return solver(velocity, x, sigmas, told)

    return run


def is_ours(model) -> bool:
    return isinstance(getattr(model, "model", None), V2AModel)


def check_ours(value, kind: type, socket: str, source: str) -> None:
    """Raise InputError where something else than the pack's own is connected."""
    if not isinstance(value, kind):
        raise InputError(f"The input {socket!r} is a {type(value).__name__}: connect the output of {source}.")
