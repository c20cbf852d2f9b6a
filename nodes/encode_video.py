"""V2AEncodeVideo: what the model's encoders see in a video."""

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .types import Encoders, Features, schema


class V2AEncodeVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AEncodeVideo",
            "V2A Encode Video",
            description="Reads a video once, at the frame rates that the model wants, and keeps only what it saw.",
            search_aliases=[
                "video features",
                "clip vision video",
                "synchformer",
                "video to features",
                "mask sound source",
            ],
            inputs=[
                Encoders.Input("encoders", tooltip="The encoders of V2A Load Model."),
                io.Video.Input(
                    "video",
                    optional=True,
                    tooltip="The video. It is streamed; one longer than the model makes in one go is seen in windows.",
                ),
                io.Image.Input(
                    "images",
                    optional=True,
                    tooltip="Frames instead of a video; their rate is the input fps. One alone stands for a video of "
                    "any length, for models that can do with a picture.",
                ),
                io.Float.Input(
                    "fps",
                    optional=True,
                    default=24.0,
                    min=0.01,
                    max=1000.0,
                    step=0.001,
                    tooltip="Frames per second of the images. A video has its own and ignores this.",
                ),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="Where the sound comes from: the model sees only what is white here. "
                    "One mask for all of the video, or several, spread evenly over it.",
                ),
            ],
            outputs=[
                Features.Output(
                    id="features", display_name="features", tooltip="What the model saw, for V2A Condition."
                )
            ],
        )

    @classmethod
    def execute(cls, encoders, video=None, images=None, fps=24.0, mask=None):
        from .native_model import Encoders as Loaded
        from .native_model import check_ours

        check_ours(encoders, Loaded, "encoders", "V2A Load Model")
        if video is None and images is not None and len(images) == 1:
            return io.NodeOutput(encoders.encode_image(images[0, ..., :3], mask))
        source = cls.source(video, images, fps)
        return io.NodeOutput(encoders.encode_video(source, mask, host.progress()))

    @staticmethod
    def source(video, images, fps):
        """The library's VideoSource of whichever input is connected; raises InputError for none and for both."""
        if (video is None) == (images is None):
            raise InputError("Connect either a video or images with their fps, one of the two.")
        if video is not None:
            return host.video_source(video)
        return host.frames_source(images, fps)
