"""What a CONDITIONING of the pack carries, packed and unpacked in one place.

V2APrompt packs a prompt: the tensor is its tokens [1, L, D]. V2ACondition adds the network's tensors for one duration.
Core nodes may mix the tensors of prompts, combine lists of them and limit them in time in between.
"""

from dataclasses import replace

from torch import Tensor

from ..v2a_core.errors import InputError

PROMPT, FAMILY, CONDITIONS, DURATION = "v2a_prompt", "v2a_family", "v2a_conditions", "v2a_duration_s"


def pack_prompt(features, family) -> list:
    """CONDITIONING of a prompt's TextFeatures, with the family that knows how to lay them out."""
    return [[features.tokens[None], {PROMPT: features, FAMILY: family}]]


def unpack_prompt(conditioning: list, socket: str) -> list[tuple]:
    """(TextFeatures, family, options) of each entry; raises InputError where an entry is not one of V2APrompt's."""
    entries = []
    for tokens, options in conditioning:
        if PROMPT not in options:
            raise InputError(f"The input {socket!r} was not made by V2A Prompt: connect its {socket} output.")
        # The tensor is what core nodes work on, so it counts.
        entries.append((replace(options[PROMPT], tokens=tokens[0]), options[FAMILY], options))
    return entries


def pack_conditions(tokens: Tensor, options: dict, conditions, duration_s: float) -> list:
    """One entry of CONDITIONING that a sampler can use."""
    return [tokens[None], {**options, CONDITIONS: conditions, DURATION: duration_s}]


def with_video_of(negative: list, positive: list) -> list:
    """The negative CONDITIONING, seeing the video of the positive."""
    video = positive[0][1][CONDITIONS].video
    return [
        [tokens, {**options, CONDITIONS: replace(options[CONDITIONS], video=video)}] for tokens, options in negative
    ]


def check_conditions(conditioning: list, socket: str) -> None:
    """Raise InputError where an entry has not been through V2ACondition."""
    if not conditioning or any(CONDITIONS not in options for _, options in conditioning):
        raise InputError(_unconditioned(socket))


def network_tensors(spec, options: dict) -> dict[str, Tensor]:
    """The network's tensors of one entry, in whose options ComfyUI has put the noise and the socket too."""
    socket = options.get("prompt_type", "positive")
    if CONDITIONS not in options:
        raise InputError(_unconditioned(socket))
    name = options[FAMILY].spec.name
    if name != spec.name:
        raise InputError(
            f"The input {socket!r} was made for the model {name!r} and the model is {spec.name!r}: load one for both."
        )
    needed, given = spec.latent_length(options[DURATION]), options["noise"].shape[-1]
    if needed != given:
        raise InputError(
            f"The latent has {given} frames and the input {socket!r} is for {needed} ({options[DURATION]:g} s): "
            "connect the latent of the V2A Condition that made it."
        )
    return options[CONDITIONS].tensors()


def _unconditioned(socket: str) -> str:
    return f"The input {socket!r} knows of no video and no length yet: put V2A Condition between it and the sampler."
