"""The whole job: encode the pixels, refine noise into audio under the video and the prompts, decode, mux.

Each stage is a function that a node or a script can call by itself; `generate` is all of them in order.
`progress(stage, done, total)` is told how a stage gets on and may raise to cancel.
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from . import film
from .errors import InputError
from .media.audio import Audio, fit_length, match_channels, read_audio, resample
from .media.ducking import Ducking
from .media.formats import choose_codec
from .media.mask import masked, read_mask
from .media.mix import Stem, mix_stems
from .media.mux import mux
from .media.splice import splice
from .media.video import VideoSource, probe, read_frames
from .models import load_family
from .models.base import Conditions, Family, FamilySpec, PartedFamily, TextFeatures, VisualFeatures
from .models.timed import over_time
from .parts import Parts, digest
from .prompts.cues import Cue, CueSheet, Span, cue_sheet, is_timed, parse_cues
from .prompts.transcript import Transcript, caption
from .sampling.flow import draw_noise, part_sigmas, shifted_sigmas
from .sampling.guidance import ALWAYS, EVERYWHERE, When, guided_velocity
from .sampling.inpaint import begun, held, span_mask
from .sampling.solvers import SOLVERS, Velocity
from .settings import Settings, check_device, check_duration, check_output, check_prompt, fits, take_seeds

Progress = Callable[[str, int, int], None]

LOOK_AHEAD_S = 0.01


@dataclass(frozen=True)
class Result:
    """Soundtracks of a video, one a take: audio, files if any, the first's settings, seconds of wall time a stage.

    The sound of a film that is longer than a model makes in one go, and that is written to files, is only there.
    """

    takes: tuple[Audio, ...]
    settings: Settings
    paths: tuple[Path, ...]
    seconds: Mapping[str, float]
    duration_s: float

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
    negative: str | None = None,
    cues: CueSheet | None = None,
    transcript: Transcript | None = None,
    model: str | Family = "mini",
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
    progress: Progress | None = None,
) -> Result:
    """Make the soundtrack of a video, exactly as long as it, and where output is given a video file that has it.

    prompt says what to hear, negative what not to; either may hold times (prompts.cues), cues are more. A transcript's
    lines are captions for a model that can't speak. cfg and video_cfg are the guidance scales of the prompt and of the
    picture; cfg alone sets both. They, negative, steps and solver are the model's own where left out. interval is the
    lowest and the highest noise level at which guidance acts, ramp how it comes and goes there; video_when is another
    schedule for the picture, negative_scale and negative_when are the negative prompt's strength and schedule
    (sampling.guidance). start_s and duration_s trim a video given by path.
    mask says where the sound comes from: what is black is hidden. It is as for `encode_video`, or a file's path.
    Several takes are made at once, of seeds seed, seed + 1, ...; each one's file then has its seed in its name. weights
    replaces the model's own files: a path, or paths by role where it has several.
    A video longer than the model makes in one go is done window by window in bounded memory. What is finished is kept
    in a folder beside output, OUT.v2a-parts, until all is done: the same call again goes on from there.
    sound is one that exists already, the video's own where left out. regenerate makes it anew from one second to
    another and keeps the rest; a strength below 1 changes it, the less the lower it is; under puts the new sound below
    it, turned down where it is heard.
    codec is "aac" (the default), "flac" or "opus". The same seed gives the same audio, bit for bit on the same machine.
    Raises InputError for bad input; an output file appears only when it is whole.
    """
    source = _source(video, start_s, duration_s)
    check_words(prompt, "" if negative is None else negative)
    more = (*(cues.cues if cues else ()), *captions(transcript))
    check_device(device)
    seeds = take_seeds(seed, takes)
    paths = () if output is None else tuple(check_output(path, source) for path in _take_paths(output, seeds))
    if paths:
        choose_codec(paths[0], codec)  # here, so that a wrong name is told before the work is done
    clock = _Clock()
    with clock("load"):
        family = load_family(model, device=device, weights=weights) if isinstance(model, str) else model
    settings = Settings.for_family(family.spec, seed, steps=steps, cfg=cfg, video_cfg=video_cfg, solver=solver)
    settings = replace(
        settings,
        negative_scale=negative_scale,
        text_when=When(interval, ramp),
        video_when=video_when or When(interval, ramp),
        negative_when=negative_when,
    )

    def done_with(part: str) -> None:
        if isinstance(model, str) and isinstance(family, PartedFamily):  # nobody else may want it
            family.release(part)

    sheet = cue_sheet(prompt, family.spec.negative if negative is None else negative, more)
    duration_s = probe(source).duration_s
    if transcript is not None:
        transcript.check(duration_s)
    sheet.check(duration_s)
    old = None
    if regenerate or strength != 1 or under:
        old = _old_sound(family, source, sound, duration_s, regenerate)
    if not fits(family.spec, duration_s):
        if mask is not None:
            raise InputError(
                f"{source.name} lasts {duration_s:.1f} s, and a mask is for at most {family.spec.max_duration_s:g} s "
                f"with the model {family.spec.name!r}: trim it with a start and a duration."
            )
        job = _Film(family, source, duration_s, settings, sheet, codec, device, clock, done_with, progress)
        takes = _film_takes(job, seeds, paths, output)
        return Result(takes, settings, paths, clock.seconds, duration_s)
    with clock("encode"):
        if isinstance(mask, str | os.PathLike):
            fps = None if isinstance(source.origin, Tensor) else source.fps
            mask = read_mask(mask, source.start_s, duration_s, fps)
        features = encode_video(family, source, progress, mask=mask)
    done_with("visual")
    with clock("prompt"):
        conditions = condition(family, *encode_cues(family, sheet), features)
    done_with("text")
    with clock("sample"):
        noise = torch.cat([draw_latent(family.spec, features.duration_s, each) for each in seeds]).to(device)
        changed = {"sigmas": part_sigmas(settings.steps, settings.shift, strength)}
        if regenerate or strength != 1:
            latent = encode_audio(family, old, duration_s).to(device)
            done_with("encoder")
            if regenerate:
                mask_of_time = span_mask(latent.shape[-1], family.spec.latent_rate_hz, *regenerate).to(device)
                changed["around"] = held(latent, noise, mask_of_time)
            noise = begun(latent, noise, changed["sigmas"][0])
        latents = sample(family.network, *conditions, noise, settings, progress, **changed)
    done_with("network")
    with clock("decode"):
        audios = tuple(decode(family, latent[None], features.duration_s) for latent in latents)
        if regenerate:
            audios = tuple(splice(old, audio, *regenerate) for audio in audios)
        if under:
            audios = tuple(
                fit_length(mix_stems([Stem(old), Stem(audio)], speech=0, ducking=Ducking()), duration_s)
                for audio in audios
            )
    if paths:
        with clock("mux"):
            for path, audio, each in zip(paths, audios, seeds, strict=True):
                note = provenance(family.spec, replace(settings, seed=each), sheet.positive())
                mux(source, audio, path, codec=codec, metadata=note, progress=progress)
    return Result(audios, settings, paths, clock.seconds, duration_s)


@dataclass(frozen=True)
class _Film:
    """What `generate` knows by the time it finds that a video takes windows."""

    family: Family
    source: VideoSource
    duration_s: float
    settings: Settings
    sheet: CueSheet
    codec: str | None
    device: str
    clock: "_Clock"
    done_with: Callable[[str], None]
    progress: Progress | None


def _film_takes(
    job: _Film, seeds: Sequence[int], paths: Sequence[Path], output: str | os.PathLike | None
) -> tuple[Audio, ...]:
    """Makes a film's soundtracks, stage by stage over all windows; returns those that are written nowhere."""
    family, clock, progress = job.family, job.clock, job.progress
    with TemporaryDirectory() as folder:
        parts = Parts(Path(folder) if output is None else Path(output).with_name(f"{Path(output).name}.v2a-parts"))
        with clock("encode"):
            plan = film.divide(family.spec, job.source, job.duration_s, parts, progress)
            seen_key = digest(job.source, family.visual)
            film.watch(plan, lambda part, told: encode_video(family, part, told), seen_key, progress)
        job.done_with("visual")
        with clock("prompt"):
            texts = encode_cues(family, job.sheet)
        keys = {}
        with clock("sample"):
            for seed in seeds:
                settings = replace(job.settings, seed=seed)

                def sampled(number: int, noise: Tensor, around: Callable, told: Progress, settings=settings) -> Tensor:
                    seen = film.seen(plan, seen_key, number)
                    start_s, _ = plan.span_s(plan.windows[number])
                    here = ([text.shifted(start_s) for text in side] for side in texts)
                    conditions = condition(family, *here, seen)
                    return sample(family.network, *conditions, noise.to(job.device), settings, told, around=around)

                words = [(text.tokens, repr(text.spans)) for side in texts for text in side]
                keys[seed] = digest(seen_key, words, repr(settings), job.device, family.network)
                film.refine(plan, sampled, seed, keys[seed], progress)
        job.done_with("text")
        job.done_with("network")

        @torch.inference_mode()
        def decoded(latent: Tensor) -> Tensor:
            return family.decoder.decode(latent.to(job.device))[0].float().cpu()

        sounds = [film.sound(plan, decoded, seed, keys[seed]) for seed in seeds]
        if not paths:
            with clock("decode"):
                return tuple(sound.gathered() for sound in sounds)
        with clock("mux"):
            for path, sound, seed in zip(paths, sounds, seeds, strict=True):
                note = provenance(family.spec, replace(job.settings, seed=seed), job.sheet.positive())
                mux(job.source, sound, path, codec=job.codec, metadata=note, progress=progress)
        parts.remove()
        return ()


@torch.inference_mode()
def encode_video(
    family: Family, source: VideoSource, progress: Progress | None = None, *, mask: Tensor | None = None
) -> VisualFeatures:
    """What the family's encoders see in a video, read once from start to end in bounded memory.

    mask [N, H, W], 0..1, hides what is 0; several masks are spread evenly over the video.
    """
    info = probe(source)
    film.check_film(info.duration_s, source.name)
    rates = family.spec.frame_rates
    chunks = read_frames(source, rates, progress=progress)
    if mask is not None:
        chunks = masked(chunks, rates, mask, info)
    return family.visual.encode(chunks, info.duration_s)


@torch.inference_mode()
def encode_image(family: Family, image: Tensor, *, mask: Tensor | None = None) -> VisualFeatures:
    """What the family sees in one picture that stands for a whole video of any duration.

    image uint8 or float 0..1 [H, W, 3]; mask as for encode_video. Raises InputError where the family needs a video.
    """
    spec = family.spec
    if spec.still is None:
        raise InputError(f"The model {spec.name!r} can't make a soundtrack for one picture: give it a video.")
    rates = {spec.still: spec.frame_rates[spec.still]}
    source = VideoSource.from_frames(image[None], rates[spec.still].rate_hz, "the picture")
    chunks = read_frames(source, rates)
    if mask is not None:
        chunks = masked(chunks, rates, mask, probe(source))
    return family.visual.encode(chunks, 0.0)


@torch.inference_mode()
def encode_prompt(family: Family, prompt: str, name: str = "prompt") -> TextFeatures:
    """A prompt as the family encodes it; an empty one means no text. name is what an error calls it."""
    check_prompt(prompt, name)
    return family.text.encode(prompt)


def encode_cues(family: Family, sheet: CueSheet) -> tuple[tuple[TextFeatures, ...], tuple[TextFeatures, ...]]:
    """What to hear and what not as the family encodes it: a text for all that is in force at once, with its spans."""
    spans = sheet.spans(math.inf)

    def side(name: str, words_of: Callable[[Span], str]) -> tuple[TextFeatures, ...]:
        governed: dict[str, list[tuple[float, float]]] = {}
        for span in spans:
            governed.setdefault(words_of(span), []).append((span.start_s, span.end_s))
        texts = [(encode_prompt(family, words, name), tuple(held)) for words, held in governed.items()]
        return tuple(replace(text, spans=held if len(texts) > 1 else None) for text, held in texts)

    return side("prompt", lambda span: span.positive), side("negative prompt", lambda span: span.negative)


def captions(transcript: Transcript | None) -> tuple[Cue, ...]:
    """A transcript's lines as cues, for models that can't speak."""
    lines = () if transcript is None else transcript.lines
    return tuple(Cue(line.start_s, line.end_s, caption(line)) for line in lines)


def check_words(prompt: str, negative: str) -> None:
    """Raise InputError for a prompt or a negative prompt that is neither a prompt nor a cue sheet."""
    for text, name in ((prompt, "prompt"), (negative, "negative prompt")):
        if isinstance(text, str) and is_timed(text):
            parse_cues(text, f"The {name}")
        else:
            check_prompt(text, name)


@torch.inference_mode()
def encode_audio(family: Family, audio: Audio, duration_s: float) -> Tensor:
    """A sound as the latent [1, C, T] of duration_s, such as sampling ends in; silence follows a sound that is shorter.

    Raises InputError where the family can't turn sounds into latents.
    """
    spec = family.spec
    check_duration(spec, duration_s, "the sound")
    encoder = encoder_of(family)
    if not audio.samples.isfinite().all():
        raise InputError("The sound holds samples that are not finite: check what made it.")
    whole_s = spec.latent_length(duration_s) / spec.latent_rate_hz
    # Resampling looks ahead, so the cut comes after it.
    heard = _padded(audio.samples, (whole_s + LOOK_AHEAD_S) * audio.rate_hz)
    mono = resample(Audio(match_channels(heard, 1), audio.rate_hz), spec.sample_rate_hz).samples
    return encoder.encode(_padded(mono, whole_s * spec.sample_rate_hz)[None]).float()


def encoder_of(family: Family) -> nn.Module:
    """The family's Encoder; raises InputError where it has none."""
    if not hasattr(family, "encoder"):
        raise InputError(f"The model {family.spec.name!r} can't begin with a sound: choose another model.")
    return family.encoder


@torch.inference_mode()
def condition(
    family: Family,
    positive: TextFeatures | Sequence[TextFeatures] | None,
    negative: TextFeatures | Sequence[TextFeatures] | None,
    features: VisualFeatures | None,
    transcript: Transcript | None = None,
    duration_s: float | None = None,
) -> tuple[Conditions, Conditions]:
    """Positive conditions (prompt and video) and negative ones (negative prompt, no video) over one duration.

    Several texts are a prompt that changes over time, each with the spans that it governs.
    The duration is that of the features unless duration_s says another; without features it must be given.
    """
    if duration_s is None:
        if features is None or not features.duration_s:
            raise InputError("Neither a video nor a duration is given: connect video features, or give the seconds.")
        duration_s = features.duration_s
    check_duration(family.spec, duration_s, "the duration")

    wanted, unwanted = (
        [side] if side is None or isinstance(side, TextFeatures) else list(side) for side in (positive, negative)
    )
    conditions = [
        *(family.condition(text, features, transcript, duration_s) for text in wanted),
        *(family.condition(text, None, None, duration_s) for text in (*unwanted, None)),
    ]
    # A family that has to know what is sampled together has a method for it.
    *conditions, unprompted = getattr(family, "align", list)(conditions)
    both = (wanted, conditions[: len(wanted)]), (unwanted, conditions[len(wanted) :])
    toward, away = (over_time(family.spec, duration_s, *side) for side in both)
    return toward, replace(away, unprompted=unprompted)


def draw_latent(spec: FamilySpec, duration_s: float, seed: int) -> Tensor:
    """The noise that sampling starts from, float32 [1, C, T] on the CPU."""
    return draw_noise((1, spec.latent_channels, spec.latent_length(duration_s)), seed)


@torch.inference_mode()
def sample(
    network: Callable[..., Tensor],
    positive: Conditions,
    negative: Conditions,
    noise: Tensor,
    settings: Settings,
    progress: Progress | None = None,
    *,
    around: Callable[[Velocity], Velocity] = lambda velocity: velocity,
    sigmas: Tensor | None = None,
) -> Tensor:
    """Refine noise [B, C, T] into latents like it, on the noise's device; all of them under the same conditions.

    around wraps the velocity that the solver follows. sigmas are the noise levels, of which the first is that of noise;
    those of the settings where left out.
    """
    sigmas = shifted_sigmas(settings.steps, settings.shift) if sigmas is None else sigmas
    guidance = settings.guidance
    conditions = {"positive": positive, "negative": negative}
    if guidance.needs_unprompted:
        conditions["unprompted"] = negative.unprompted
    for name in list(conditions)[1:]:
        conditions[f"{name}_with_video"] = conditions[name].seeing(positive.video)
    timed = {name: one.timed(noise.device) for name, one in conditions.items()}

    def told(step: int, x: Tensor, denoised: Tensor) -> None:
        if progress:
            progress("sample", step + 1, len(sigmas) - 1)

    velocity = around(guided_velocity(network, guidance, **timed))
    return SOLVERS[settings.solver](velocity, noise, sigmas, told)


@torch.inference_mode()
def decode(family: Family, latent: Tensor, duration_s: float) -> Audio:
    """A latent [1, C, T] to audio exactly duration_s long."""
    samples = family.decoder.decode(latent)[0].float().cpu()
    if not samples.isfinite().all():
        raise InputError("The model's output is not finite: lower cfg and video cfg, or load the model in float32.")
    return fit_length(Audio(samples, family.spec.sample_rate_hz), duration_s)


def provenance(spec: FamilySpec, settings: Settings, prompt: str) -> dict[str, str]:
    """What a file is labelled with, beside the note that its audio is generated."""
    return {
        "v2a_model": spec.name,
        "v2a_seed": str(settings.seed),
        "v2a_prompt": prompt,
    }


def _source(video: VideoSource | str | os.PathLike, start_s: float, duration_s: float | None) -> VideoSource:
    if not isinstance(video, VideoSource):
        return VideoSource.from_path(video, start_s, duration_s)
    if start_s or duration_s is not None:
        raise InputError("A VideoSource holds its own trim: leave start_s and duration_s out, or give the path.")
    return video


def _padded(samples: Tensor, length: float) -> Tensor:
    """Samples [C, N] to the nearest whole length: silence after them, or what is over cut off."""
    return pad(samples, (0, round(length) - samples.shape[-1]))


def _old_sound(
    family: Family, source: VideoSource, sound: Audio | None, duration_s: float, span: tuple[float, float] | None
) -> Audio:
    """The sound to keep or to change; raises InputError where there is none, or a span that is not in it."""
    check_duration(family.spec, duration_s, source.name)
    if span is not None and not 0 <= span[0] < span[1] <= duration_s + 0.01:
        raise InputError(
            f"The span to make anew is {span[0]:g} to {span[1]:g} s, and the video lasts {duration_s:.2f} s: give a "
            "start and an end within it, in order."
        )
    sound = read_audio(source) if sound is None else sound
    if sound is None:
        raise InputError(f"{source.name} has no sound to keep or to change: give one, or leave that option out.")
    return sound


def _take_paths(output: str | os.PathLike, seeds: Sequence[int]) -> list[Path]:
    path = Path(output)
    return [path] if len(seeds) == 1 else [path.with_stem(f"{path.stem}-{seed}") for seed in seeds]


class _Clock:
    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start
