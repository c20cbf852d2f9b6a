"""V2AEncodeAudio: a sound that exists already to a latent, to be changed or kept in part."""

from comfy_api.latest import io

from . import host
from .conditioning import DURATION, RATE
from .types import schema, seconds_input


class V2AEncodeAudio(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AEncodeAudio",
            "V2A Encode Audio",
            description="Encodes a sound to a latent like those that sampling makes, of an exact length.",
            search_aliases=["vae encode audio", "audio to latent", "audio to audio", "inpaint audio"],
            inputs=[
                io.Vae.Input("vae", tooltip="The VAE of V2A Load Model."),
                io.Audio.Input("audio", tooltip="The sound, at any sample rate; channels are mixed to one."),
                seconds_input(
                    "seconds",
                    "Length of the latent in seconds: what is longer is cut, silence follows what is shorter. "
                    "Use the video's length for a latent that is sampled with it. 0 is as long as the sound.",
                    optional=True,
                ),
            ],
            outputs=[
                io.Latent.Output(
                    id="latent",
                    display_name="latent",
                    tooltip="The sound as a latent; a batch of sounds gives a batch.",
                )
            ],
        )

    @classmethod
    def execute(cls, vae, audio, seconds=0.0):
        from .native_model import V2AVAE, check_ours

        check_ours(vae, V2AVAE, "vae", "V2A Load Model")
        sounds = host.sounds_from_host(audio)
        duration_s = seconds or sounds[0].duration_s
        samples = vae.encode_audio(sounds, duration_s, host.progress())
        # As in the latent of V2A Condition.
        batch = list(range(len(sounds)))
        told = {DURATION: duration_s, RATE: vae.family.spec.latent_rate_hz}
        return io.NodeOutput({"samples": samples, "type": "audio", "batch_index": batch, **told})
