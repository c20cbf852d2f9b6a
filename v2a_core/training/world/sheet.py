"""Contact sheets of the world, to be looked at by people."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from .scene import FAMILIES, make_scene


def contact_sheet(
    path: str | Path, *, per_family: int = 8, split: str = "train", first_seed: int = 0, columns: int = 6
) -> Path:
    """Write a sheet of scenes: one row a scene, frames through the clip, events as ticks below, level as a curve."""
    tile_w, tile_h, strip = 128, 72, 22
    rows = []
    for family in FAMILIES:
        for seed in range(first_seed, first_seed + per_family):
            scene = make_scene(seed, split, family)
            times = (np.arange(columns) + 0.5) / columns * scene.duration_s
            if scene.events:
                # The frame at the hardest event shows whether things touch.
                times[columns // 2] = max(scene.events, key=lambda e: e.strength).time_s
                times = np.sort(times)
            frames = scene.draw_frames(times, tile_h, tile_w)
            row = Image.new("RGB", (tile_w * columns, tile_h + strip), "white")
            row.paste(Image.fromarray(np.concatenate(list(frames), axis=1)), (0, 0))
            _timeline(ImageDraw.Draw(row), scene, times, tile_w * columns, tile_h, strip)
            rows.append(row)
    half = (len(rows) + 1) // 2
    sheet = Image.new("RGB", (2 * rows[0].width + 12, half * rows[0].height), "white")
    for i, row in enumerate(rows):
        sheet.paste(row, ((i // half) * (row.width + 12), (i % half) * row.height))
    sheet.save(path, quality=82)
    return Path(path)


def _timeline(draw: ImageDraw.ImageDraw, scene, times, width: int, top: int, strip: int) -> None:
    place = lambda t: t / scene.duration_s * (width - 1)  # noqa: E731
    if scene.level is not None:
        points = [(place(i / 100), top + strip - 1 - 10 * v) for i, v in enumerate(scene.level)]
        draw.line(points, fill=(40, 110, 220))
    for event in scene.events:
        draw.line(
            [(place(event.time_s), top + strip), (place(event.time_s), top + strip - 2 - 10 * event.strength)],
            fill=(210, 30, 30),
            width=2,
        )
    for t in times:
        draw.line([(place(t), top), (place(t), top + 3)], fill=(0, 0, 0))
    draw.text((2, top), f"{scene.family} {scene.seed} {scene.looks} {scene.fps:.4g} fps", fill=(90, 90, 90))
