"""A VIDEO over a file, with a trim also where the host's VideoFromFile has none, and with a speed, which none has."""

import inspect
from fractions import Fraction

import av
import torch
from comfy_api.latest import InputImpl, Types

from .host import audio_to_host, video_sound

ROUNDING_S = 1e-6  # of times that went through arithmetic


def video_from_file(path: str, start_s: float = 0.0, duration_s: float = 0.0, fps: float = 0.0):
    """A VIDEO over a file; a duration of 0 runs to its end, an fps of 0 is its own."""
    if not (start_s or duration_s or fps):
        return InputImpl.VideoFromFile(path)
    if not fps and "start_time" in inspect.signature(InputImpl.VideoFromFile.__init__).parameters:
        return InputImpl.VideoFromFile(path, start_time=start_s, duration=duration_s)
    return TrimmedVideo(path, start_s, duration_s, fps)


class TrimmedVideo(InputImpl.VideoFromFile):
    """Part of a video file; it answers like the trimmed VideoFromFile of newer hosts.

    fps: what it is shown at, 0 for its own rate. At another all seconds are those of the new speed, and it is silent.
    """

    def __init__(self, path: str, start_s: float, duration_s: float, fps: float):
        super().__init__(path)
        self._start_s, self._duration_s, self.shown_fps = start_s, duration_s, fps

    @property
    def _file_fps(self) -> Fraction:
        """Its file's frames per second, which older hosts such as 0.3.52 don't tell."""
        with av.open(self.get_stream_source()) as container:
            return Fraction(container.streams.video[0].average_rate or 1)

    @property
    def _slow(self) -> Fraction:
        """How many times as long it lasts as its file says."""
        return self._file_fps / Fraction(self.shown_fps) if self.shown_fps else Fraction(1)

    def get_active_trim_window(self) -> tuple[float, float]:
        """Start and duration in seconds; a duration of 0 runs to the end."""
        return self._start_s, self._duration_s

    def get_duration(self) -> float:
        left = super().get_duration() * float(self._slow) - self._start_s
        return min(left, self._duration_s) if self._duration_s else left

    def get_frame_rate(self) -> Fraction:
        return Fraction(self.shown_fps).limit_denominator(1001) if self.shown_fps else self._file_fps

    def get_frame_count(self) -> int:
        return max(1, round(self.get_duration() * self.get_frame_rate()))

    def get_components(self):
        """All frames of the part as IMAGE, its sound as AUDIO: as much memory as that takes."""
        start_s = self._start_s / float(self._slow)
        end_s = start_s + self._duration_s / float(self._slow) if self._duration_s else float("inf")
        frames = []
        with av.open(self.get_stream_source()) as container:
            stream = container.streams.video[0]
            first_s = float((stream.start_time or 0) * stream.time_base)
            container.seek(int((start_s + first_s) / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                time_s = frame.time - first_s
                if time_s >= end_s - ROUNDING_S:
                    break
                if time_s >= start_s - ROUNDING_S:
                    frames.append(torch.from_numpy(frame.to_ndarray(format="rgb24")) / 255)
        sound = None if self.shown_fps else video_sound(self)
        return Types.VideoComponents(
            images=torch.stack(frames),
            audio=None if sound is None else audio_to_host([sound]),
            frame_rate=self.get_frame_rate(),
        )

    def save_to(self, path, **options) -> None:
        """Re-encode the part: packets can only be cut at key frames."""
        InputImpl.VideoFromComponents(self.get_components()).save_to(path, **options)
