"""Sentences to be spoken: made from templates of our own, wide in sounds, some of them kept for the test split."""

import hashlib

from numpy.random import Generator

_PEOPLE = (
    "the old fisherman|my younger sister|a nervous teacher|our neighbour George|the chef|Victoria"
    "|every engineer|she|the judge|a shy boy|both of the twins|the new captain|nobody in the village"
    "|their cousin Joyce|the treasurer|he"
)
_VERBS = (
    "watched|usually enjoys|could not measure|has thrown away|carefully polished|will choose|bought|should fix|forgot"
    "|drew|chews on|asked about|pushed aside|laughed at|wants to join|quietly examined|would rather have|gathered"
)
_THINGS = (
    "a yellow umbrella|the broken engine|three fresh oranges|this strange voice|an azure vase|his toy boat"
    "|a huge cheese|the usual path|a thick blue book|thirteen watches|her garage key|the joyful noise"
    "|a wooden chair|some good news"
    "|both leather shoes|the treasure|a cup of tea|my father's jacket|those five zebras|a foggy window|the question"
)
_PLACES = (
    "near the harbour|under the bridge|beyond those hills|on the third floor|outside the church"
    "|in the kitchen|at school|by the quiet river|in the yard|around the corner|between two houses"
    "|above the clouds|at the edge of town"
)
_TIMES = (
    "this morning|on Thursday|before breakfast|at half past seven|every few hours|last winter|in a moment"
    "|after the show|at noon|just now|a year ago|by eight o'clock|during the vacation|once again"
)
_SHORT = (
    "Hello there.|Good morning!|Watch out!|Thank you very much.|What is that?|I don't know.|Come over here.|No way!"
    "|Are you sure?|Let me see.|Stop right there.|Oh boy.|That's enough.|We should go.|Yes, please.|Who goes there?"
    "|Never mind.|Follow me, quick.|How beautiful!|You must be joking.|It's my pleasure.|Wait for us."
)
_TEMPLATES = (
    "{people} {verb} {thing}.",
    "{people} {verb} {thing} {place}.",
    "{time}, {people} {verb} {thing}.",
    "{people} {verb} {thing} {time}.",
    "Have you seen {thing} {place}?",
    "I think {people} {verb} {thing}, and {people2} {verb2} {thing2}.",
    "Do you know why {people} {verb} {thing}?",
    "There are {number} boxes {place}.",
    "Please bring {thing} {place}.",
    "{short} {people} {verb} {thing}!",
    "We waited {number} minutes {place}, but {people} never came.",
    "{short}",
    "{short} {short2}",
)
_NUMBERS = "two|four|six|seven|nine|eleven|twelve|fourteen|twenty|thirty five|sixty|a hundred"
_CHOICES = {
    name: words.split("|")
    for name, words in {
        "people": _PEOPLE,
        "verb": _VERBS,
        "thing": _THINGS,
        "place": _PLACES,
        "time": _TIMES,
        "number": _NUMBERS,
        "short": _SHORT,
    }.items()
}


def is_for_test(sentence: str) -> bool:
    """Whether a sentence is one of the eighth, by a hash, that training never says."""
    return hashlib.sha256(sentence.encode()).digest()[0] < 32


def draw_sentence(rng: Generator, split: str = "train") -> str:
    """Draw a sentence of the split; equal generators draw equal sentences."""
    while True:
        words = {name: _pick(options, rng) for name, options in _CHOICES.items()}
        words |= {f"{name}2": _pick(_CHOICES[name], rng) for name in ("people", "verb", "thing", "short")}
        sentence = _pick(_TEMPLATES, rng).format(**words)
        sentence = sentence[0].upper() + sentence[1:]
        if is_for_test(sentence) == (split == "test"):
            return sentence


def _pick(options, rng: Generator) -> str:
    return options[int(rng.integers(len(options)))]
