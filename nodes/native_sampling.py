"""Sampling in ComfyUI with the library's solvers and guidance, through everything that is patched into the model."""

import comfy.model_management as memory
import comfy.sample
import comfy.sampler_helpers
import comfy.samplers
import torch
from comfy.model_patcher import ModelPatcher
from comfy.samplers import calc_cond_batch
from torch import Tensor

from . import host
from .conditioning import film_of, in_window, nameable
from .native_preview import preview_of


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
        denoised = calc_cond_batch(self.inner_model, list(self.conds.values()), x, timestep, model_options)
        said = dict(zip(self.conds, denoised, strict=True))
        base, deltas = self.guidance.deltas(sigma, **said)
        args = {
            "denoised": base + sum(delta.scale * (delta.toward - delta.away) for delta in deltas),
            "cond_denoised": said["positive"],
            "uncond_denoised": said["negative"],
            "cond": self.conds["positive"],
            "uncond": self.conds["negative"],
            "cond_scale": text,
            "model": self.inner_model,
            "sigma": timestep,
            "input": x,
            "model_options": model_options,
        }
        # As in ComfyUI's own guidance: what is patched in after it counts here too.
        for function in model_options.get("sampler_post_cfg_function", []):
            args["denoised"] = function(args)
        return args["denoised"]


def sample(model: ModelPatcher, conds: dict, latent: dict, settings, progress, denoise: float = 1.0) -> Tensor:
    """Sample a latent with one of the library's solvers.

    conds holds CONDITIONING by name: positive, negative, negative_with_video. Returns [B, C, T].
    """
    from ..v2a_core.sampling.flow import part_sigmas

    # ModelSamplingSD3 patches the shift like any other part of the model.
    shift = getattr(model.get_model_object("model_sampling"), "shift", settings.shift)
    sigmas = part_sigmas(settings.steps, shift, denoise)
    film = film_of(conds, latent["samples"].shape[-1])
    if film is not None:
        return _sample_film(model, film, conds, latent, settings, sigmas, progress)
    start = latent["samples"]
    # Noise is drawn for one after the other, so that any of a batch can be made again alone.
    noise = comfy.sample.prepare_noise(start, settings.seed, latent.get("batch_index") or range(len(start)))
    samples = _solved(model, conds, start, noise, latent.get("noise_mask"), settings, sigmas, progress)
    return samples.to(memory.intermediate_device())


def _solved(model, conds, start, noise, mask, settings, sigmas, progress, around=lambda velocity: velocity) -> Tensor:
    from ..v2a_core.sampling.solvers import SOLVERS

    preview = preview_of(model)
    return Guider(model, settings.guidance, conds).sample(
        noise,
        start,
        comfy.samplers.KSAMPLER(_host_sampler(SOLVERS[settings.solver], around)),
        sigmas,
        denoise_mask=mask,
        callback=lambda step, denoised, x, total: progress("sample", step + 1, total, preview(denoised)),
        disable_pbar=True,
        seed=settings.seed,
    )


def _sample_film(model, film, conds, latent, settings, sigmas, progress) -> Tensor:
    """A film's latent, window after window, from whatever a run that broke off has left in the output folder.

    The noise is the command line's, so the same seed gives the same sound there; the takes of a batch have seeds one
    after the other.
    """
    from ..v2a_core.film_sounds import refine, refined
    from ..v2a_core.parts import digest
    from ..v2a_core.sampling.windows import film_noise
    from ..v2a_core.settings import MAX_SEED

    start, mask, total = latent["samples"], latent.get("noise_mask"), len(film.windows)
    if mask is not None:
        mask = comfy.sampler_helpers.prepare_mask(mask, start.shape, torch.device("cpu"))
    seeds = [(settings.seed + take) % (MAX_SEED + 1) for take in latent.get("batch_index") or range(len(start))]
    made_of = digest(repr(film), repr(settings), sigmas, seeds)
    keys: list[str] = []

    def key(number: int) -> str:
        """What a window is made of, and all before it, but for the model."""
        while len(keys) <= number:
            window = film.windows[len(keys)]
            at = [in_window(entries, len(keys)) for entries in conds.values()]
            held = [None if tensor is None else tensor[..., window.first : window.end] for tensor in (start, mask)]
            keys.append(digest(keys[-1] if keys else made_of, [nameable(entries) for entries in at], held))
        return keys[number]

    def sampled(number: int, around, _) -> Tensor:
        window = film.windows[number]
        noise = torch.cat([film_noise(start.shape[1], window.first, window.end, seed) for seed in seeds])
        here = {name: in_window(entries, number) for name, entries in conds.items()}
        known, held = (None if tensor is None else tensor[..., window.first : window.end] for tensor in (start, mask))

        def told(stage: str, step: int, steps: int, shown: tuple | None) -> None:
            progress(stage, number * steps + step, total * steps, shown)

        return _solved(model, here, known, noise, held, settings, sigmas, told, around)

    # A folder for what takes this much work: a run with other prompts writes over what the last one left.
    with host.unfinished(digest(film.spec.name, start.shape[-1], seeds)) as parts:
        refine(film, sampled, parts, "latent", key, in_doubt=True)
        samples = refined(film, parts, "latent", key)(0, start.shape[-1])
    return samples.to(memory.intermediate_device())


def _host_sampler(solver, around):
    """A solver of the library with the signature of ComfyUI's sampler functions; around wraps the velocity it uses."""

    def run(denoise, x, sigmas, extra_args=None, callback=None, disable=None):
        from ..v2a_core.sampling.rescale import LAST_SIGMA

        def velocity(x, sigma):
            sigma = sigma.clamp_min(LAST_SIGMA)
            return (x - denoise(x, sigma.expand(len(x)), **extra_args)) / sigma

        def told(step, x, denoised):
            callback({"i": step, "x": x, "denoised": denoised})

        return solver(around(velocity), x, sigmas, told)

    return run
