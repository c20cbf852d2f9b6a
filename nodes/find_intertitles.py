"""V2AFindIntertitles: when a silent film shows title cards, as lines to fill in."""

from comfy_api.latest import io, ui

from . import host
from .types import schema


class V2AFindIntertitles(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AFindIntertitles",
            "V2A Find Intertitles",
            description="Finds the title cards of a silent film: a line with its time for each, to be filled in.",
            search_aliases=["silent film", "silent movie", "title cards", "subtitles", "transcript"],
            is_output_node=True,  # its text is worth a run with nothing behind it
            inputs=[
                io.Video.Input(
                    "video", tooltip="The film. Set its speed in V2A Load Video first: all times follow it."
                ),
                io.String.Input(
                    "words",
                    optional=True,
                    default="...",
                    tooltip="What each line says after its time: dots to be filled in, or a sound to hear with every "
                    "card, such as soft piano, for V2A Prompt.",
                ),
            ],
            outputs=[
                io.String.Output(
                    id="text",
                    display_name="text",
                    tooltip="A line a card, for V2A Transcript or V2A Prompt; empty where there is none.",
                )
            ],
        )

    @classmethod
    def execute(cls, video, words="..."):
        from ..v2a_core.media.intertitles import find_intertitles
        from ..v2a_core.prompts.subtitles import write_blanks

        text = write_blanks(find_intertitles(host.video_source(video), host.progress()), words)
        return io.NodeOutput(text, ui=ui.PreviewText(text or "No title card was found."))
