"""Drafts of captions and transcripts by whatever can make them, as text that a person then edits."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from ..atomic import whole_file
from ..media.audio import read_audio
from ..media.video import VideoSource
from ..prompts.lines import numbered_lines
from ..prompts.subtitles import parse_transcript
from ..settings import check_prompt
from .folder import CAPTIONS, TRANSCRIPTS, videos_of

# Which drafts were written, by name: a file that is no longer as it was written has been edited.
RECORD = ".v2a-drafts.json"
HEARD = 3  # classes of a drafted caption

Drafter = Callable[[Path], str]


def annotate(
    folder: Path,
    caption: Drafter | None = None,
    transcript: Drafter | None = None,
    again: bool = False,
    progress=None,
) -> list[Path]:
    """Draft what each video of a folder lacks; returns the files that were written.

    caption gives what is heard in a video's path, a line for each way to say it; transcript gives SRT, WebVTT or lines.
    What a person wrote or edited is never overwritten; again makes anew what is still as it was drafted.
    """
    videos = videos_of(folder)
    written = []
    for done, video in enumerate(videos, 1):
        if caption and may_draft(video.with_suffix(CAPTIONS), again):
            written += save_caption(video, caption(video), again)
        spoken = next(filter(Path.exists, map(video.with_suffix, TRANSCRIPTS)), video.with_suffix(TRANSCRIPTS[0]))
        if transcript and may_draft(spoken, again):
            text = transcript(video)
            parse_transcript(text, f"The draft for {spoken.name}")
            written += save_draft(spoken, text, again)
        if progress:
            progress("annotate", done, len(videos))
    return written


def save_caption(video: Path, text: str, again: bool = False) -> list[Path]:
    """Save a draft as a video's caption unless a person has written one; returns what was written."""
    for _, line in numbered_lines(text, f"The caption for {video.name}"):
        check_prompt(line, f"caption for {video.name}")
    return save_draft(video.with_suffix(CAPTIONS), text, again)


def save_draft(path: Path, text: str, again: bool) -> list[Path]:
    """Write a sidecar where may_draft allows it; an empty draft is none."""
    text = text.strip()
    if not text or not may_draft(path, again):
        return []
    with whole_file(path) as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")
    record = path.with_name(RECORD)
    with whole_file(record) as unfinished:
        unfinished.write_text(json.dumps({**_drafts(record), path.name: _mark(path)}, indent=1))
    return [path]


def may_draft(path: Path, again: bool) -> bool:
    """Whether a sidecar may be written: there is none, or it is to be made again and is still as it was drafted."""
    if not path.exists():
        return True
    return again and _drafts(path.with_name(RECORD)).get(path.name) == _mark(path)


def heard(video: Path) -> str:
    """A caption of the sounds that the tagger hears in a video; empty where it has no sound."""
    from ..evaluation.tagger import tagger

    audio = read_audio(VideoSource.from_path(video))
    return "" if audio is None else ", ".join(name.lower() for name in tagger().top(audio, HEARD))


def _drafts(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text()))
    except (OSError, ValueError):
        return {}


def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
