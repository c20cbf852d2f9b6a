"""Mini on footage of the real world, of which nobody wrote down what happens when: soundtracks, and pages to look at.

python bench/real.py DIR [--takes 4] [--weights FILE --fast FILE]
DIR and its folders hold some of the clips below; README.md says where they come from. Writes the first take of each and
its preview to out/real, all scores to results/real.json, and prints a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import HERE, options, save, weights_of

from v2a_core import generate
from v2a_core.evaluation.motion import watch_motion
from v2a_core.evaluation.silence import silent_share
from v2a_core.evaluation.sync import sync_score
from v2a_core.evaluation.tagger import obeys, tagger
from v2a_core.media.audio import Audio
from v2a_core.media.loudness import integrated_lufs
from v2a_core.media.mux import mux
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.base import Family
from v2a_core.preview import save_png, sync_preview
from v2a_core.prompts.subtitles import parse_transcript
from v2a_core.training.world.classes import SOUND_CLASSES

OUT = HERE.parent / "out" / "real"


@dataclass(frozen=True)
class Shot:
    """A part of a clip, what is asked for, the class of sounds that this names, and what is said."""

    file: str
    prompt: str
    sound_class: str
    start_s: float = 0.0
    duration_s: float | None = None
    lines: str = ""


SHOTS = {
    "pedestrians": Shot("vtest.avi", "footsteps on stone", "footsteps_stone", 30.0, 10.0),
    "tree": Shot("tree.avi", "wind in the trees", "wind", 0.0, 10.0),
    "traffic": Shot("bikes.mp4", "cars drive past", "car_engine"),
    "driver": Shot("carphone_pristine.mp4", "a man talks", "speech", lines="[0.2-3.6] I will be at the station soon."),
    "rabbit": Shot("bigbuckbunny.mp4", "heavy footsteps on grass", "footsteps_grass"),
}


def soundtracks(family: Family, name: str, video: VideoSource, takes: int) -> list[Audio]:
    """Takes of one shot, of which the first is kept with its preview."""
    shot = SHOTS[name]
    said = {"prompt": shot.prompt, "model": family}
    if shot.lines:
        said["transcript"] = parse_transcript(shot.lines)
    sounds = list(generate(video, takes=takes, **said).takes)
    mux(video, sounds[0], OUT / f"{name}.mov")
    page = sync_preview(video, sounds[0], transcript=said.get("transcript"))
    save_png(page, OUT / f"{name}.png")
    return sounds


def scores(name: str, sounds: Sequence[Audio], motions: Mapping[str, tuple[np.ndarray, float]]) -> dict:
    """Means over takes: agreement with the shot's own motion and with that of the others, and what is heard."""
    others = [motion for other, motion in motions.items() if other != name]
    heard = [tagger().top(sound) for sound in sounds]
    labels = SOUND_CLASSES[SHOTS[name].sound_class].labels
    return {
        "sync": float(np.mean([sync_score(sound, *motions[name]) for sound in sounds])),
        "sync_other_pictures": float(np.mean([sync_score(sound, *other) for sound in sounds for other in others])),
        "prompted_class": float(np.mean([obeys(top, labels) for top in heard])),
        "silent": float(np.mean([silent_share(sound) for sound in sounds])),
        "loudness_lufs": float(np.mean([integrated_lufs(sound) for sound in sounds])),
        "heard": list(heard[0][:3]),
    }


def main() -> None:
    parser = options(__doc__, sounds=False, distilled=True)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--takes", type=int, default=4, help="of each clip (default: 4)")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    family, videos = load_family("mini_fast", weights=weights_of(args)), {}
    for name, shot in SHOTS.items():
        for path in sorted(args.folder.rglob(shot.file))[:1]:
            videos[name] = VideoSource.from_path(path, shot.start_s, shot.duration_s)
    if len(videos) < 2:
        raise SystemExit(f"{args.folder} holds {len(videos)} of {', '.join(shot.file for shot in SHOTS.values())}.")
    motions = {name: watch_motion(video) for name, video in videos.items()}
    found = {}
    print("| shot | prompt | sync | sync, other pictures | class in top 5 | silent | LUFS | heard in the first take |")
    print("|---|---|---|---|---|---|---|---|")
    for name, video in videos.items():
        one = found[name] = scores(name, soundtracks(family, name, video, args.takes), motions)
        numbers = f"{one['sync']:.2f} | {one['sync_other_pictures']:.2f} | {one['prompted_class']:.2f}"
        levels = f"{one['silent']:.0%} | {one['loudness_lufs']:.0f}"
        print(f"| {name} | {SHOTS[name].prompt} | {numbers} | {levels} | {', '.join(one['heard'])} |", flush=True)
    save("real", {"takes": args.takes, "shots": found})


if __name__ == "__main__":
    main()
