"""V2ASyncPreview: picture and sound on one time axis."""

from comfy_api.latest import io

from . import host
from .types import schema


class V2ASyncPreview(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ASyncPreview",
            "V2A Sync Preview",
            description="Draws filmstrip, motion, waveform and spectrogram on one time axis, to compare them.",
            search_aliases=["waveform", "spectrogram", "filmstrip", "check sync"],
            inputs=[
                io.Video.Input("video", tooltip="The video."),
                io.Audio.Input("audio", tooltip="The sound. Of a batch the first is drawn."),
                io.Int.Input(
                    "width", default=1600, min=480, max=8192, step=16, tooltip="Width of the picture in pixels."
                ),
            ],
            outputs=[io.Image.Output(id="image", display_name="image", tooltip="The drawing, for Preview Image.")],
        )

    @classmethod
    def execute(cls, video, audio, width):
        from ..v2a_core.preview import sync_preview

        drawing = sync_preview(
            host.video_source(video), host.audio_from_host(audio), width=width, progress=host.progress()
        )
        return io.NodeOutput(drawing[None].float() / 255)
