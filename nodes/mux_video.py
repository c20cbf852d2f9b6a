"""V2AMuxVideo: sound under an untouched picture."""

from pathlib import Path

from comfy_api.latest import io

from . import host
from .sampler import PROVENANCE
from .types import schema

MODES = ("replace", "mix")
CODECS = ("auto", "aac", "flac", "opus")
_MP4_CODECS = {"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"}


class V2AMuxVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AMuxVideo",
            "V2A Mux Video",
            description="Puts sound under a video. The picture's packets are copied; a batch of images is encoded.",
            search_aliases=[
                "add audio to video",
                "combine audio and video",
                "replace audio",
                "merge audio",
                "soundtrack",
            ],
            inputs=[
                io.Video.Input("video", tooltip="The video. Its picture is not encoded again."),
                io.Audio.Input("audio", tooltip="The sound to put under it. Of a batch the first is taken."),
                *mux_inputs(),
            ],
            outputs=[
                io.Video.Output(
                    id="video_out", display_name="video", tooltip="The video with the sound, for Save Video."
                )
            ],
        )

    @classmethod
    def execute(cls, video, audio, mode, codec):
        from ..v2a_core.media.combine import summed
        from ..v2a_core.media.mux import mux
        from ..v2a_core.media.video import probe
        from .trimmed_video import video_from_file

        host.check_choice("mode", mode, MODES)
        host.check_choice("codec", codec, CODECS)
        sound, source, report = host.audio_from_host(audio), host.video_source(video), host.progress()
        if mode == "mix" and (original := host.video_sound(video)) is not None:
            sound = summed(original, sound, probe(source).duration_s, report)
        path = host.temporary_path(suffix_of(source))
        labels = audio.get(PROVENANCE, {})
        mux(source, sound, path, codec=None if codec == "auto" else codec, metadata=labels, progress=report)
        return io.NodeOutput(video_from_file(str(path)))


def suffix_of(source) -> str:
    """The extension of a file that takes the source's packets, that of the source itself where it will do."""
    from ..v2a_core.media.formats import FORMATS
    from ..v2a_core.media.video import probe

    # Only MP4 and MOV can hide the frames between a key frame and a trim's start.
    own = source.origin.suffix.lower() if isinstance(source.origin, Path) and not source.start_s else ""
    if own in FORMATS:
        return own
    codec = probe(source).codec
    return ".mp4" if codec is None or codec in _MP4_CODECS else ".mkv"


def mux_inputs() -> list:
    """The inputs that say how sound goes under a video; the one node that does everything has them too."""
    return [
        io.Combo.Input(
            "mode",
            options=list(MODES),
            default="replace",
            tooltip="replace drops the sound that the video has; mix keeps it and adds to it.",
        ),
        io.Combo.Input(
            "codec",
            options=list(CODECS),
            default="auto",
            tooltip="Codec of the sound. auto suits the container: AAC, or Opus in WebM. FLAC loses nothing.",
        ),
    ]
