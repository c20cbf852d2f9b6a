"""A scene: a short rendered clip and the list of the sounds that its picture implies, true to the millisecond."""

import math
from dataclasses import dataclass, field

import numpy as np

from ...errors import InputError
from ...media.timeline import sample_count, tick_times
from . import animals, crowds, doors, faces, footsteps, impacts, music, strikes, textures, vehicles
from .dice import SPLITS, Dice
from .distractors import random_distractors
from .draw import Canvas
from .lens import Camera, Lens, random_camera, random_lens
from .plan import Plan, Talk, apart
from .speech import imagined

_COMPOSERS = {
    "impacts": impacts.compose,
    "strikes": strikes.compose,
    "footsteps": footsteps.compose,
    "textures": textures.compose,
    "vehicles": vehicles.compose,
    "doors": doors.compose,
    "animals": animals.compose,
    "crowds": crowds.compose,
    "music": music.compose,
    "faces": faces.compose,
}
FAMILIES = tuple(_COMPOSERS)
# Events are what is to be learned first, so families that have them come more often.
_SHARES = (0.24, 0.18, 0.12, 0.1, 0.06, 0.06, 0.06, 0.03, 0.03, 0.12)
# Kinds of events that may shake the camera.
_SHAKE = ("impact", "strike", "step")
FRAME_RATES = (12.0, 15.0, 16.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60.0)
_ASPECTS = (16 / 9, 16 / 9, 4 / 3, 1.0, 9 / 16, 2.39)
# Frames drawn at once hold about this many pixels, so that they stay in the cache.
_BATCH_PIXELS = 300_000


@dataclass(frozen=True)
class Event:
    """A sound's instant in seconds, strength 0..1, side x from -1 left to 1 right.

    kind: impact, strike, step, call (of an animal) or word (its start).
    """

    time_s: float
    strength: float
    x: float
    kind: str


@dataclass(frozen=True)
class Scene:
    """A clip to draw at any size, and its sounds; level and pan are float32 at 100 Hz, None where no sound goes on."""

    family: str
    seed: int
    split: str
    duration_s: float
    fps: float
    aspect: float
    events: tuple[Event, ...]
    level: np.ndarray | None = field(repr=False, compare=False)
    pan: np.ndarray | None = field(repr=False, compare=False)
    looks: str
    talk: tuple[Talk, ...] = field(repr=False, compare=False)
    plan: Plan = field(repr=False, compare=False)
    camera: Camera = field(repr=False, compare=False)
    lens: Lens = field(repr=False, compare=False)

    @property
    def frame_count(self) -> int:
        """Frames of the clip as a file of constant frame rate."""
        return sample_count(self.duration_s, self.fps)

    def draw(self, time_s: float, height: int, width: int) -> np.ndarray:
        """The picture at an instant, uint8 [height, width, 3]."""
        return self.draw_frames(np.array([time_s]), height, width)[0]

    def draw_frames(self, times_s: np.ndarray, height: int, width: int) -> np.ndarray:
        """Pictures at instants [T], uint8 [T, height, width, 3]."""
        times_s = np.asarray(times_s, np.float64)
        batch = max(1, _BATCH_PIXELS // (height * width))
        parts = [self._draw(times_s[i : i + batch], height, width) for i in range(0, len(times_s), batch)]
        return np.concatenate(parts)

    def _draw(self, times_s: np.ndarray, height: int, width: int) -> np.ndarray:
        canvas = Canvas(
            times_s,
            np.empty((len(times_s), height, width, 3), np.float32),
            self.aspect,
            *(curve(times_s) for curve in (self.camera.x, self.camera.y, self.camera.zoom)),
            shutter_s=self.camera.shutter / self.fps,
        )
        self.plan.backdrop.lay(canvas)
        for layer in self.plan.layers:
            layer(canvas)
        return self.lens.expose(canvas, np.rint(times_s * self.fps).astype(np.int64))


def make_scene(
    seed: int, split: str = "train", family: str | None = None, duration_s: float = 6.0, say: faces.Say = imagined
) -> Scene:
    """The scene of a seed; the same seed in another split, family or duration is another scene.

    say gives the sentences of talking faces: with `speech.Speakers.draw` they can be heard too.
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r} is none of {', '.join(SPLITS)}")
    if family is not None and family not in FAMILIES:
        raise InputError(f"scene family {family!r} is none of {', '.join(FAMILIES)}")
    if not 0.5 <= duration_s <= 600:
        raise InputError(f"a scene lasts 0.5 to 600 seconds, not {duration_s!r}")
    chosen = family or Dice(split, seed).pick(FAMILIES, _SHARES)
    dice = Dice(split, seed, 1 + FAMILIES.index(chosen))
    fps, aspect = dice.pick(FRAME_RATES), dice.pick(_ASPECTS)
    speaks = (say,) if chosen == "faces" else ()
    plan = _COMPOSERS[chosen](dice, duration_s, aspect, *speaks)
    plan.hits = apart(plan.hits)
    behind, before = random_distractors(dice, duration_s, aspect)
    plan.layers = behind + plan.layers + before
    jolts = [] if plan.steady else [(hit.time_s, hit.strength) for hit in plan.hits if hit.kind in _SHAKE]
    camera = random_camera(dice, aspect, duration_s, jolts, still=plan.steady)
    return Scene(
        family=chosen,
        seed=seed,
        split=split,
        duration_s=duration_s,
        fps=fps,
        aspect=aspect,
        events=_seen_events(plan, camera, aspect, duration_s),
        level=_fitted(plan.level, duration_s),
        pan=_fitted(plan.pan, duration_s),
        looks=plan.looks,
        talk=plan.talk,
        plan=plan,
        camera=camera,
        lens=random_lens(dice, duration_s),
    )


def encoder_frames(scene: Scene, rate_hz: float = 25, size: int = 64) -> np.ndarray:
    """What an encoder sees: for each tick k / rate_hz the nearest frame of the clip, uint8 [T, size, size, 3]."""
    nearest = np.ceil(tick_times(scene.duration_s, rate_hz) * scene.fps - 0.5).astype(np.int64)
    numbers, tick = np.unique(np.clip(nearest, 0, scene.frame_count - 1), return_inverse=True)
    return scene.draw_frames(numbers / scene.fps, size, size)[tick]


def _seen_events(plan: Plan, camera: Camera, aspect: float, duration_s: float) -> tuple[Event, ...]:
    """The plan's hits that the camera has in view."""
    events = []
    for hit in plan.hits:
        at = np.array([hit.time_s])
        x = float(((hit.x - camera.x(at)) * camera.zoom(at) / aspect * 2)[0])
        y = float(((hit.y - camera.y(at)) * camera.zoom(at) * 2)[0])
        if 0 <= hit.time_s < duration_s and abs(x) <= 1.02 and abs(y) <= 1.04:
            events.append(
                Event(float(hit.time_s), float(np.clip(hit.strength, 0.02, 1)), float(np.clip(x, -1, 1)), hit.kind)
            )
    return tuple(events)


def _fitted(curve: np.ndarray | None, duration_s: float) -> np.ndarray | None:
    if curve is None:
        return None
    length = math.ceil(duration_s * 100 - 1e-6)
    return np.ascontiguousarray(curve[:length], np.float32)
