"""What is there to judge: the clips of a folder, paired by file name with references, prompts and transcripts."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from ..errors import InputError
from ..prompts.lines import read_text
from ..prompts.subtitles import read_transcript
from ..prompts.transcript import Transcript

VIDEO = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
SOUND = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac")
SUBTITLES = (".srt", ".vtt")
MAX_CLIPS, MAX_SPANS, MAX_SPAN_S = 20_000, 10_000, 24 * 3600

Span = tuple[float, float]


@dataclass(frozen=True)
class Clip:
    """One video's soundtrack and what it should be; None and empty stand for what is not there.

    sound: the file whose sound is judged, which may be the video itself. labels: the tagger's names for what the prompt
    asks for. mouth: spans in seconds in which a mouth is open.
    """

    name: str
    video: Path | None
    sound: Path
    reference: Path | None = None
    prompt: str = ""
    labels: tuple[str, ...] = ()
    transcript: Transcript | None = None
    mouth: tuple[Span, ...] | None = None

    @property
    def speaks(self) -> bool:
        """Whether speech is expected."""
        return bool(self.transcript and self.transcript.lines) or bool(self.mouth)


def find_clips(
    folder: str | PathLike,
    reference: str | PathLike | None = None,
    prompts: str | PathLike | None = None,
    transcripts: str | PathLike | None = None,
) -> list[Clip]:
    """The clips of a folder in order of name.

    A clip is a file name without its ending: STEM.wav is judged if there is one, otherwise the sound of STEM.mp4.
    References pair by stem. STEM.txt (prompt), STEM.srt or .vtt (transcript) and STEM.mouth.json are looked for beside
    it, then beside the reference; transcripts names another folder for them, prompts a CSV file.
    Raises InputError for a folder without clips, for two files that would be the same clip, and for a bad sidecar.
    """
    folder = _folder(folder, "folder")
    reference = None if reference is None else _folder(reference, "reference folder")
    videos, sounds = _by_stem(folder, VIDEO), _by_stem(folder, SOUND)
    names = sorted({*videos, *sounds})
    if not names:
        raise InputError(f"The folder {folder} holds no video ({', '.join(VIDEO)}) and no sound ({', '.join(SOUND)}).")
    if len(names) > MAX_CLIPS:
        raise InputError(f"The folder {folder} holds {len(names):,} clips: judge at most {MAX_CLIPS:,} at once.")
    true_videos, true_sounds = ({}, {}) if reference is None else (_by_stem(reference, some) for some in (VIDEO, SOUND))
    true = true_videos | true_sounds
    if reference is not None and not set(names) & set(true):
        raise InputError(
            f"No file of {reference} is called like one of {folder}, such as {names[0]}: references pair by name."
        )
    asked = _prompts(Path(prompts), names) if prompts is not None else {}
    beside = [folder] if reference is None else [folder, reference]
    said = [_folder(transcripts, "transcript folder")] if transcripts is not None else beside
    return [
        Clip(
            name,
            videos.get(name) or true_videos.get(name),
            sounds.get(name) or videos[name],
            true.get(name),
            asked.get(name, ("", ()))[0] or _prompt(_sidecar(beside, name, (".txt",))),
            asked.get(name, ("", ()))[1],
            _transcript(_sidecar(said, name, SUBTITLES)),
            _spans(_sidecar(beside, name, (".mouth.json",))),
        )
        for name in names
    ]


def _folder(path: str | PathLike, what: str) -> Path:
    path = Path(path)
    if not path.is_dir():
        state = "is a file, not a folder" if path.exists() else "does not exist"
        raise InputError(f"The {what} {path} {state}: check the path.")
    return path


def _by_stem(folder: Path, endings: Iterable[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in endings or path.name.startswith(".") or not path.is_file():
            continue
        if path.stem in found:
            raise InputError(
                f"{found[path.stem]} and {path.name} would be the same clip, {path.stem}: keep one of them."
            )
        found[path.stem] = path
    return found


def _sidecar(folders: Iterable[Path], name: str, endings: Iterable[str]) -> Path | None:
    places = (folder / f"{name}{ending}" for folder in folders for ending in endings)
    return next((place for place in places if place.is_file()), None)


def _prompt(path: Path | None) -> str:
    return "" if path is None else " ".join(read_text(path, f"The prompt {path}").split())


def _transcript(path: Path | None) -> Transcript | None:
    return None if path is None else read_transcript(path)


def _spans(path: Path | None) -> tuple[Span, ...] | None:
    """Spans of seconds from a file such as [[0.5, 1.25], [2, 2.4]]."""
    if path is None:
        return None
    wanted = f"{path} is no list of spans: write pairs of seconds such as [[0.5, 1.25], [2, 2.4]]"
    try:
        spans = json.loads(read_text(path, f"The file {path}"))
    except (ValueError, RecursionError) as error:  # JSON may also hold numbers of thousands of digits
        raise InputError(f"{wanted} ({error}).") from None
    if not isinstance(spans, list) or len(spans) > MAX_SPANS:
        raise InputError(f"{wanted}, at most {MAX_SPANS:,}.")
    for span in spans:
        if not (isinstance(span, list) and len(span) == 2 and all(type(edge) in (int, float) for edge in span)):
            raise InputError(f"{wanted}, not {str(span)[:60]}.")
        if not 0 <= span[0] < span[1] <= MAX_SPAN_S:
            rule = f"does not begin at 0 or later, end after it begins, and end by {MAX_SPAN_S:,} s"
            raise InputError(f"{wanted}: {str(span)[:60]} {rule}.")
    return tuple((float(start), float(end)) for start, end in spans)


def _prompts(path: Path, names: Iterable[str]) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """{clip: (prompt, labels)} of a CSV file with the columns name, prompt and, if wanted, labels (parted by |)."""
    rows = csv.DictReader(io.StringIO(read_text(path, f"The prompts {path}"), newline=""), strict=True)
    known, out = set(names), {}
    try:
        columns = set(rows.fieldnames or ())
        if not {"name", "prompt"} <= columns:
            raise InputError(f"The prompts {path} need the columns name and prompt in their first line.")
        for row in rows:
            name, prompt = (row["name"] or "").strip(), " ".join((row["prompt"] or "").split())
            if name not in known:
                raise InputError(f"The prompts {path}, line {rows.line_num}: there is no clip called {name[:60]!r}.")
            if name in out:
                raise InputError(f"The prompts {path}, line {rows.line_num}: {name} is there twice.")
            if None in row:
                told = "there is more than the columns hold: put a prompt with a comma in double quotes"
                raise InputError(f"The prompts {path}, line {rows.line_num}: {told}.")
            labels = tuple(label.strip() for label in (row.get("labels") or "").split("|") if label.strip())
            out[name] = (prompt, labels)
    except csv.Error as error:
        raise InputError(f"The prompts {path}, line {rows.line_num}: this is not CSV ({error}).") from None
    return out
