"""What guidance of text and of video does to Mini: the one should move the class that is heard, the other the timing.

python bench/guidance.py [--sounds DIR] [--clips 24] [--weights FILE]

Each scale is raised by itself, the other one left at Mini's own. Prints a table and writes it to guidance.md beside
this file; README.md of this folder says how the clips are made and judged.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from mini import DURATION_S, SOUNDS, Clip, judge, make_clip, watch

from v2a_core import stages
from v2a_core.evaluation.onsets import OnsetScore
from v2a_core.media.audio import Audio
from v2a_core.models import load_family
from v2a_core.models.base import Family, VisualFeatures
from v2a_core.models.mini.family import SHIPPED
from v2a_core.settings import Settings
from v2a_core.training.world.sounds import SoundLibrary

HERE = Path(__file__).resolve().parent
SCALES = (0.0, 1.0, 2.0, 4.0)


def soundtrack(family: Family, number: int, clip: Clip, seen: VisualFeatures, settings: Settings) -> Audio:
    """A clip's soundtrack; the noise is that of its number, whatever the scales are."""
    text = stages.encode_prompt(family, clip.prompt)
    conditions = stages.condition(family, text, None, seen, duration_s=DURATION_S)
    noise = stages.draw_latent(family.spec, DURATION_S, seed=number)
    return stages.decode(family, stages.sample(family.network, *conditions, noise, settings), DURATION_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sounds", type=Path, default=SOUNDS, help="the folder that `make sounds` filled")
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="a weights file other than the shipped one")
    args = parser.parse_args()

    family = load_family("mini", weights=args.weights)
    library = SoundLibrary(args.sounds)
    clips = [make_clip(index, library) for index in range(args.clips)]
    features = watch(family, clips)
    own = Settings.for_family(family.spec, 0)
    lines = ["| scale of | at | onset F1 | prompted class heard |", "|---|---|---|---|"]
    for name, field in (("text", "text_scale"), ("video", "video_scale")):
        for scale in SCALES:
            settings = replace(own, **{field: scale})
            marks = [
                judge(clip, soundtrack(family, number, clip, seen, settings))
                for number, (clip, seen) in enumerate(zip(clips, features, strict=True))
            ]
            f1 = sum((mark.onsets for mark in marks if mark.onsets is not None), OnsetScore()).f1
            obeyed = np.mean([mark.obeys for mark in marks])
            lines.append(f"| {name} | {scale:g} | {f1:.2f} | {obeyed:.2f} |")
            print(lines[-1], flush=True)
    said = f"{len(clips)} clips; text {own.text_scale:g} and video {own.video_scale:g} where not said otherwise.\n"
    (HERE / "guidance.md").write_text("\n".join(lines) + "\n\n" + said)


if __name__ == "__main__":
    main()
