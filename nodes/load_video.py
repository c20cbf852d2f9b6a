"""V2ALoadVideo: a file from ComfyUI's input folder, trimmed, at its own speed or another."""

import os

from comfy_api.latest import io

from . import host
from .types import schema, seconds_input


class V2ALoadVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ALoadVideo",
            "V2A Load Video",
            description="Loads a video from ComfyUI's input folder, or a part of it. Nothing is decoded yet.",
            search_aliases=[
                "open video",
                "import video",
                "trim video",
                "video file",
                "frame rate",
                "silent film speed",
            ],
            inputs=[
                io.Combo.Input(
                    "file",
                    options=host.input_videos(),
                    upload=io.UploadType.video,
                    tooltip="A video in ComfyUI's input folder. The button below uploads one.",
                ),
                seconds_input("start", "Where to begin, in seconds from the start of the file."),
                seconds_input("duration", "How many seconds to take. 0 takes everything to the end."),
                io.Float.Input(
                    "fps",
                    optional=True,
                    default=0.0,
                    min=0.0,
                    max=120.0,
                    step=0.01,
                    # As a widget it would come before that of the upload, whose value saved graphs hold in this place.
                    force_input=True,
                    tooltip="Frames per second to show a silent film at, often 16 to 20: scans are stored at 24 or 25 "
                    "and play too fast. Its own sound is left out. 0 is as the file says.",
                ),
            ],
            outputs=[
                io.Video.Output(id="video", display_name="video", tooltip="The video, or the part of it."),
                io.Float.Output(id="seconds", display_name="duration", tooltip="Its duration in seconds."),
                io.Float.Output(
                    id="fps_out",
                    display_name="fps",
                    tooltip="Its average frame rate in frames per second, or the one set.",
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, file):
        try:
            host.input_path(file)
        except (ValueError, OSError) as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, file, **_):
        status = os.stat(host.input_path(file))
        return status.st_mtime_ns, status.st_size

    @classmethod
    def execute(cls, file, start, duration, fps=0.0):
        from ..v2a_core.media.video import VideoSource, probe
        from .trimmed_video import video_from_file

        path = host.input_path(file)
        info = probe(VideoSource.from_path(path, start, duration or None, fps))
        return io.NodeOutput(video_from_file(path, start, duration, fps), info.duration_s, float(info.fps))
