"""What a CONDITIONING of the pack carries, packed and unpacked in one place.

V2APrompt packs a prompt: the tensor is its tokens [1, L, D]. V2ACondition adds the network's tensors for one duration.
Core nodes may mix the tensors of prompts, combine lists of them and limit them in time in between.
"""

from dataclasses import replace

from torch import Tensor

from ..v2a_core.errors import InputError

PROMPT, FAMILY, ENCODERS, CUES = "v2a_prompt", "v2a_family", "v2a_encoders", "v2a_cues"
CONDITIONS = "v2a_conditions"
# What rides on a LATENT beside its samples too: its exact length, which a whole number of frames does not tell.
DURATION = "v2a_duration_s"
RATE = "v2a_latent_rate_hz"  # and how many frames of it there are a second


def pack_prompt(texts, encoders, sheet) -> list:
    """CONDITIONING of a prompt's TextFeatures, an entry each, with what can encode and lay out more of them."""
    options = {FAMILY: encoders.family, ENCODERS: encoders, CUES: sheet}
    return [[text.tokens[None], {PROMPT: text, **options}] for text in texts]


def unpack_prompt(conditioning: list, socket: str) -> list[list[tuple]]:
    """(TextFeatures, options) of each entry, those of one cue sheet together.

    Raises InputError where an entry is not one of V2APrompt's.
    """
    groups, open_sheet = [], None
    for tokens, options in conditioning:
        if PROMPT not in options:
            raise InputError(f"The input {socket!r} was not made by V2A Prompt: connect its {socket} output.")
        # The tensor is what core nodes work on, so it counts.
        text = replace(options[PROMPT], tokens=tokens[0])
        sheet = options[CUES] if text.spans is not None else None
        # What governs the beginning is the first of its sheet.
        if sheet is None or sheet is not open_sheet or text.spans[0][0] == 0:
            groups.append([])
        groups[-1].append((text, options))
        open_sheet = sheet
    return groups


def cues_of(conditioning: list, socket: str):
    """The CueSheet of all that CONDITIONING says; raises InputError where an entry is not one of V2APrompt's."""
    from ..v2a_core.prompts.cues import CueSheet

    try:
        cues = [cue for _, options in conditioning for cue in options[CUES].cues]
    except (LookupError, AttributeError):  # a prompt for another kind of model
        raise InputError(
            f"The input {socket!r} was not made by V2A Prompt: connect its positive output, or a text."
        ) from None
    # Entries of one prompt share its sheet.
    return CueSheet(tuple(dict.fromkeys(cues)))


def with_captions(groups: list[list[tuple]], transcript, side: int) -> list[list[tuple]]:
    """The entries of unpack_prompt with a transcript's lines as cues; side is 0 for the positive ones.

    Raises InputError for tensors that a core node has changed: there is no prompt to add a line to.
    """
    from ..v2a_core.prompts.cues import CueSheet
    from ..v2a_core.stages import captions

    captioned = []
    for group in groups:
        if any(
            text.tokens is not options[PROMPT].tokens and not text.tokens.equal(options[PROMPT].tokens)
            for text, options in group
        ):
            raise InputError("Another node has mixed the prompt, so a transcript can't be put in it: disconnect one.")
        _, options = group[0]
        sheet = CueSheet((*options[CUES].cues, *captions(options[FAMILY].spec, transcript)))
        texts = options[ENCODERS].encode_cues(sheet)[side]
        captioned.append([(text, {**options, PROMPT: text, CUES: sheet}) for text in texts])
    return captioned


def pack_conditions(tokens, options: dict, conditions, duration_s: float) -> list:
    """Entries of CONDITIONING that a sampler can use: one a part of conditions that change over time.

    Samplers take an entry's mask [T] as how much it counts at each latent frame. A film's conditions are one entry.
    """
    if _film(conditions) is not None:
        return [[tokens, {**options, CONDITIONS: conditions, DURATION: duration_s}]]
    entries = []
    for one in (conditions, *conditions.more):
        mask = {} if one.mask is None else {"mask": one.mask}
        more = {CONDITIONS: replace(one, mask=None, more=()), DURATION: duration_s}
        entries.append([tokens, {**options, **mask, **more}])
    return entries


def without_prompt(negative: list) -> list:
    """CONDITIONING of no prompt at all, where the negative CONDITIONING says one."""
    tokens, options = negative[0]
    whole = {name: value for name, value in options.items() if name != "mask"}
    return [[tokens, {**whole, CONDITIONS: options[CONDITIONS].unprompted}]]


def with_video_of(negative: list, positive: list) -> list:
    """The negative CONDITIONING, seeing the video of the positive."""
    seen = positive[0][1][CONDITIONS]
    if _film(seen) is not None:
        return [[tokens, {**options, CONDITIONS: options[CONDITIONS].seeing(seen)}] for tokens, options in negative]
    return [
        [tokens, {**options, CONDITIONS: replace(options[CONDITIONS], video=seen.video)}]
        for tokens, options in negative
    ]


def film_of(conds: dict[str, list], frames: int):
    """The Film that CONDITIONING by name is for, None for what is made in one go.

    Raises InputError where one is for another film than the others, or the latent's frames are not the film's.
    """
    films = [_film(options[CONDITIONS]) for entries in conds.values() for _, options in entries]
    if any(film != films[0] for film in films):
        raise InputError("The inputs 'positive' and 'negative' are of different films: connect one V2A Condition's.")
    if films[0] is not None and films[0].windows[-1].stop != frames:
        raise InputError(_wrong_latent(frames, "positive", films[0].windows[-1].stop, films[0].duration_s))
    return films[0]


def in_window(entries: list, number: int) -> list:
    """A film's CONDITIONING as it is in one of its windows, as if that were a sound of its own."""
    return [
        entry
        for tokens, options in entries
        for entry in pack_conditions(
            tokens, options, options[CONDITIONS].at(number), options[CONDITIONS].film.span_s(number)[1]
        )
    ]


def nameable(entries: list) -> list:
    """What of CONDITIONING tells it from other: the network's tensors, and what core nodes have said in numbers."""

    def told(value) -> bool:
        if isinstance(value, list | tuple):
            return all(map(told, value))
        return value is None or isinstance(value, str | int | float | Tensor)

    named = []
    for _, options in entries:
        conditions = options[CONDITIONS]
        plain = {name: value for name, value in options.items() if told(value)}
        named.append([conditions.tensors(), sorted(plain), [plain[name] for name in sorted(plain)]])
    return named


def has_words(conditioning: list) -> bool:
    """Whether CONDITIONING is of a prompt that says anything."""
    return any(PROMPT in options and options[PROMPT].prompt.strip() for _, options in conditioning)


def check_conditions(conditioning: list, socket: str) -> None:
    """Raise InputError where an entry has not been through V2ACondition."""
    if not conditioning or any(CONDITIONS not in options for _, options in conditioning):
        raise InputError(_unconditioned(socket))


def network_conditions(spec, options: dict):
    """The Conditions or FilmConditions of one entry, in whose options ComfyUI has put the noise and the socket too."""
    socket = options.get("prompt_type", "positive")
    if CONDITIONS not in options:
        raise InputError(_unconditioned(socket))
    made_for = options[FAMILY].spec
    if made_for.kin != spec.kin:
        raise InputError(
            f"The input {socket!r} was made for the model {made_for.name!r} and the model is {spec.name!r}: load one "
            "for both."
        )
    needed, given = spec.latent_length(options[DURATION]), options["noise"].shape[-1]
    if needed != given:
        raise InputError(_wrong_latent(given, socket, needed, options[DURATION]))
    return options[CONDITIONS]


def _wrong_latent(given: int, socket: str, needed: int, duration_s: float) -> str:
    return (
        f"The latent has {given} frames and the input {socket!r} is for {needed} ({duration_s:g} s): connect the "
        "latent of the V2A Condition that made it."
    )


def _film(conditions):
    return getattr(conditions, "film", None)  # Conditions are of no film, FilmConditions are


def _unconditioned(socket: str) -> str:
    return f"The input {socket!r} knows of no video and no length yet: put V2A Condition between it and the sampler."
