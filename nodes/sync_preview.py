"""V2ASyncPreview: picture and sound on one time axis."""

from comfy_api.latest import io

from . import host
from .conditioning import cues_of
from .types import Transcript, schema


class V2ASyncPreview(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ASyncPreview",
            "V2A Sync Preview",
            description="Draws filmstrip, words, motion, onsets, waveform and spectrogram on one time axis, and joins "
            "each onset to the motion that it meets.",
            search_aliases=["waveform", "spectrogram", "filmstrip", "check sync"],
            inputs=[
                io.Video.Input("video", tooltip="The video."),
                io.Audio.Input("audio", tooltip="The sound. Of a batch the first is drawn."),
                io.Int.Input(
                    "width", default=1600, min=480, max=8192, step=16, tooltip="Width of the picture in pixels."
                ),
                io.MultiType.Input(
                    "cues",
                    types=[io.Conditioning, io.String],
                    optional=True,
                    tooltip="What was asked for, drawn at its times: a positive of V2A Prompt or V2A Condition, or the "
                    "text of a prompt.",
                ),
                Transcript.Input("transcript", optional=True, tooltip="Who says what, drawn at its times."),
            ],
            outputs=[io.Image.Output(id="image", display_name="image", tooltip="The drawing, for Preview Image.")],
        )

    @classmethod
    def execute(cls, video, audio, width, cues=None, transcript=None):
        from ..v2a_core.preview import sync_preview
        from ..v2a_core.prompts.cues import cue_sheet

        drawing = sync_preview(
            host.video_source(video),
            host.audio_from_host(audio),
            width=width,
            cues=cue_sheet(cues) if isinstance(cues, str) else cues_of(cues or [], "cues"),
            transcript=transcript,
            progress=host.progress(),
        )
        return io.NodeOutput(drawing[None].float() / 255)
