"""Whether a file can take a source's picture as it is and a sound, told before there is one."""

import os
from pathlib import Path

import torch

from ..errors import InputError
from .encode import FRAMES_CODEC
from .extent import Extent, measure
from .formats import FORMATS, check_picture, choose_codec, find_format, shows
from .packets import Cut, find_cut, nearest_keyframe
from .source import VideoSource


def check_target(source: VideoSource, path: str | os.PathLike, codec: str | None) -> None:
    """Raise InputError where `mux` could not write this source to `path`, its sound as codec or as is usual there."""
    choose_codec(Path(path), codec)
    if isinstance(source.origin, torch.Tensor):
        check_picture(Path(path), FRAMES_CODEC)
    else:
        find_place(source, Path(path))


def find_place(source: VideoSource, path: Path) -> tuple[Extent, Cut]:
    """Where the trimmed part of a file lies and is cut; raises InputError where `path` can't hold it so."""
    extent = measure(source)
    check_picture(path, extent.info.codec)
    cut = find_cut(source, extent)
    if cut.hidden and not find_format(path).hides_frames:
        hiding = [suffix for suffix in (".mp4", ".mov") if shows(FORMATS[suffix], extent.info.codec)]
        near_s = nearest_keyframe(source, extent)
        raise InputError(
            f"{path}: {source.name} is cut at {source.start_s:g} s, between keyframes, and "
            + (f"only {' and '.join(hiding)}" if hiding else f"no file with {extent.info.codec} video")
            + " can hide the frames before that; "
            + (f"write {' or '.join(hiding)}, or " if hiding else "")
            + f"start at a keyframe{'' if near_s is None else f', such as {near_s:.3f} s'}"
        )
    return extent, cut
