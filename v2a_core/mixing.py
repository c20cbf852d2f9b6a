"""`v2a mix`: sounds under a video, each with its gain and place, with room for speech, at a loudness."""

import argparse
from pathlib import Path

from .errors import InputError


def add_parser(commands) -> None:
    parser = commands.add_parser("mix", help="mix sounds into a video's soundtrack", allow_abbrev=False)
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video; its own sound counts only as a STEM")
    parser.add_argument("stems", metavar="STEM", type=Path, nargs="+", help="a sound, or a video with one")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the video with the mix")
    parser.add_argument(
        "--gain", metavar="DB", type=float, nargs="+", help="for each stem, in their order (default: 0)"
    )
    parser.add_argument(
        "--pan", metavar="P", type=float, nargs="+", help="for each stem, -1 left to 1 right (default: 0)"
    )
    parser.add_argument("--loudness", metavar="LUFS", type=float, help="-14, -16 or -23 (default: as it is)")
    parser.add_argument("--true-peak", metavar="DBTP", type=float, default=-1.0, help="at most this (default: -1)")
    parser.add_argument("--speech", metavar="N", type=int, help="the stem, from 1, that the others make room for")
    parser.add_argument("--duck-depth", metavar="DB", type=float, default=12.0, help="how far (default: 12)")
    parser.add_argument(
        "--duck-threshold", metavar="DBFS", type=float, default=-40.0, help="what counts as speech (default: -40)"
    )
    parser.add_argument("--duck-attack", metavar="S", type=float, default=0.05, help="before speech (default: 0.05)")
    parser.add_argument("--duck-release", metavar="S", type=float, default=0.4, help="after it (default: 0.4)")
    parser.add_argument(
        "--transcript",
        metavar="FILE",
        type=Path,
        help="put the speech at these lines' times: one sound of all lines, with a pause after each",
    )
    parser.add_argument(
        "--stretch", metavar="X", type=float, default=1.25, help="how many times faster or slower (default: 1.25)"
    )
    parser.add_argument("--moving", metavar="N", type=int, help="the stem, from 1, that follows --mask or --path")
    parser.add_argument("--mask", metavar="FILE", type=Path, help="a picture or video, white where the stem is heard")
    parser.add_argument(
        "--far",
        metavar="DB",
        type=float,
        default=12.0,
        help="how much quieter the mask makes what is small (default: 12)",
    )
    parser.add_argument("--path", metavar="POINTS", help="seconds and places, such as 0: -1, 2.5: 0.8")
    parser.add_argument("--codec", help="of the soundtrack: aac, flac or opus (default: aac, or what the file takes)")
    parser.set_defaults(run=_mix)


def _mix(arguments: argparse.Namespace, progress) -> None:
    from .media.audio import fit_length
    from .media.ducking import Ducking
    from .media.loudness import TARGETS_LUFS, integrated_lufs, true_peak_dbtp
    from .media.mix import Stem, mix_stems
    from .media.mux import mux
    from .media.target import check_target
    from .media.video import VideoSource, probe
    from .settings import check_film, check_output

    if arguments.loudness not in (None, *TARGETS_LUFS):
        targets = ", ".join(f"{target:g}" for target in TARGETS_LUFS)
        raise InputError(f"The loudness is {arguments.loudness:g} LUFS: choose one of {targets}.")
    if not -20 <= arguments.true_peak <= 0:
        raise InputError(f"The true peak is {arguments.true_peak:g} dBTP: give a number from -20 to 0.")
    if not 0 <= arguments.far <= 60:
        raise InputError(f"--far is {arguments.far:g} dB: give a number from 0 to 60.")
    gains, places = (_each(name, getattr(arguments, name), arguments.stems) for name in ("gain", "pan"))
    voice, mover = (_number(name, getattr(arguments, name), arguments.stems) for name in ("speech", "moving"))
    if arguments.transcript and voice is None:
        raise InputError("A transcript is given and no stem is speech: say which one with --speech.")
    if (mover is None) != (arguments.mask is None and arguments.path is None):
        raise InputError("A stem that moves takes --moving and either --mask or --path: give both of them, or neither.")
    source = VideoSource.from_path(arguments.video)
    output = check_output(arguments.output, source)
    check_target(source, output, arguments.codec)
    duration_s = probe(source).duration_s
    check_film(duration_s, source.name)
    for path in arguments.stems:
        if not path.expanduser().is_file():
            what = "is a folder" if path.expanduser().is_dir() else "does not exist"
            raise InputError(f"{path}: {what}; give the path of a sound, or of a video with one")
    sounds, fits = [_sound(path, duration_s) for path in arguments.stems], []
    if arguments.transcript:
        sounds[voice], fits = _spoken(sounds[voice], arguments.transcript, duration_s, arguments.stretch)
    if mover is not None:
        places[mover] = _track(arguments, duration_s)
    ducking = Ducking(arguments.duck_depth, arguments.duck_threshold, arguments.duck_attack, arguments.duck_release)
    mixed = mix_stems(
        [Stem(fit_length(sound, duration_s), *how) for sound, *how in zip(sounds, gains, places, strict=True)],
        speech=voice,
        ducking=ducking,
        target_lufs=arguments.loudness,
        ceiling_dbtp=arguments.true_peak,
    )
    mux(source, mixed, output, codec=arguments.codec, progress=progress)
    progress.close()
    print(f"{output}: {integrated_lufs(mixed):.1f} LUFS, true peak {true_peak_dbtp(mixed):.1f} dBTP")
    for fit in fits:
        print(fit)


def _each(name: str, given: list[float] | None, stems: list[Path]) -> list:
    """A number for each stem; raises InputError where there are more or fewer."""
    if given is not None and len(given) != len(stems):
        raise InputError(f"--{name} has {len(given)} numbers and there are {len(stems)} stems: give one for each.")
    return given or [0.0] * len(stems)


def _number(name: str, given: int | None, stems: list[Path]) -> int | None:
    """The place of a stem in the list, from 0; raises InputError where there is no such stem."""
    if given is not None and not 1 <= given <= len(stems):
        raise InputError(f"--{name} is {given} and there are {len(stems)} stems: give a number from 1 to {len(stems)}.")
    return None if given is None else given - 1


def _sound(path: Path, duration_s: float):
    """What a file sounds like, read no further than the video lasts."""
    from itertools import takewhile

    import torch

    from .evaluation.sound import sound_windows
    from .media.audio import Audio

    parts = [audio for _, audio in takewhile(lambda window: window[0] < duration_s, sound_windows(path))]
    return Audio(torch.cat([part.samples for part in parts], -1), parts[0].rate_hz)


def _spoken(sound, path: Path, duration_s: float, most: float) -> tuple:
    """Speech at the times of a transcript's lines, and how each fits."""
    from .media.stretch import place_speech
    from .prompts.subtitles import read_transcript
    from .prompts.transcript import describe

    transcript = read_transcript(path)
    transcript.check(duration_s, f"The file {path}")
    placed, fits = place_speech([sound], [(line.start_s, line.end_s) for line in transcript.lines], most)
    return placed, [f"{describe(line)}: {fit}" for line, fit in zip(transcript.lines, fits, strict=True)]


def _track(arguments: argparse.Namespace, duration_s: float):
    """The path that the moving stem takes."""
    from .media.mask import read_mask
    from .media.pan import mask_track, parse_track

    if arguments.mask is not None and arguments.path is not None:
        raise InputError("A stem follows either --mask or --path: give one of the two.")
    if arguments.path is not None:
        return parse_track(arguments.path)
    return mask_track(read_mask(arguments.mask, 0.0, duration_s), duration_s, arguments.far)
