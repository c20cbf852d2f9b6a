"""The stages of the job, each a function that a node or a script can call by itself; see pipeline for all in order.

`progress(stage, done, total)` is told how a stage gets on and may raise to cancel.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from .errors import InputError
from .media.audio import Audio, fit_length, match_channels, resample
from .media.mask import masked
from .media.video import VideoSource, probe, read_frames
from .models.base import Conditions, Family, FamilySpec, TextFeatures, VisualFeatures
from .models.timed import over_time
from .pieces import decoded, decoded_at_once, encoded, even_pieces, presentable
from .prompts.cues import Cue, CueSheet, Span, is_timed, parse_cues
from .prompts.transcript import Transcript, caption
from .sampling.flow import draw_noise, shifted_sigmas
from .sampling.guidance import guided_velocity
from .sampling.solvers import SOLVERS, Velocity
from .settings import Settings, check_duration, check_film, check_length, check_prompt, fits

Progress = Callable[[str, int, int], None]

LOOK_AHEAD_S = 0.01

log = logging.getLogger(__name__)


@torch.inference_mode()
def encode_video(
    family: Family,
    source: VideoSource,
    progress: Progress | None = None,
    *,
    mask: Tensor | None = None,
    mask_span_s: tuple[float, float] | None = None,
) -> VisualFeatures:
    """What the family's encoders see in a video, read once from start to end in bounded memory.

    mask [N, H, W], 0..1, hides what is 0; several masks are spread evenly over the video, or from one time in seconds
    to another if mask_span_s says so.
    """
    info = probe(source)
    check_film(info.duration_s, source.name)
    rates = family.spec.frame_rates
    chunks = read_frames(source, rates, progress=progress)
    if mask is not None:
        chunks = masked(chunks, rates, mask, info, mask_span_s)
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
    """What to hear and what not as the family encodes it: a text for all that is in force at once, with its spans.

    It is said, once for each of the two, where the family knows no word of such a text.
    """
    spans = sheet.spans(math.inf)

    def side(name: str, words_of: Callable[[Span], str]) -> tuple[TextFeatures, ...]:
        governed: dict[str, list[tuple[float, float]]] = {}
        for span in spans:
            governed.setdefault(words_of(span), []).append((span.start_s, span.end_s))
        texts = [(encode_prompt(family, words, name), tuple(held)) for words, held in governed.items()]
        unread = next((text.prompt for text, _ in texts if text.prompt.strip() and not len(text.tokens)), None)
        if unread is not None:
            told = "The %s %r holds no word that the model %r knows: write it in English."
            log.warning(told, name, unread[:80], family.spec.name)
        return tuple(replace(text, spans=held if len(texts) > 1 else None) for text, held in texts)

    return side("prompt", lambda span: span.positive), side("negative prompt", lambda span: span.negative)


def captions(spec: FamilySpec, transcript: Transcript | None) -> tuple[Cue, ...]:
    """A transcript's lines as cues, for a model that can't speak; none for one that does."""
    lines = () if transcript is None or spec.speaks else transcript.lines
    return tuple(Cue(line.start_s, line.end_s, caption(line)) for line in lines)


def check_words(prompt: str, negative: str) -> None:
    """Raise InputError for a prompt or a negative prompt that is neither a prompt nor a cue sheet."""
    for text, name in ((prompt, "prompt"), (negative, "negative prompt")):
        if isinstance(text, str) and is_timed(text):
            parse_cues(text, f"The {name}")
        else:
            check_prompt(text, name)


@torch.inference_mode()
def encode_audio(family: Family, audio: Audio, duration_s: float, progress: Progress | None = None) -> Tensor:
    """A sound as the latent [1, C, T] of duration_s, such as sampling ends in; silence follows a sound that is shorter.

    Raises InputError where the family can't turn sounds into latents.
    """
    spec = family.spec
    check_length(duration_s, "The sound")
    encoder = encoder_of(family)
    if not audio.samples.isfinite().all():
        raise InputError("The sound holds samples that are not finite: check what made it.")
    whole_s = spec.latent_length(duration_s) / spec.latent_rate_hz
    # Resampling looks ahead, so the cut comes after it.
    heard = _padded(audio.samples, (whole_s + LOOK_AHEAD_S) * audio.rate_hz)
    mono = resample(Audio(match_channels(heard, 1), audio.rate_hz), spec.sample_rate_hz).samples
    whole = _padded(mono, whole_s * spec.sample_rate_hz)
    frames = spec.latent_length(duration_s)
    pieces = [(0, frames)] if fits(spec, duration_s) else even_pieces(spec, frames)

    def reached(frame: int) -> None:
        if progress:
            progress("encode sound", frame, frames)

    return encoded(spec, whole, pieces, lambda samples: encoder.encode(samples).float(), reached=reached)


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

    prompts = [
        [side] if side is None or isinstance(side, TextFeatures) else list(side) for side in (positive, negative)
    ]
    toward, away = lay_out(family, prompts, 1, features, duration_s, transcript)
    return toward, away


def lay_out(
    family: Family,
    prompts: Sequence[Sequence[TextFeatures | None]],
    wanted: int,
    features: VisualFeatures | None,
    duration_s: float,
    transcript: Transcript | None = None,
) -> list[Conditions]:
    """Conditions of each prompt, a list of texts that take turns, over a duration; they know those of no prompt at all.

    The first `wanted` prompts see the features and have the transcript, where the family speaks.
    """
    said = transcript if family.spec.speaks else None
    flat = [(text, number < wanted) for number, texts in enumerate(prompts) for text in texts]
    conditions = [
        family.condition(text, features if sees else None, said if sees else None, duration_s)
        for text, sees in (*flat, (None, False))
    ]
    # A family that has to know what is sampled together has a method for it.
    *aligned, unprompted = getattr(family, "align", list)(conditions)
    left = iter(aligned)
    whole = (over_time(family.spec, duration_s, texts, [next(left) for _ in texts]) for texts in prompts)
    return [replace(one, unprompted=unprompted) for one in whole]


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
def decode(family: Family, latent: Tensor, duration_s: float, progress: Progress | None = None) -> Audio:
    """A latent [1, C, T] to audio exactly duration_s long; what the family can't make in one go piece by piece."""

    def samples_of(latent: Tensor) -> Tensor:
        return family.decoder.decode(latent)[0].float().cpu()

    spec = family.spec
    if not fits(spec, duration_s):

        def between(first: int, end: int) -> Tensor:
            if progress:
                progress("decode", first, latent.shape[-1])
            return latent[..., first:end]

        return decoded(spec, duration_s, even_pieces(spec, latent.shape[-1]), between, samples_of).gathered()
    samples = presentable(decoded_at_once(spec, latent, samples_of), spec.sample_rate_hz)
    return fit_length(Audio(samples, spec.sample_rate_hz), duration_s)


def _padded(samples: Tensor, length: float) -> Tensor:
    """Samples [C, N] to the nearest whole length: silence after them, or what is over cut off."""
    return pad(samples, (0, round(length) - samples.shape[-1]))
