"""V2ADecodeAudio: latent to sound, exactly as long as the video."""

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .conditioning import DURATION
from .keep_span import with_kept
from .sampler import PROVENANCE, check_latent
from .types import schema


class V2ADecodeAudio(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ADecodeAudio",
            "V2A Decode Audio",
            description="Decodes a latent to sound, to the sample as long as its video. "
            "Loudness is left alone, peaks over -1 dBTP are turned down.",
            search_aliases=["vae decode audio", "vocoder", "latent to audio"],
            inputs=[
                io.Vae.Input("vae", tooltip="The VAE of V2A Load Model."),
                io.Latent.Input("latent", tooltip="The latent of V2A Sampler or of any other sampler."),
            ],
            outputs=[
                io.Audio.Output(
                    id="audio", display_name="audio", tooltip="The sound; a batch of latents gives a batch."
                )
            ],
        )

    @classmethod
    def execute(cls, vae, latent):
        from .native_model import V2AVAE, check_ours

        check_ours(vae, V2AVAE, "vae", "V2A Load Model")
        spec, samples = vae.family.spec, latent["samples"]
        check_latent(latent, spec)
        frames = samples.shape[-1]
        # A latent from elsewhere carries no duration: its own length is the best there is.
        duration_s = latent.get(DURATION, frames / spec.latent_rate_hz)
        if spec.latent_length(duration_s) != frames:
            raise InputError(
                f"The latent has {frames} frames, not the {spec.latent_length(duration_s)} of its {duration_s:g} s."
            )
        sounds = vae.decode_audio(samples, duration_s, host.progress())
        audio = host.audio_to_host(with_kept(latent, sounds))
        return io.NodeOutput({**audio, PROVENANCE: latent.get(PROVENANCE, {"v2a_model": spec.name})})
