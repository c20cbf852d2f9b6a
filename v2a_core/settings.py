"""What a user may ask for, and the errors that say where the bounds are."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from .errors import InputError
from .media.video import VideoSource
from .models.base import FamilySpec
from .sampling.guidance import ALWAYS, Guidance, When
from .sampling.solvers import SOLVERS

MAX_PROMPT = 2000  # characters
MAX_STEPS = 1000
MAX_SCALE = 100.0
MAX_SEED = 2**64 - 1
MAX_TAKES = 64
MAX_FILM_S = 6 * 3600


@dataclass(frozen=True)
class Settings:
    """What steers the sampler: guidance scales and when each acts, steps of the solver, and the seed of the noise.

    rescale and guided_above are the family's: how much of the contrast that guidance adds is taken back, and the noise
    level below which there is none.
    """

    seed: int
    steps: int
    text_scale: float
    video_scale: float
    solver: str
    shift: float
    negative_scale: float = 1.0
    text_when: When = ALWAYS
    video_when: When = ALWAYS
    negative_when: When = ALWAYS
    rescale: float = 0.0
    guided_above: float = 0.0

    def __post_init__(self):
        _whole_number("seed", self.seed, 0, MAX_SEED)
        _whole_number("steps", self.steps, 1, MAX_STEPS)
        scales = (
            ("cfg", self.text_scale),
            ("video cfg", self.video_scale),
            ("the negative strength", self.negative_scale),
        )
        for name, scale in scales:
            if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 <= scale <= MAX_SCALE:
                raise InputError(f"{name} is {scale!r}: give a number from 0 to {MAX_SCALE:g}.")
        if self.solver not in SOLVERS:
            raise InputError(f"There is no solver called {self.solver!r}: choose one of {', '.join(SOLVERS)}.")

    @property
    def guidance(self) -> Guidance:
        return Guidance(
            self.text_scale,
            self.video_scale,
            self.negative_scale,
            self.text_when,
            self.video_when,
            self.negative_when,
            self.rescale,
            self.guided_above,
        )

    @classmethod
    def for_family(
        cls, spec: FamilySpec, seed=0, *, steps=None, cfg=None, video_cfg=None, solver=None, against=False
    ) -> "Settings":
        """A family's own settings, but for those that are given; cfg alone steers the video as strongly as the text.

        against is whether there is a negative prompt, which some families need a scale of their own for.
        """
        text, video = spec.text_scale, spec.video_scale
        if cfg is not None:
            text = video = cfg
        elif against and spec.against_scale is not None:
            text = video = spec.against_scale
        return cls(
            seed=seed,
            steps=spec.steps if steps is None else steps,
            text_scale=text,
            video_scale=video if video_cfg is None else video_cfg,
            solver=solver or spec.solver,
            shift=spec.shift,
            rescale=spec.rescale,
            guided_above=spec.guided_above,
        )


def take_seeds(seed: int, takes: int) -> list[int]:
    """The seeds of several takes: one after the other, from 0 again after the highest."""
    _whole_number("seed", seed, 0, MAX_SEED)
    _whole_number("takes", takes, 1, MAX_TAKES)
    return [(seed + take) % (MAX_SEED + 1) for take in range(takes)]


def check_prompt(prompt: str, name: str = "prompt") -> None:
    """Raise InputError for a prompt that is no text or is too long; name is what the error calls it."""
    if not isinstance(prompt, str):
        raise InputError(f"The {name} is {type(prompt).__name__}, not text.")
    if len(prompt) > MAX_PROMPT:
        raise InputError(f"The {name} has {len(prompt):,} characters: shorten it to {MAX_PROMPT:,}.")
    half = next((letter for letter in prompt if "\ud800" <= letter <= "\udfff"), None)
    if half is not None:
        raise InputError(f"The {name} holds U+{ord(half):04X}, which is half a character: delete it.")


def check_duration(spec: FamilySpec, duration_s: float, name: str) -> None:
    """Raise InputError for a duration that the family can't make in one go."""
    check_length(duration_s, name)
    if not fits(spec, duration_s):
        raise InputError(
            f"{name} lasts {duration_s:.1f} s, and the model {spec.name!r} makes at most {spec.max_duration_s:g} s: "
            f"trim it with a start and a duration."
        )


def check_length(duration_s: float, name: str) -> None:
    """Raise InputError for a duration that is none, or too long to be done in one run."""
    if not (math.isfinite(duration_s) and duration_s > 0):
        raise InputError(f"{name} lasts {duration_s} s: there is nothing to make a soundtrack for.")
    check_film(duration_s, name)


def fits(spec: FamilySpec, duration_s: float) -> bool:
    """Whether a family makes a duration in one go; a hundredth over the limit is a container's rounding."""
    return duration_s <= spec.max_duration_s + 0.01


def check_film(duration_s: float, name: str) -> None:
    """Raise InputError for a video that is too long to be done in one run."""
    if duration_s > MAX_FILM_S:
        raise InputError(
            f"{name} lasts {duration_s / 3600:.1f} hours: at most {MAX_FILM_S // 3600} are done in one run, so trim it "
            "with a start and a duration."
        )


def check_device(device: str) -> None:
    """Raise InputError for a device that torch does not know or this machine does not have."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"The device {device!r} can't be used here ({reason}): choose cpu.") from error


def check_output(output: str | os.PathLike, source: VideoSource) -> Path:
    """The path of a file to write: in a folder that takes files, not a folder itself, not the video it is made from."""
    path = Path(output)
    if path.is_dir():
        raise InputError(f"The output {path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise InputError(f"The output folder {path.parent} does not exist: make it first.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"The output folder {path.parent} can't be written to: choose another.")
    if path.exists() and isinstance(source.origin, Path) and source.origin.exists() and path.samefile(source.origin):
        raise InputError(f"The output {path} is the input video: choose another name.")
    return path


def _whole_number(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}: give a whole number from {low} to {high}.")
