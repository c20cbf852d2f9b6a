"""Speech, judged: is it understood, and does each word start with the mouth that says it.

A recogniser's own clock is too coarse for the second: on true speech Whisper tiny.en puts two words in five further
than 120 ms from where they are. So a soundtrack is aligned with the true voice, of which the world knows every word's
start: dynamic time warping (Sakoe and Chiba 1978) of cepstra, which the voice makes little difference to. How well
that judges is measured too, on a third voice whose words are known.
"""

import math
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from v2a_core.media.audio import Audio
from v2a_core.models.mini.mel import BANDS, log_mel
from v2a_core.prompts.phonemes import word_spans
from v2a_core.training.world.plan import Talk
from v2a_core.training.world.speech import VOICES, Speakers

FRAMES_HZ, SAMPLE_RATE_HZ = 100, 24_000
CEPSTRA = 20
BAND = 60  # frames: no word is looked for further than 0.6 s from where it should be


def voice_of(talks: tuple[Talk, ...], duration_s: float) -> Audio:
    """What the faces of a scene say, without room and background."""
    wave = np.zeros(round(duration_s * SAMPLE_RATE_HZ), np.float32)
    for talk in talks:
        first = round(talk.start_s * SAMPLE_RATE_HZ)
        part = wave[first : first + len(talk.wave)]
        part += talk.wave[: len(part)]
    return Audio(torch.from_numpy(wave)[None], SAMPLE_RATE_HZ)


def word_starts(talks: tuple[Talk, ...]) -> np.ndarray:
    """When each word starts, in seconds."""
    return np.array([start for talk in talks for start, _ in word_spans(talk.spans).values()])


def by_another_voice(speakers: Speakers, talks: tuple[Talk, ...]) -> tuple[Talk, ...]:
    """The same sentences over the same seconds, as another voice says them."""
    said = []
    for talk in talks:
        other = next(voice for voice in VOICES if voice != talk.voice.split()[0])
        lasts = talk.spans[-1].end_s - talk.start_s
        new = speakers.say(talk.text, other, lasts / speakers.say(talk.text, other).duration_s)
        spans = tuple(replace(s, start_s=s.start_s + talk.start_s, end_s=s.end_s + talk.start_s) for s in new.spans)
        said.append(Talk(talk.text, other, talk.start_s, spans, new.wave))
    return tuple(said)


def heard_starts(audio: Audio, voice: Audio, starts_s: np.ndarray) -> np.ndarray:
    """When the words that start in a true voice at starts_s start in a soundtrack that says the same, in seconds."""
    path = _warp(*(_cepstra(one) for one in (voice, audio)))
    return np.interp(starts_s, path[:, 0] / FRAMES_HZ, path[:, 1] / FRAMES_HZ)


def _cepstra(audio: Audio) -> np.ndarray:
    """Cepstra and their slopes at 100 Hz, each with mean 0 and variance 1 over the clip, float32 [T, 2 * 20]."""
    mel = log_mel(audio.samples.mean(0, keepdim=True))[0].T
    bands = torch.arange(BANDS) + 0.5
    table = torch.cos(math.pi / BANDS * torch.outer(bands, torch.arange(CEPSTRA)))
    cepstra = mel @ table
    padded = F.pad(cepstra.T[None], (2, 2), mode="replicate")[0].T
    both = torch.cat((cepstra, padded[4:] - padded[:-4]), 1)
    return ((both - both.mean(0)) / both.std(0).clamp_min(1e-6)).numpy()


def _warp(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The path of frames [n, 2] along which two clips of one length agree best, running half to twice as fast."""
    length = len(one)
    away = np.full((length + 1, length + 1), np.inf)
    away[1:, 1:] = np.linalg.norm(one[:, None] - other[None], axis=-1)
    away[np.abs(np.subtract.outer(np.arange(length + 1), np.arange(length + 1))) > BAND] = np.inf
    # Steps (1, 1), (1, 2), (2, 1), each as dear as the frames that it passes; cost[i, j + 1] is that of frames i, j.
    cost, step = np.full((length + 1, length + 2), np.inf), np.zeros((length + 1, length + 1), np.int8)
    cost[0, 1] = 0
    for i in range(1, length + 1):
        ways = np.full((3, length + 1), np.inf)
        ways[0, 1:] = cost[i - 1, 1:-1] + 2 * away[i, 1:]
        ways[1, 2:] = cost[i - 1, 1:-2] + 1.5 * (away[i, 1:-1] + away[i, 2:])
        if i > 1:
            ways[2, 1:] = cost[i - 2, 1:-1] + 1.5 * (away[i - 1, 1:] + away[i, 1:])
        step[i], cost[i, 1:] = ways.argmin(0), ways.min(0)
    path = [(length, length)]
    while path[-1][0] > 0:
        i, j = path[-1]
        back = ((1, 1), (1, 2), (2, 1))[step[i, j]]
        path.append((i - back[0], j - back[1]))
    return np.array(path[::-1]) - 1
