"""A VIDEO over a file, with a trim also where the host's VideoFromFile has none, and with a speed, which none has."""

import inspect
import math
from collections.abc import Iterator
from fractions import Fraction

import av
import torch
from comfy_api.latest import InputImpl, Types

from ..v2a_core.errors import InputError
from .host import audio_to_host, video_source

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

    def get_active_trim_window(self) -> tuple[float, float]:
        """Start and duration in seconds; a duration of 0 runs to the end."""
        return self._start_s, self._duration_s

    def get_duration(self) -> float:
        return self._info.duration_s

    def get_frame_rate(self) -> Fraction:
        return self._info.fps

    def get_frame_count(self) -> int:
        """How many frames are on show in the part, where they are all shown as long."""
        info = self._info
        first = math.floor((self._start_s + ROUNDING_S) * info.fps)
        return max(1, math.ceil((self._start_s + info.duration_s - ROUNDING_S) * info.fps) - first)

    @property
    def _info(self):
        from ..v2a_core.media.video import probe

        return probe(video_source(self))

    def get_components(self):
        """All frames of the part as IMAGE, its sound as AUDIO: as much memory as that takes."""
        from ..v2a_core.media.audio import read_audio

        source = video_source(self)
        sound = None if self.shown_fps else read_audio(source)
        return Types.VideoComponents(
            images=torch.stack(list(_pictures(source))),
            audio=None if sound is None else audio_to_host([sound]),
            frame_rate=self.get_frame_rate(),
        )

    def save_to(self, path, **options) -> None:
        """Re-encode the part: packets can only be cut at key frames."""
        InputImpl.VideoFromComponents(self.get_components()).save_to(path, **options)


def _pictures(source) -> Iterator[torch.Tensor]:
    """RGB [H, W, 3] in 0..1 of each frame on show in the part; raises InputError where none can be decoded."""
    from ..v2a_core.media.extent import measure
    from ..v2a_core.media.video import timed_frames

    extent, shown = measure(source), None
    for time_s, frame in timed_frames(source, extent):
        if time_s >= extent.info.duration_s - ROUNDING_S:
            break
        # Up to the start, each frame takes the place of the one before.
        if shown is not None and time_s > ROUNDING_S:
            yield _pixels(shown)
        shown = frame
    if shown is None:
        raise InputError(f"{source.name}: no frame between its start and end can be decoded; it may be damaged")
    yield _pixels(shown)


def _pixels(frame: av.VideoFrame) -> torch.Tensor:
    return torch.from_numpy(frame.to_ndarray(format="rgb24")) / 255
