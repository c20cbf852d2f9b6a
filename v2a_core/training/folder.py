"""A user's folder of clips: videos with sound, their captions in NAME.txt, and who speaks in NAME.srt or NAME.vtt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..evaluation.clipping import clipped_share
from ..evaluation.silence import silent_share
from ..media.audio import read_audio
from ..media.video import VideoSource, probe
from ..prompts.lines import read_text
from ..prompts.subtitles import parse_transcript
from ..prompts.transcript import Transcript
from ..settings import check_prompt

VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ts")
CAPTIONS, TRANSCRIPTS = ".txt", (".srt", ".vtt")
SHORTEST_S, LONGEST_S = 1.0, 600.0
MOST_CLIPS = 10_000
MUCH_CLIPPED = 0.001  # as in evaluation.ranking


@dataclass(frozen=True)
class Clip:
    """A video of the folder, or a sidecar without one. Faults keep it out of training, notes do not."""

    path: Path
    duration_s: float = 0.0
    captions: tuple[str, ...] = ()
    transcript: Transcript | None = None
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_folder(folder: Path, progress=None) -> list[Clip]:
    """Every clip of a folder with what is wrong with it, in order of their names; raises InputError as videos_of."""
    videos = videos_of(folder)
    stems = {path.stem for path in videos}
    clips = []
    for done, path in enumerate(videos, 1):
        clips.append(read_clip(path))
        if progress:
            progress("look at clips", done, len(videos))
    for path in folder.iterdir():
        if path.suffix.lower() in (CAPTIONS, *TRANSCRIPTS) and path.stem not in stems:
            clips.append(Clip(path, faults=("there is no video of this name",)))
    return sorted(clips, key=lambda clip: clip.path.name)


def videos_of(folder: Path) -> list[Path]:
    """The videos of a folder; raises InputError where there is no such folder, or no video in it, or too many."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one that holds videos.")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    videos = [path for path in files if path.suffix.lower() in VIDEOS]
    if not videos:
        raise InputError(f"{folder} holds no video: put clips with sound there ({', '.join(VIDEOS)}).")
    if len(videos) > MOST_CLIPS:
        raise InputError(f"{folder} holds {len(videos):,} videos: at most {MOST_CLIPS:,} are trained on at once.")
    return videos


def read_clip(path: Path) -> Clip:
    """One video with its sidecars, and all that is wrong with them."""
    faults, notes = [], []
    captions, transcript, duration_s = (), None, 0.0
    try:
        duration_s = probe(VideoSource.from_path(path)).duration_s
        faults += _length(duration_s)
        if not faults:
            for fault, kind in _sound(path):
                (faults if fault else notes).append(kind)
    except InputError as error:
        faults.append(f"unreadable: {_short(error, path)}")
    try:
        captions = read_captions(path)
        if not captions:
            faults.append(f"no caption: write what is heard in {path.stem}{CAPTIONS}, a line for each way to say it")
    except InputError as error:
        faults.append(_short(error, path))
    try:
        transcript = _transcript(path, duration_s)
    except InputError as error:
        faults.append(_short(error, path))
    return Clip(path, duration_s, captions, transcript, tuple(faults), tuple(notes))


def read_captions(path: Path) -> tuple[str, ...]:
    """The lines of a clip's caption file; raises InputError for one that is too long."""
    sidecar = path.with_suffix(CAPTIONS)
    if not sidecar.is_file():
        return ()
    lines = read_text(sidecar, sidecar.name).splitlines()
    captions = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    for number, caption in enumerate(captions, 1):
        check_prompt(caption, f"caption {number} in {sidecar.name}")
    return captions


def usable(clips: Sequence[Clip]) -> list[Clip]:
    """The clips to train on; raises InputError where there is none."""
    kept = [clip for clip in clips if not clip.faults]
    if not kept:
        raise InputError(f"None of {len(clips)} clips can be trained on: see what is wrong with each.")
    return kept


def table(clips: Sequence[Clip]) -> str:
    """What was found, a line a clip, and what it comes to."""
    names = ["file", *(clip.path.name for clip in clips)]
    width = max(map(len, names))
    lines = [f"{'file':{width}}  seconds  captions  lines  what is wrong"]
    for clip in clips:
        said = [*(f"LEFT OUT: {fault}" for fault in clip.faults), *clip.notes]
        spoken = len(clip.transcript.lines) if clip.transcript else 0
        row = f"{clip.path.name:{width}}  {clip.duration_s:7.1f}  {len(clip.captions):8}  {spoken:5}"
        lines.append(f"{row}  {'; '.join(said) or '-'}")
    kept = [clip for clip in clips if not clip.faults]
    total_s = sum(clip.duration_s for clip in kept)
    lines.append(f"{len(kept)} of {len(clips)} can be trained on: {total_s:.1f} s")
    return "\n".join(lines)


def _length(duration_s: float) -> list[str]:
    if duration_s < SHORTEST_S:
        return [f"too short: {duration_s:.2f} s, and {SHORTEST_S:g} s is the least"]
    if duration_s > LONGEST_S:
        return [f"too long: {duration_s:.0f} s, so cut it into clips of at most {LONGEST_S:.0f} s"]
    return []


def _sound(path: Path) -> Iterator[tuple[bool, str]]:
    """What is wrong with a clip's sound, and whether that keeps it out."""
    audio = read_audio(VideoSource.from_path(path))
    if audio is None:
        yield True, "no sound"
    elif not audio.samples.isfinite().all():
        yield True, "its sound holds samples that are not finite"
    elif silent_share(audio) == 1:
        yield True, "silent throughout"
    elif (share := clipped_share(audio)) > MUCH_CLIPPED:
        yield False, f"clipped: {share:.1%} of its samples are cut off"


def _transcript(path: Path, duration_s: float) -> Transcript | None:
    for sidecar in map(path.with_suffix, TRANSCRIPTS):
        if sidecar.is_file():
            transcript = parse_transcript(read_text(sidecar, sidecar.name), sidecar.name)
            if duration_s:
                transcript.check(duration_s, sidecar.name)
            return transcript
    return None


def _short(error: InputError, path: Path) -> str:
    """An error on one line, without the path that the row names already."""
    return " ".join(str(error).split()).removeprefix(f"{path}: ").rstrip(".")
