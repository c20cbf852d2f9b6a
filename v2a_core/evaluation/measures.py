"""The scores: what each compares, how clips add up to one number, and what it stands between.

Every score is a function of a sound that was heard and a case that it should fit. Of the same function come the
**score** (a clip's generated sound and its own case), its **ceiling** (the true sound in its place) and its **control**
(the generated sound of one clip and the case of another).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from torch import Tensor

from .cosine import cosine
from .desync import desync
from .folder import Clip
from .hearing import Heard
from .judges import DNSMOS, TAGS
from .kl import kl_divergence
from .onsets import OnsetScore, match_onsets
from .speech import speech_overlap
from .speech_quality import NAMES
from .sync import agreement
from .tagger import obeys
from .wer import WordErrors, word_errors, words

CLASSIFIERS = {"panns": "PANNs", "passt": "PaSST"}


@dataclass(frozen=True)
class Case:
    """A clip, how its picture moves, the classes it asks for, and what was heard in its two sounds.

    motion: that of `watch_motion`, None without a video. seen: features of its picture by kind.
    """

    clip: Clip
    generated: Heard
    reference: Heard | None = None
    motion: tuple[np.ndarray, float] | None = None
    heard_names: Callable[[Tensor], tuple[str, ...]] | None = None
    labels: tuple[str, ...] = ()
    seen: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """A score of single clips.

    score gives what one clip adds, None where it can't be had; pool makes a number of a list of them. better:
    "higher", "lower", or "" where neither is. needs: what clips lack if none could be scored; judge: whose model it
    takes. paired: whether another clip's case would score differently.
    """

    key: str
    title: str
    score: Callable[[Heard, Case], object | None]
    needs: str
    better: str = ""
    unit: str = ""
    judge: str = ""
    paired: bool = True
    pool: Callable[[Sequence], float] = lambda items: float(np.mean(items))


def _onsets(heard: Heard, case: Case) -> OnsetScore | None:
    true = case.reference
    if heard.onsets_s is None or true is None or true.onsets_s is None:
        return None
    # What one of the two has beyond the other's end is no mistake.
    until_s = min(heard.seconds, true.seconds)
    return match_onsets(*(onsets[onsets < until_s] for onsets in (heard.onsets_s, true.onsets_s)))


def _pooled(value: Callable[[OnsetScore], float]) -> Callable[[Sequence[OnsetScore]], float]:
    def pool(scores: Sequence[OnsetScore]) -> float:
        # Not their sum: it would copy all offsets once a clip.
        counts = (sum(getattr(score, name) for score in scores) for name in ("pairs", "detected", "expected"))
        return value(OnsetScore(*counts, tuple(chain.from_iterable(score.offsets_s for score in scores))))

    return pool


def _sync(heard: Heard, case: Case) -> float | None:
    if heard.strength is None or case.motion is None:
        return None
    return agreement(heard.strength, *case.motion)


def _obedience(heard: Heard, case: Case) -> float | None:
    if TAGS not in heard.features or not case.labels:
        return None
    return float(obeys(case.heard_names(heard.features[TAGS]), case.labels))


def _words(heard: Heard, case: Case) -> WordErrors | None:
    said = words(" ".join(line.text for line in case.clip.transcript.lines)) if case.clip.transcript else []
    return None if heard.text is None or not said else word_errors(words(heard.text), said)


def _in_mouth(heard: Heard, case: Case) -> float | None:
    if heard.sounding is None or case.clip.mouth is None:
        return None
    return speech_overlap(heard.sounding, case.clip.mouth)


def _in_lines(heard: Heard, case: Case) -> float | None:
    if heard.sounding is None or not (case.clip.transcript and case.clip.transcript.lines):
        return None
    return speech_overlap(heard.sounding, [(line.start_s, line.end_s) for line in case.clip.transcript.lines])


def _level(name: str) -> Callable[[Heard, Case], float | None]:
    def score(heard: Heard, case: Case) -> float | None:
        value = getattr(heard, name)
        return value if value is not None and np.isfinite(value) else None  # silence has no level

    return score


def _quality(index: int) -> Callable[[Heard, Case], float | None]:
    return lambda heard, case: float(heard.features[DNSMOS][index]) if DNSMOS in heard.features else None


def _divergence(kind: str) -> Callable[[Heard, Case], float | None]:
    def score(heard: Heard, case: Case) -> float | None:
        true = case.reference.features.get(kind) if case.reference else None
        return None if true is None or kind not in heard.features else kl_divergence(true, heard.features[kind])

    return score


def _imagebind(heard: Heard, case: Case) -> float | None:
    sound, picture = heard.features.get("imagebind_audio"), case.seen.get("imagebind_video")
    return None if sound is None or picture is None else cosine(sound, picture)


def _desync(heard: Heard, case: Case) -> float | None:
    logits = heard.features.get("synchformer_logits")
    return None if logits is None else desync(logits)


_SPEECH = "a transcript (CLIP.srt or .vtt)"
_PAIR = "an onset within 50 ms of a reference's"
_LEVEL = "a sound that isn't silent throughout"
_MILLISECONDS = "median offset of matched onsets"

MEASURES: tuple[Measure, ...] = (
    Measure("onset_f1", "onset F1 at 50 ms", _onsets, "a reference", "higher", pool=_pooled(lambda total: total.f1)),
    Measure(
        "onset_offset_abs_ms",
        f"{_MILLISECONDS}, its size",
        _onsets,
        _PAIR,
        "lower",
        "ms",
        pool=_pooled(lambda total: 1e3 * total.median_abs_offset_s),
    ),
    Measure(
        "onset_offset_ms",
        f"{_MILLISECONDS}, late is positive",
        _onsets,
        _PAIR,
        unit="ms",
        pool=_pooled(lambda total: 1e3 * total.median_offset_s),
    ),
    Measure("sync", "correlation of onsets and motion", _sync, "a video", "higher"),
    Measure(
        "obedience",
        "prompted class in the tagger's top 5",
        _obedience,
        "a prompt that names one of the tagger's classes (CLIP.txt), or labels (--prompts)",
        "higher",
        judge="yamnet",
    ),
    Measure("loudness_lufs", "loudness", _level("loudness_lufs"), _LEVEL, unit="LUFS", paired=False),
    Measure("true_peak_dbtp", "true peak", _level("true_peak_dbtp"), _LEVEL, unit="dBTP", paired=False),
    Measure("clipping", "share of samples cut off", _level("clipping"), "a sound", "lower", paired=False),
    Measure("silence", "share of the time that is silent", _level("silence"), "a sound", paired=False),
    Measure(
        "wer",
        "word error rate",
        _words,
        _SPEECH,
        "lower",
        judge="whisper",
        pool=lambda items: sum(items, WordErrors()).rate,
    ),
    Measure("speech_in_mouth", "sound in open mouth, IoU", _in_mouth, "mouth spans (CLIP.mouth.json)", "higher"),
    Measure("speech_in_lines", "sound in the transcript's lines, IoU", _in_lines, _SPEECH, "higher"),
    *(
        Measure(
            f"dnsmos_{name}",
            f"DNSMOS, {name}",
            _quality(index),
            "a transcript or mouth spans",
            "higher",
            judge="dnsmos",
            paired=False,
        )
        for index, name in enumerate(NAMES)
    ),
    *(
        Measure(f"kl_{key}", f"KL ({title})", _divergence(f"{key}_logits"), f"{key}_logits of both sounds", "lower")
        for key, title in CLASSIFIERS.items()
    ),
    Measure("ib", "IB score", _imagebind, "imagebind_audio and imagebind_video", "higher"),
    Measure("desync_s", "DeSync", _desync, "synchformer_logits", "lower", "s", paired=False),
)
