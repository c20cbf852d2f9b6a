"""What is to be made, and how the run that makes it gets on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .media.video import VideoSource
from .models.base import Family, PartedFamily
from .prompts.cues import CueSheet
from .prompts.transcript import Transcript
from .settings import Settings

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Script:
    """What is to be heard in a soundtrack, and what is said in it by a model that speaks."""

    sheet: CueSheet
    transcript: Transcript | None = None

    def said(self, start_s: float, duration_s: float) -> Transcript | None:
        """What is said in a part of it."""
        return self.transcript and self.transcript.within(start_s, duration_s)


@dataclass(frozen=True)
class Job:
    """Soundtracks of one video, for each of its scripts one a seed; the settings' own seed is that of the first.

    The video is what a longer one shows from start_s on, if that is not 0: the scripts' times are the longer one's.
    """

    source: VideoSource
    duration_s: float
    scripts: tuple[Script, ...]
    settings: Settings
    seeds: tuple[int, ...]
    start_s: float = 0.0


@dataclass(frozen=True)
class Run:
    """A family at work on a device: whom to tell, seconds of wall time by stage, and whether parts may be let go of."""

    family: Family
    device: str
    progress: Progress | None
    owned: bool  # nobody else wants the family's parts
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, *done_with: str) -> Iterator[None]:
        """Take the time of a stage, after which parts of the family are no longer needed."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        self.release(*done_with)

    def release(self, *parts: str) -> None:
        """Let go of parts of the family, where that is ours to do."""
        if self.owned and isinstance(self.family, PartedFamily):
            for part in parts:
                self.family.release(part)
