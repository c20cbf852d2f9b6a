"""V2ATranscript: who says what, when, from text or a subtitle file."""

import os

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .types import Transcript, schema, seconds_input

NO_FILE = "none"


class V2ATranscript(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ATranscript",
            "V2A Transcript",
            description="Reads who says what, when: from lines, SRT or WebVTT.",
            search_aliases=["subtitles", "srt", "vtt", "dialogue", "speech", "captions", "who says what"],
            inputs=[
                io.String.Input(
                    "text",
                    multiline=True,
                    default="",
                    placeholder="ANNA [0.5-2.0]: Hello there.\nBEN [2.4-3.1]: Who is it?",
                    tooltip="A line each, with speaker and seconds: ANNA [0.5-2.0]: Hello. Or pasted SRT or WebVTT.",
                ),
                io.Combo.Input(
                    "file",
                    options=[NO_FILE, *host.input_subtitles()],
                    default=NO_FILE,
                    optional=True,
                    tooltip="An .srt, .vtt or .txt file in ComfyUI's input folder, instead of the text.",
                ),
                seconds_input(
                    "seconds", "Length of the video, which no line may reach beyond. 0 does not check.", optional=True
                ),
            ],
            outputs=[
                Transcript.Output(id="transcript", display_name="transcript", tooltip="The lines, for V2A Condition."),
                io.String.Output(id="srt", display_name="srt", tooltip="The lines as SubRip subtitles."),
                io.String.Output(
                    id="words", display_name="words", tooltip="The words alone, a line each, for text to speech."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, file=NO_FILE):
        try:
            if file != NO_FILE:
                host.input_path(file)
        except (ValueError, OSError) as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, file=NO_FILE, **_):
        if file == NO_FILE:
            return file
        status = os.stat(host.input_path(file))
        return status.st_mtime_ns, status.st_size

    @classmethod
    def execute(cls, text, file=NO_FILE, seconds=0.0):
        from ..v2a_core.prompts.lines import read_text
        from ..v2a_core.prompts.subtitles import parse_transcript, write_srt

        name = "The transcript"
        if file != NO_FILE:
            if text.strip():
                raise InputError(f"Both the text and the file {file!r} hold a transcript: clear one of the two.")
            name = f"The file {file!r}"
            text = read_text(host.input_path(file), name)
        transcript = parse_transcript(text, name)
        if seconds:
            transcript.check(seconds, name)
        return io.NodeOutput(transcript, write_srt(transcript), "\n".join(line.text for line in transcript.lines))
