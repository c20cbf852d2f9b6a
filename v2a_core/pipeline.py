"""The whole job: encode the pixels, refine noise into audio under the video and the prompts, decode, mux.

`generate` is all of it in order; each stage is a function of its own in `stages`.
"""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from .clip import clip_sounds
from .errors import InputError
from .film_sounds import film_sounds, parts_beside
from .job import Job, Progress, Run, Script
from .known import known_sound
from .media.audio import Audio
from .media.flac import write_flac
from .media.mask import read_mask
from .media.mux import mux
from .media.target import check_target
from .media.video import VideoSource, probe
from .models import load_family
from .models.base import Family, FamilySpec
from .models.lora import merge_lora
from .prompts.cues import Cue, CueSheet, cue_sheet
from .prompts.transcript import Transcript
from .sampling.guidance import ALWAYS, EVERYWHERE, When
from .settings import Settings, check_device, check_output, fits, take_seeds
from .stages import captions, check_words
from .stems import SPEECH, check_stems, mixed, stem_path


@dataclass(frozen=True)
class Result:
    """Soundtracks of a video, one a take: audio, files if any, the first's settings, seconds of wall time a stage.

    spec is the model that made them. Where stems were asked for there are each take's by their names, and their files.
    The sound of a film that is longer than a model makes in one go, and that is written to files, is only there.
    """

    takes: tuple[Audio, ...]
    settings: Settings
    paths: tuple[Path, ...]
    seconds: Mapping[str, float]
    duration_s: float
    spec: FamilySpec
    stems: tuple[Mapping[str, Audio], ...] = ()
    stem_paths: tuple[Path, ...] = ()

    @property
    def audio(self) -> Audio:
        """The first take."""
        return self.takes[0]

    @property
    def path(self) -> Path | None:
        """The first take's file."""
        return self.paths[0] if self.paths else None


def generate(
    video: VideoSource | str | os.PathLike,
    output: str | os.PathLike | None = None,
    *,
    prompt: str = "",
    stems: Mapping[str, str] | None = None,
    negative: str | None = None,
    cues: CueSheet | None = None,
    transcript: Transcript | None = None,
    model: str | Family = "mini_fast",
    seed: int = 0,
    takes: int = 1,
    steps: int | None = None,
    cfg: float | None = None,
    video_cfg: float | None = None,
    interval: tuple[float, float] = EVERYWHERE,
    ramp: str = "constant",
    video_when: When | None = None,
    negative_scale: float = 1.0,
    negative_when: When = ALWAYS,
    solver: str | None = None,
    start_s: float = 0.0,
    duration_s: float | None = None,
    mask: Tensor | str | os.PathLike | None = None,
    sound: Audio | None = None,
    regenerate: tuple[float, float] | None = None,
    strength: float = 1.0,
    under: bool = False,
    codec: str | None = None,
    device: str = "cpu",
    weights: str | os.PathLike | Mapping[str, str | os.PathLike] | None = None,
    loras: Sequence[tuple[str | os.PathLike, float]] = (),
    progress: Progress | None = None,
) -> Result:
    """Make the soundtrack of a video, exactly as long as it, and where output is given a video file that has it.

    prompt says what to hear, negative what not to; either may hold times (prompts.cues), cues are more. A transcript's
    lines are spoken by a model that can, and captions for one that can't. stems are several prompts by name in place of
    one: the picture is watched once, each prompt makes a sound, written beside output as OUT-NAME.flac, and all of them
    are mixed; the one called "speech" has the transcript, and the others make room for it. cfg and video_cfg are the
    guidance scales of the prompt and of the picture; cfg alone sets both. They, negative, steps and solver are the
    model's own where left out. interval is the lowest and the highest noise level at which guidance acts, ramp how it
    comes and goes there; video_when is another schedule for the picture, negative_scale and negative_when are the
    negative prompt's strength and schedule (sampling.guidance). start_s and duration_s trim a video given by path.
    mask says where the sound comes from: what is black is hidden. It is as for `encode_video`, or a file's path.
    Several takes are made at once, of seeds seed, seed + 1, ...; each one's file then has its seed in its name. weights
    replaces the model's own files: a path, or paths by role where it has several. loras are files and their strengths,
    merged into the network; that of a family which is given stays so.
    A video longer than the model makes in one go is done window by window in bounded memory. What is finished is kept
    in a folder beside output, OUT.v2a-parts, until all is done: the same call again goes on from there.
    sound is one that exists already, the video's own where left out. regenerate makes it anew from one second to
    another and keeps the rest; a strength below 1 changes it, the less the lower it is; under puts the new sound below
    it, turned down where it is heard.
    codec is "aac" (the default), "flac" or "opus". The same seed gives the same audio, bit for bit on the same machine.
    Raises InputError for bad input; an output file appears only when it is whole.
    """
    source = _source(video, start_s, duration_s)
    stems = stems or {}
    check_stems(stems, prompt=prompt, cues=cues, regenerate=regenerate, strength=strength != 1)
    for words in stems.values() if stems else [prompt]:
        check_words(words, "" if negative is None else negative)
    if stems and transcript is not None and SPEECH not in stems:
        raise InputError(f"There is a transcript, and no stem called {SPEECH} to have it: add one, or leave it out.")
    check_device(device)
    seeds = take_seeds(seed, takes)
    paths = () if output is None else tuple(check_output(path, source) for path in _take_paths(output, seeds))
    stem_paths = tuple(check_output(stem_path(path, name), source) for path in paths for name in stems)
    if paths:
        check_target(source, paths[0], codec)
    began = time.perf_counter()
    family = load_family(model, device=device, weights=weights) if isinstance(model, str) else model
    for path, amount in loras:
        merge_lora(family.network, path, amount, family.spec.kin)
    run = Run(family, device, progress, isinstance(model, str), {"load": time.perf_counter() - began})
    against = family.spec.negative if negative is None else negative
    if stems:
        said = {SPEECH: transcript}
        scripts = {name: _script(family.spec, words, against, (), said.get(name)) for name, words in stems.items()}
    else:
        scripts = {"": _script(family.spec, prompt, against, cues.cues if cues else (), transcript)}
    own = Settings.for_family(
        family.spec,
        seed,
        steps=steps,
        cfg=cfg,
        video_cfg=video_cfg,
        solver=solver,
        against=any(script.sheet.negative() for script in scripts.values()),
    )
    settings = replace(
        own,
        negative_scale=negative_scale,
        text_when=When(interval, ramp),
        video_when=video_when or When(interval, ramp),
        negative_when=negative_when,
    )
    duration_s = probe(source).duration_s
    if transcript is not None:
        transcript.check(duration_s)
    for script in scripts.values():
        script.sheet.check(duration_s)
    is_film = not fits(family.spec, duration_s)
    known = known_sound(source, sound, duration_s, regenerate, strength, under, is_film=is_film)
    if is_film and mask is not None:
        raise InputError(
            f"{source.name} lasts {duration_s:.1f} s, and a mask is for at most {family.spec.max_duration_s:g} "
            f"s with the model {family.spec.name!r}: trim it with a start and a duration."
        )
    job = Job(source, duration_s, tuple(scripts.values()), settings, seeds)
    if is_film and known:
        job = known.around(job, family.spec)
    with ExitStack() as opened:
        if fits(family.spec, job.duration_s):
            if isinstance(mask, str | os.PathLike):
                fps = None if isinstance(source.origin, Tensor) else source.fps
                mask = read_mask(mask, source.start_s, duration_s, fps)
            made = clip_sounds(job, run, mask=mask, known=known)
        else:
            made = film_sounds(job, run, opened.enter_context(parts_beside(output)), known=known)
            if not paths:
                with run.stage("decode"):
                    made = [[sound.gathered() for sound in takes] for takes in made]
        sounds, tracks = list(made[0]), ()
        if stems:
            with run.stage("mix"):
                tracks = tuple(dict(zip(stems, take, strict=True)) for take in zip(*made, strict=True))
                sounds = [mixed(take, duration_s) for take in tracks]
        if known:
            with run.stage("keep"):
                if not is_film:
                    sounds = [known.with_new(sound, duration_s) for sound in sounds]
                elif known.is_heard:
                    sounds = [known.with_part(sound, job.start_s, duration_s) for sound in sounds]
                    sounds = sounds if paths else [sound.gathered() for sound in sounds]
        if paths:
            with run.stage("mux"):
                words = {name: script.sheet.positive() for name, script in scripts.items()}
                whole = "; ".join(f"{name}: {said}" if name else said for name, said in words.items())
                for number, (path, one, each) in enumerate(zip(paths, sounds, seeds, strict=True)):
                    note = provenance(family.spec, replace(settings, seed=each), whole)
                    for name in stems:
                        write_flac(
                            tracks[number][name], stem_path(path, name), {**note, "v2a_prompt": words[name]}, progress
                        )
                    mux(source, one, path, codec=codec, metadata=note, progress=progress)
    takes = tuple(one for one in sounds if isinstance(one, Audio))
    return Result(takes, settings, paths, run.seconds, duration_s, family.spec, tracks if takes else (), stem_paths)


def provenance(spec: FamilySpec, settings: Settings, prompt: str) -> dict[str, str]:
    """What a file is labelled with, beside the note that its audio is generated."""
    return {
        "v2a_model": spec.name,
        "v2a_seed": str(settings.seed),
        "v2a_prompt": prompt,
    }


def _script(spec: FamilySpec, prompt: str, negative: str, cues: Sequence[Cue], transcript: Transcript | None) -> Script:
    return Script(cue_sheet(prompt, negative, (*cues, *captions(spec, transcript))), transcript)


def _source(video: VideoSource | str | os.PathLike, start_s: float, duration_s: float | None) -> VideoSource:
    if not isinstance(video, VideoSource):
        return VideoSource.from_path(video, start_s, duration_s)
    if start_s or duration_s is not None:
        raise InputError("A VideoSource holds its own trim: leave start_s and duration_s out, or give the path.")
    return video


def _take_paths(output: str | os.PathLike, seeds: Sequence[int]) -> list[Path]:
    path = Path(output)
    return [path] if len(seeds) == 1 else [path.with_stem(f"{path.stem}-{seed}") for seed in seeds]
