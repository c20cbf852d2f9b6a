"""V2APlaceSpeech: speech put at the times of a transcript."""

from comfy_api.latest import io

from . import host
from .types import Transcript, schema, seconds_input


class V2APlaceSpeech(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2APlaceSpeech",
            "V2A Place Speech",
            description="Puts speech from any text-to-speech node at the times of a transcript's lines.",
            search_aliases=[
                "dubbing",
                "voice over",
                "voiceover",
                "text to speech timing",
                "tts timing",
                "align speech",
                "time stretch speech",
            ],
            inputs=[
                Transcript.Input("transcript", tooltip="Who says what, when, from V2A Transcript."),
                io.Audio.Input(
                    "audio",
                    tooltip="The speech: a batch of one sound a line, or one sound of all, which is cut at its pauses.",
                ),
                io.Float.Input(
                    "stretch",
                    default=1.25,
                    min=1.0,
                    max=2.0,
                    step=0.01,
                    tooltip="How many times faster or slower a line may be said to fill its time. 1 is not at all.",
                ),
                seconds_input(
                    "seconds", "Length of the sound, that of the video. 0 ends with the last line.", optional=True
                ),
            ],
            outputs=[
                io.Audio.Output(id="audio_out", display_name="audio", tooltip="The speech stem, silent between lines."),
                io.String.Output(id="report", display_name="report", tooltip="How each line fits its time."),
            ],
        )

    @classmethod
    def execute(cls, transcript, audio, stretch, seconds=0.0):
        from ..v2a_core.media.audio import fit_length
        from ..v2a_core.settings import check_film

        check_film(seconds, "The sound")
        if seconds:
            transcript.check(seconds)
        sound, report = placed(host.sounds_from_host(audio), transcript, stretch, host.progress())
        sound = fit_length(sound, seconds) if seconds else sound
        return io.NodeOutput(host.audio_to_host([sound]), "\n".join(report), ui={"text": report})


def placed(said: list, transcript, most: float, progress) -> tuple:
    """Speech at the transcript's times as one sound, and a line of report for each of its lines."""
    from ..v2a_core.media.stretch import place_speech
    from ..v2a_core.prompts.transcript import describe
    from ..v2a_core.settings import check_film

    lines = transcript.lines
    check_film(max((line.end_s for line in lines), default=0.0), "The transcript")
    sound, fits = place_speech(said, [(line.start_s, line.end_s) for line in lines], most, progress)
    return sound, [f"{describe(line)}: {fit}" for line, fit in zip(lines, fits, strict=True)]
