"""A model family as ComfyUI's own: its network a MODEL for any sampler and LoRA loader, its other parts beside it.

Every part sits in a ModelPatcher on the offload device, so that ComfyUI's memory manager decides what is where, when.
"""

from collections import defaultdict
from dataclasses import replace
from functools import cached_property, partial

import comfy.conds
import comfy.model_base
import comfy.model_management as memory
import comfy.ops
import comfy.supported_models_base
import torch
from comfy.model_patcher import ModelPatcher
from comfy.patcher_extension import CallbacksMP
from torch import Tensor

from ..v2a_core.errors import InputError
from ..v2a_core.room import REFINE, Room
from ..v2a_core.weights.catalog import catalog
from .conditioning import network_conditions
from .native_preview import latent_format, live_preview

LARGE = 1e9  # bytes of files from which on a model is computed in a type of two bytes where that is good


def load(name: str, precision: str, weights: str | None):
    """A family by name as (MODEL, V2A_ENCODERS, VAE); nothing is put on the device yet."""
    from ..v2a_core.models import load_family

    # Weights in another type than the network computes in, float8 for one, are cast while they are used.
    operations = comfy.ops.manual_cast
    dtype = _suited(name) if precision == "auto" else getattr(torch, precision)
    family = load_family(name, device="cpu", dtype=dtype, operations=operations, weights=weights)
    vae = V2AVAE(family)
    live = live_preview(family, vae)
    model = V2AModel(family, live)
    patcher = ModelPatcher(model, load_device=memory.get_torch_device(), offload_device=memory.unet_offload_device())
    if live is not None:
        patcher.add_callback(CallbacksMP.ON_PRE_RUN, live.begin)
    if family.spec.rescale:
        patcher.set_model_sampler_post_cfg_function(partial(_rescaled, family.spec.rescale))
    return patcher, Encoders(family), vae


def _rescaled(share: float, args: dict) -> Tensor:
    """What any sampler of ComfyUI's makes of the guided estimate."""
    from ..v2a_core.sampling.rescale import rescaled

    return rescaled(args["denoised"], args["cond_denoised"], share)


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

    def __init__(self, family, live=None):
        spec, latents = family.spec, latent_format(family.spec, live)

        class Config(comfy.supported_models_base.BASE):
            unet_extra_config = {}  # noqa: RUF012
            latent_format = latents
            sampling_settings = {"shift": spec.shift, "multiplier": 1.0}  # noqa: RUF012
            # A latent frame's widest layers hold about 40 numbers for each one of the network's width; ComfyUI counts a
            # frame as 10 kB a byte of the type, times this.
            memory_usage_factor = family.network.config.width / 256

        config = Config({"disable_unet_model_creation": True})
        super().__init__(config, comfy.model_base.ModelType.FLOW, device=memory.unet_offload_device())
        # The network itself, not a wrapper, so that LoRA keys are the network's own parameter names.
        self.diffusion_model = family.network
        self.spec, self.live = spec, live
        self.rooms = defaultdict(lambda: Room(REFINE))  # by the length of what is refined

    def _apply_model(
        self, x, t, c_concat=None, c_crossattn=None, control=None, transformer_options=None, film=None, **conditions
    ) -> Tensor:
        """Denoised latent [B, C, T] of x at noise levels t [B], which for a film are all the same."""
        from ..v2a_core.sampling.guidance import InBatches

        # The network takes sigma itself: ModelSamplingSD3 scales its timesteps by a thousand.
        scaled = self.model_sampling.calculate_input(t, x)
        network = InBatches(self.diffusion_model, self.rooms[x.shape[-1]])
        if film is not None:
            from ..v2a_core.film import film_velocities

            check = memory.throw_exception_if_processing_interrupted
            velocity = film_velocities(network, scaled, t[0], film, check)
        else:
            conditions = {name: tensor.to(x.device) for name, tensor in conditions.items()}
            velocity = network(scaled, t, **conditions)
        return self.model_sampling.calculate_denoised(t, velocity.float(), x)

    def memory_required(self, input_shape, cond_shapes={}):  # noqa: B006
        """Of a film the network sees a window at a time."""
        *rest, frames = input_shape
        if frames > self.spec.latent_length(self.spec.max_duration_s):
            frames = self.spec.latent_length(self.spec.window_length_s)
        return super().memory_required([*rest, frames], cond_shapes=cond_shapes)

    def extra_conds(self, **conditioning) -> dict:
        laid_out = network_conditions(self.spec, conditioning)
        if hasattr(laid_out, "film"):
            return {"film": _FilmCond([laid_out])}
        tensors = laid_out.tensors()
        # What no step changes is done once a run, with the patches that are on the network now. LoRAs that come and go
        # during a run are hooks of the conditioning.
        prepare = getattr(self.diffusion_model, "prepare", None)
        if prepare is not None and not conditioning.get("hooks"):
            device = conditioning["device"]
            tensors = prepare(**{name: tensor.to(device) for name, tensor in tensors.items()})
        return {name: comfy.conds.CONDRegular(tensor) for name, tensor in tensors.items()}


class _FilmCond(comfy.conds.CONDConstant):
    """FilmConditions, one for each of what is batched: they come to the device window by window."""

    def can_concat(self, other) -> bool:
        return self.cond[0].film == other.cond[0].film

    def concat(self, others) -> list:
        return [*self.cond, *(one for other in others for one in other.cond)]


class Encoders:
    """V2A_ENCODERS: what turns a video and a prompt into features."""

    def __init__(self, family):
        self.family = family

    # A part is made when it is first used: until then its weights stay in their file.
    @cached_property
    def visual(self) -> ModelPatcher:
        return _parked(self.family.visual)

    @cached_property
    def text(self) -> ModelPatcher:
        return _parked(self.family.text)

    def encode_video(self, source, mask=None, progress=None):
        """VisualFeatures of a VideoSource, on the CPU; mask [N, H, W] keeps the rest of the picture out.

        FilmFeatures of a video that the model does not make in one go.
        """
        from ..v2a_core.media.video import probe
        from ..v2a_core.settings import fits
        from ..v2a_core.stages import encode_video
        from ..v2a_core.watch import encode_film

        memory.load_models_gpu([self.visual], force_full_load=True)
        if fits(self.family.spec, probe(source).duration_s):
            return encode_video(self.family, source, progress, mask=mask).to("cpu")
        return encode_film(self.family, source, progress, mask=mask)

    def encode_image(self, image: Tensor, mask=None):
        """VisualFeatures of one picture [H, W, 3] that stands for a whole video, on the CPU."""
        from ..v2a_core import stages

        memory.load_models_gpu([self.visual], force_full_load=True)
        return stages.encode_image(self.family, image, mask=mask).to("cpu")

    def encode_cues(self, sheet):
        """TextFeatures of what a CueSheet says is to be heard and what not, on the CPU."""
        from ..v2a_core import stages

        memory.load_models_gpu([self.text], force_full_load=True)
        sides = stages.encode_cues(self.family, sheet)
        return [[replace(text, tokens=text.tokens.cpu()) for text in side] for side in sides]


class V2AVAE:
    """VAE: decodes like ComfyUI's own where a core node asks, and to audio of an exact length where ours does.

    What encodes stays in its file until it is asked for.
    """

    def __init__(self, family):
        self.family = family

    @property
    def audio_sample_rate(self) -> int:
        """What newer cores and other packs take for the rate of what `decode` gives, in Hz; they default to 44,100."""
        return self.family.spec.sample_rate_hz

    @cached_property
    def patcher(self) -> ModelPatcher:
        return _parked(self.family.decoder)

    def decode(self, samples: Tensor) -> Tensor:
        """Latent [B, C, T] to waveforms [B, N, channels]."""
        spec, frames = self.family.spec, samples.shape[-1]

        def at_once() -> Tensor:
            memory.load_models_gpu([self.patcher], force_full_load=True)
            return self.family.decoder.decode(samples.to(self.patcher.load_device)).movedim(1, -1).float().cpu()

        def one_by_one() -> Tensor:
            sounds = self.decode_audio(samples, frames / spec.latent_rate_hz)
            return torch.stack([sound.samples.T for sound in sounds])

        if frames > spec.latent_length(spec.max_duration_s):
            return one_by_one()
        return Room("decode a batch of {}", least=0).do(len(samples), at_once, one_by_one)

    def decode_audio(self, samples: Tensor, duration_s: float, progress=None) -> list:
        """Latent [B, C, T] to B Audios of exactly duration_s."""
        from ..v2a_core import stages

        memory.load_models_gpu([self.patcher], force_full_load=True)
        samples = samples.to(self.patcher.load_device)
        return [stages.decode(self.family, one[None], duration_s, progress) for one in samples]

    def beside(self) -> bool:
        """Bring the decoder to its device while a network is at work there; False where that has no room for both."""
        size, device = self.patcher.model_size(), self.patcher.load_device
        if self.patcher.loaded_size() < size:
            # ComfyUI would make room, and send away what is in use.
            spare = 0 if memory.is_device_cpu(device) else 2 * memory.minimum_inference_memory()
            if memory.get_free_memory(device) < 1.1 * size + spare:
                return False
            memory.load_models_gpu([self.patcher], force_full_load=True)
        return True

    @cached_property
    def encoder(self) -> ModelPatcher:
        from ..v2a_core.stages import encoder_of

        return _parked(encoder_of(self.family))

    def encode_audio(self, sounds: list, duration_s: float, progress=None) -> Tensor:
        """B Audios to their latents [B, C, T] over duration_s."""
        from ..v2a_core import stages

        memory.load_models_gpu([self.encoder], force_full_load=True)
        latents = [stages.encode_audio(self.family, sound, duration_s, progress) for sound in sounds]
        return torch.cat(latents).to(memory.intermediate_device())

    def encode(self, pixels: Tensor) -> Tensor:
        """Raise InputError: a core node does not say at which rate a sound is, and brings all to 44.1 kHz."""
        raise InputError("This VAE has a sample rate of its own: encode sounds with V2A Encode Audio.")


def is_ours(model) -> bool:
    return isinstance(getattr(model, "model", None), V2AModel)


def check_ours(value, kind: type, socket: str, source: str) -> None:
    """Raise InputError where something else than the pack's own is connected."""
    if not isinstance(value, kind):
        raise InputError(f"The input {socket!r} is a {type(value).__name__}: connect the output of {source}.")
