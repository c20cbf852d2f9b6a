"""What is read from files of strangers, as functions of their bytes: nothing may come of them but an InputError.

tests/test_mutated_files.py damages real files a little, bench/fuzz.py a million times.
"""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from clips import clicks, write_clip
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, read_audio
from v2a_core.media.mux import mux
from v2a_core.media.pan import parse_track
from v2a_core.media.video import FrameRate, VideoSource, probe, read_frames
from v2a_core.models import network_name
from v2a_core.prompts.cues import cue_sheet, is_timed, parse_cues
from v2a_core.prompts.lines import decode
from v2a_core.prompts.subtitles import parse_transcript, write_srt
from v2a_core.weights.catalog import CATALOG, read_catalog
from v2a_core.weights.formats import read_shapes, read_state, write_state
from v2a_core.weights.layouts import looks_like

FILM_S = 100.0  # what cues and transcripts are held against
READ_S = 5.0  # of a video whose header says that it is long: reading all of it would rightly take its time


def media(data: bytes) -> None:
    """Everything that is read of a video: how long it is, its pictures, its sound."""
    source = _beginning(data)
    for _, chunk in read_frames(source, {"eye": FrameRate(8, 32, 32), "ear": FrameRate(25, 16, 16, "next", "bicubic")}):
        assert chunk.frames.shape[-1] == 3
    sound = read_audio(source)
    assert sound is None or sound.samples.shape[-1] <= (probe(source).duration_s + 1) * sound.rate_hz


def packets(data: bytes) -> None:
    """A video's packets, copied under a new sound; what takes them is a file that can be read."""
    source, silence = _beginning(data), Audio(torch.zeros(1, 800), 8000)
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        probe(VideoSource.from_path(mux(source, silence, Path(folder) / "out.mkv", codec="flac")))


def subtitles(data: bytes) -> None:
    """A transcript in each of its forms, and back to text."""
    transcript = parse_transcript(decode(data, "The file"))
    assert all(0 <= line.start_s < line.end_s and line.text for line in transcript.lines)
    write_srt(transcript)
    transcript.check(FILM_S)


def cues(data: bytes) -> None:
    """A cue sheet, its spans, and the path of a moving sound."""
    text = decode(data, "The file")
    with suppress(InputError):
        parse_track(text)
    if is_timed(text):
        cue_sheet("", text)
    sheet = parse_cues(text)
    spans = sheet.spans(FILM_S)
    assert spans[0].start_s == 0 and spans[-1].end_s == FILM_S
    sheet.check(FILM_S)


def catalog(data: bytes) -> None:
    """The list of models, which comes with the pack: a damaged one is an error at once."""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        assert all(model.bytes >= 0 for model in read_catalog(data.decode()).values() if model.parts)


def weights(data: bytes) -> None:
    """The header of a safetensors file, what it looks like, and its tensors: of a file, and of a header alone."""
    for whole in (data, len(data).to_bytes(8, "little") + data + bytes(64)):
        with suppress(InputError), tempfile.NamedTemporaryFile(dir=_memory()) as file:
            Path(file.name).write_bytes(whole)
            _, shapes = read_shapes(file.name)
            looks_like(shapes)
            network_name(shapes)
            read_state(file.name)


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (media, packets, subtitles, cues, catalog, weights)
}


def _beginning(data: bytes) -> VideoSource:
    whole = VideoSource.from_bytes(data, "fuzz")
    return whole if probe(whole).duration_s <= READ_S else VideoSource.from_bytes(data, "fuzz", 0.0, READ_S)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def seeds(target: str, folder: Path) -> None:
    """Real files to begin with."""
    if target in ("media", "packets"):
        for name, codec in (("a.mp4", "libx264"), ("a.webm", "libvpx"), ("a.ts", "mpeg2video")):
            write_video(folder / name, seconds=0.16, width=16, height=16, codec=codec, sound=name != "a.webm")
        write_clip(folder / "a.mkv", count=4, size=(16, 16), audio=clicks([0.1], 0.16), audio_codec="flac")
        return
    texts = {
        "subtitles": [
            "1\n00:00:01,000 --> 00:00:02,500\nANNA: <i>Hello</i> &amp; you\n\n2\n0:03 --> 0:04\nText\n",
            "WEBVTT\n\nNOTE no\n\n00:01.000 --> 00:02.000 align:left\n<v Anna>Hello\n",
            "ANNA [0.5-2.0]: Hello.\n[00:01:05.500-00:01:10] More {\\an8}words",
        ],
        "cues": [
            "quiet street, -music\n\n[0.0-3.2] footsteps\n[3.2s] door -slam\n[00:01:05.5-00:01:10] rain",
            "0: -1, 2.5: 0.8",
        ],
        "catalog": [
            CATALOG.read_text(encoding="utf-8")[:3000].rpartition("\n\n")[0],
            '[mini]\ntitle="a"\nlicence="b"\nabout="c"\n',
        ],
    }
    for number, text in enumerate(texts.get(target, ())):
        (folder / f"{number}.txt").write_text(text)
    if target == "weights":
        write_state(folder / "a", {"network.a": torch.ones(2, 3), "text.b": torch.ones(4).half()}, {"family": "mini"})
        names = ("clip_input_proj.0.weight", "joint_blocks.0.clip_block.attn.qkv.weight", "text_input_proj.0.weight")
        write_state(folder / "b", {name: torch.ones(4, 4) for name in names}, {})
        for name in "ab":
            data = (folder / name).read_bytes()
            (folder / f"{name}-header").write_bytes(data[8 : 8 + int.from_bytes(data[:8], "little")])
