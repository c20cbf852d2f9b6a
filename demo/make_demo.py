"""Soundtracks for two clips, with a preview of each: what `make demo` runs.

The first clip is an excerpt of Big Buck Bunny (see ATTRIBUTION.md). The second is rendered: things that fall and
bounce, from the part of the training world that is kept for tests, so that no training run has seen it.
"""

import time
from pathlib import Path

from v2a_core import generate
from v2a_core.atomic import whole_file
from v2a_core.cli import Bars
from v2a_core.generating import stage_times
from v2a_core.media.audio import read_audio
from v2a_core.media.video import VideoSource
from v2a_core.preview import save_png, sync_preview
from v2a_core.training.world.render import render_video
from v2a_core.training.world.scene import make_scene

HERE = Path(__file__).parent
OUT = HERE.parent / "out" / "demo"
SCENE_SEED = 25


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    rendered = OUT / "impacts_silent.mp4"
    start = time.perf_counter()
    with whole_file(rendered) as unfinished:
        render_video(make_scene(SCENE_SEED, split="test", family="impacts"), unfinished, 480, 270)
    print(f"Rendered a clip with impacts in {time.perf_counter() - start:.1f} s: {_short(rendered)}")
    soundtrack(HERE / "big_buck_bunny.mp4", OUT / "big_buck_bunny.mp4", "heavy footsteps on grass")
    soundtrack(rendered, OUT / "impacts.mp4", "stones drop on the ground")


def soundtrack(video: Path, path: Path, prompt: str) -> None:
    """Make one soundtrack and its preview, and print what was done and how long each stage took."""
    with Bars() as progress:
        result = generate(video, path, prompt=prompt, seed=1, progress=progress)
    print(f"\n{_short(video)} + {prompt!r}, seed 1 -> {_short(path)}: {result.audio.duration_s:.2f} s of sound")
    print(stage_times(result.seconds))
    start = time.perf_counter()
    source = VideoSource.from_path(path)
    with Bars() as progress, whole_file(path.with_suffix(".png")) as unfinished:
        save_png(sync_preview(source, read_audio(source), progress=progress), unfinished)
    print(f"  preview in {time.perf_counter() - start:.2f} s: {_short(path.with_suffix('.png'))}")


def _short(path: Path) -> Path:
    return path.relative_to(HERE.parent)


if __name__ == "__main__":
    main()
