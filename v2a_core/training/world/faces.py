"""Talking faces: the lips follow the sounds of what is said; heads turn and nod, others keep silent."""

from collections.abc import Callable

import numpy as np

from ...prompts.phonemes import Span, word_spans
from .backdrops import random_backdrop
from .dice import Dice
from .heads import Pose, head
from .mouth import mouth_of
from .plan import Hit, Plan, Talk
from .speech import Utterance
from .tracks import Track, wander

# What is to be said in a split, drawn from a generator.
Say = Callable[[str, np.random.Generator], Utterance]
_TRIES = 6


def compose(dice: Dice, duration_s: float, aspect: float, say: Say) -> Plan:
    """One who talks, at times beside one who does not; now and then nobody says a word."""
    plan = Plan("speech", random_backdrop(dice), level=np.zeros(int(np.ceil(duration_s * 100)), np.float32))
    plan.talk = () if dice.chance(0.06) else _talks(dice, duration_s, say)
    spans = [span for talk in plan.talk for span in talk.spans]
    near = dice.pick((0.12, 0.2, 0.3, 0.4, 0.55, 0.7))
    size = min(near * dice.motion(0.85, 1.15), 0.65 * aspect)
    listens = dice.chance(0.3) and size < 0.45
    x, side = dice.uniform(0.4, 0.6) * aspect, dice.sign()
    y = float(np.clip(dice.uniform(0.4, 0.6), 0.2, 0.75)) - 0.15 * size
    if listens:
        x, other_x = (0.5 + side * 0.24) * aspect, (0.5 - side * 0.24) * aspect
        size = min(size, 0.24 * aspect)
        twitch = mouth_of(_murmur(dice, duration_s), duration_s, dice.uniform(0.0, 0.12))
        other = _pose(dice, other_x, y + dice.uniform(-0.1, 0.1), size, duration_s, side * dice.uniform(0.0, 1.0))
        plan.layers += head(dice, other, size * dice.uniform(0.85, 1.15), twitch, duration_s, dice.chance(0.3))
    turn = (-side if listens else dice.sign()) * dice.pick((0.0, 0.15, 0.4, 0.7, 1.0))
    if not listens:
        x -= 0.5 * size * np.sin(turn)  # so that the lips of a near face turned aside stay in view
    pose = _pose(dice, x, y, size, duration_s, turn)
    plan.layers += head(dice, pose, size, mouth_of(spans, duration_s, dice.motion(0.75, 1.25)), duration_s)
    for talk in plan.talk:
        for start, _ in word_spans(talk.spans).values():
            plan.hits.append(Hit(start, dice.uniform(0.5, 0.8), x + 0.5 * size * np.sin(turn), y + 0.5 * size, "word"))
    for span in spans:
        if span.phoneme:
            plan.level[round(span.start_s * 100) : round(span.end_s * 100)] = 1.0
    return plan


def _talks(dice: Dice, duration_s: float, say: Say) -> tuple[Talk, ...]:
    """Sentences one after the other, as many as there is time for."""
    talks, now = [], dice.uniform(0.0, 0.8)
    for _ in range(_TRIES):
        said = say(dice.split, dice.rng)
        if now + said.duration_s > duration_s:
            continue
        spans = tuple(Span(s.phoneme, s.start_s + now, s.end_s + now, s.word) for s in said.spans)
        talks.append(Talk(said.text, said.voice, now, spans, said.wave))
        now += said.duration_s + dice.uniform(0.1, 1.2)
    return tuple(talks)


def _murmur(dice: Dice, duration_s: float) -> list[Span]:
    """What lips do that say nothing: they part and close a little, without rhythm."""
    spans, now = [], dice.uniform(0, 2)
    while now < duration_s:
        lasts = dice.uniform(0.15, 0.6)
        spans.append(Span(dice.pick(("AX", "UW", "IY", "EH")), now, now + lasts))
        now += lasts + dice.uniform(0.3, 2.5)
    return spans


def _pose(dice: Dice, x: float, y: float, size: float, duration_s: float, turn: float) -> Pose:
    """A head that sways, and at times turns away or nods: motion without sound."""
    sway = dice.motion(0.01, 0.12) * size
    drift = wander(dice, sway, dice.motion(0.2, 1.2)), wander(dice, sway, dice.motion(0.2, 1.2))
    looks = wander(dice, dice.motion(0.02, 0.35), dice.motion(0.2, 0.9))
    tilts = wander(dice, dice.motion(0.01, 0.15), dice.motion(0.2, 0.9))
    nods, now = [(0.0, 0.0, 1)], dice.uniform(0.2, 3)
    while now < duration_s:
        deep = dice.uniform(-0.12, 0.2)
        nods += [(now, 0.0, 1), (now + 0.2, deep, 0), (now + 0.45, 0.0, 0)]
        now += 0.5 + dice.uniform(0.3, 3)
    return Pose(
        lambda t: x + drift[0](t),
        lambda t: y + drift[1](t),
        lambda t: turn + looks(t),
        Track(nods),
        tilts,
    )
