"""V2AVideoToAudio: the whole chain in one node."""

from comfy_api.latest import io
from comfy_execution.graph_utils import GraphBuilder

from .load_model import licences, model_inputs
from .mux_video import mux_inputs
from .prompt import prompt_inputs
from .sampler import sampling_inputs
from .types import schema


class V2AVideoToAudio(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AVideoToAudio",
            "V2A Video to Audio",
            description=f"Makes the soundtrack of a video: watches it, samples, decodes and muxes. {licences()}",
            search_aliases=[
                "foley",
                "sound effects",
                "sfx",
                "soundtrack",
                "ambience",
                "ambient sound",
                "add sound to video",
                "silent video",
                "mmaudio",
                "hunyuan foley",
            ],
            enable_expand=True,
            inputs=[
                io.Video.Input(
                    "video",
                    tooltip="The video to make sound for. Its picture is left untouched.",
                    # As a link, not a value, so that the stages inside are cached by where the video comes from.
                    extra_dict={"rawLink": True},
                ),
                *prompt_inputs(),
                *model_inputs(),
                *sampling_inputs(),
                *mux_inputs(),
            ],
            outputs=[
                io.Video.Output(
                    id="video_out", display_name="video", tooltip="The video with its sound, for Save Video."
                ),
                io.Audio.Output(
                    id="audio", display_name="audio", tooltip="The sound alone, exactly as long as the video."
                ),
            ],
        )

    @classmethod
    def execute(
        cls, video, prompt, negative_prompt, model, precision, seed, steps, cfg, video_cfg, solver, mode, codec
    ):
        # It stands for the graph of the others, so each stage is cached: a new seed neither loads nor watches again.
        graph = GraphBuilder()
        loaded = graph.node("V2ALoadModel", model=model, precision=precision)
        network, encoders, vae = loaded.out(0), loaded.out(1), loaded.out(2)
        features = graph.node("V2AEncodeVideo", encoders=encoders, video=video)
        texts = graph.node("V2APrompt", encoders=encoders, prompt=prompt, negative_prompt=negative_prompt)
        conditions = graph.node(
            "V2ACondition", positive=texts.out(0), negative=texts.out(1), features=features.out(0), seconds=0.0
        )
        latent = graph.node(
            "V2ASampler",
            model=network,
            positive=conditions.out(0),
            negative=conditions.out(1),
            latent=conditions.out(2),
            seed=seed,
            steps=steps,
            cfg=cfg,
            video_cfg=video_cfg,
            solver=solver,
        )
        audio = graph.node("V2ADecodeAudio", vae=vae, latent=latent.out(0))
        finished = graph.node("V2AMuxVideo", video=video, audio=audio.out(0), mode=mode, codec=codec)
        return io.NodeOutput(finished.out(0), audio.out(0), expand=graph.finalize())
