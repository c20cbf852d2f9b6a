"""Do cues govern their spans: two prompts one after the other, heard by the tagger, and where the sound turns.

python bench/cues.py [--sounds DIR] [--clips 60] [--weights FILE]
writes results/cues.json and cues.png beside this file; README.md says how to read them.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from clips import DURATION_S, KNOWN, Clip, make_clip, watch
from common import HERE, options, save, told
from cues_report import FRAMES_HZ, Heard, draw, summary

from v2a_core import stages
from v2a_core.evaluation.tagger import obeys, tagger
from v2a_core.media.audio import Audio
from v2a_core.models import load_family
from v2a_core.models.base import Family, VisualFeatures
from v2a_core.models.mini.mel import log_mel
from v2a_core.prompts.cues import Cue, CueSheet, cue_sheet
from v2a_core.settings import Settings
from v2a_core.training.world.captions import caption
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.sounds import SoundLibrary

EARLIEST_S, LATEST_S = 2.0, 4.0  # of a border


@dataclass(frozen=True)
class Pair:
    """Two prompts of one clip, their classes, and when the one gives way to the other."""

    clip: Clip
    classes: tuple[str, str]
    prompts: tuple[str, str]
    border_s: float

    def sheets(self) -> list[CueSheet]:
        """Each prompt alone, then both with cues, then both with the cues swapped."""
        first, second = self.prompts
        orders = ((first, second), (second, first))
        cued = [
            cue_sheet("", "", (Cue(0.0, self.border_s, one), Cue(self.border_s, DURATION_S, other)))
            for one, other in orders
        ]
        return [cue_sheet(first), cue_sheet(second), *cued]


def make_pair(index: int, clip: Clip) -> Pair:
    """The clip's prompt and one of a class of its kind that shares no label with it."""
    rng = np.random.default_rng([index, 11])
    labels = set(SOUND_CLASSES[clip.sound_class].labels)
    others = [name for name, c in KNOWN.items() if c.kind == clip.kind and labels.isdisjoint(c.labels)]
    other = others[rng.integers(len(others))]
    border_s = round(rng.uniform(EARLIEST_S, LATEST_S), 2)
    return Pair(clip, (clip.sound_class, other), (clip.prompt, caption(other, rng, "test")), border_s)


@torch.inference_mode()
def soundtracks(family: Family, pair: Pair, seen: VisualFeatures, seed: int) -> list[Audio]:
    """One soundtrack for each of the pair's sheets; picture and noise are the same, and only words differ."""
    settings, noise = Settings.for_family(family.spec), stages.draw_latent(family.spec, DURATION_S, seed)
    made = []
    for sheet in pair.sheets():
        conditions = stages.condition(family, *stages.encode_cues(family, sheet), seen, duration_s=DURATION_S)
        latent = stages.sample(family.network, *conditions, noise, settings)
        made.append(stages.decode(family, latent, DURATION_S))
    return made


def listen(pair: Pair, sounds: list[Audio]) -> Heard:
    """What the tagger hears in each span of each soundtrack, and where the spectrum says that the prompts change."""
    halves = (0.0, pair.border_s), (pair.border_s, DURATION_S)
    tops = [[tagger().top(part(sound, *half)) for half in halves] for sound in sounds]
    # Cued soundtracks 2 and 3 hold class 0 and then 1, or 1 and then 0.
    spans = [(track, half, half ^ (track - 2)) for track in (2, 3) for half in (0, 1)]

    def hears(track: int, half: int, number: int) -> bool:
        return obeys(tops[track][half], SOUND_CLASSES[pair.classes[number]].labels)

    spectra = [log_mel(sound.samples)[0] for sound in sounds]
    near = [nearness(spectra[2], spectra[0], spectra[1]), nearness(spectra[3], spectra[1], spectra[0])]
    return Heard(
        kind=pair.clip.kind,
        cued=[hears(track, half, number) for track, half, number in spans],
        untimed=[hears(number, half, number) for _, half, number in spans],
        leaked=[hears(track, half, 1 - number) for track, half, number in spans],
        chance=[hears(number, half, 1 - number) for _, half, number in spans],
        border_s=pair.border_s,
        off_s=[switch(one)[0] - pair.border_s for one in near],
        rise=[switch(one)[1] for one in near],
        nearness=near,
    )


def part(sound: Audio, start_s: float, end_s: float) -> Audio:
    first, end = (round(at_s * sound.rate_hz) for at_s in (start_s, end_s))
    return Audio(sound.samples[:, first:end], sound.rate_hz)


def nearness(spectrum: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> np.ndarray:
    """Which reference each frame is like, from -1, the first, to 1, the second: log-mel [bands, T], three of them."""
    away = [(spectrum - reference).abs().mean(0) for reference in (first, second)]
    return ((away[0] - away[1]) / (first - second).abs().mean(0).clamp_min(0.1)).numpy()


def switch(near: np.ndarray) -> tuple[float, float]:
    """The instant of the one step up that fits the frames best, by least squares, in seconds, and how high it is."""
    before = np.arange(1, len(near))
    after, sums = len(near) - before, np.cumsum(near)[:-1]
    step = (near.sum() - sums) / after - sums / before
    best = (step.clip(0) ** 2 * before * after).argmax()
    return float(before[best] / FRAMES_HZ), float(step[best])


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--clips", type=int, default=60)
    args = parser.parse_args()

    family, library = load_family("mini", weights=args.weights), SoundLibrary(args.sounds)
    with told("clips"):
        pairs = [make_pair(index, make_clip(index, library)) for index in range(args.clips)]
    with told("watching"):
        features = watch(family, [pair.clip for pair in pairs])
    with told("Mini"):
        sounds = [soundtracks(family, *one, seed) for seed, one in enumerate(zip(pairs, features, strict=True))]
    with told("listening"):
        heard = [listen(pair, some) for pair, some in zip(pairs, sounds, strict=True)]
    results = summary(heard) | {"settings": asdict(Settings.for_family(family.spec))}
    save("cues", results)
    draw(results, heard, HERE / "cues.png")
    for name in ("ratio", "cued", "untimed", "leaked", "chance"):
        low, high = results[name]["interval"]
        print(f"{name:<12}{results[name]['value']:.2f} ({low:.2f} to {high:.2f})")
    for name in ("borders", "clear_borders"):
        print(name, results.get(name, "none: take more clips"))


if __name__ == "__main__":
    main()
