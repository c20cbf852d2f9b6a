"""V2ACondition: prompts and features, laid out for the network over one duration."""

from functools import lru_cache

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from .conditioning import CUES, DURATION, FAMILY, RATE, pack_conditions, unpack_prompt, with_captions
from .types import Features, Transcript, schema, seconds_input


class V2ACondition(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ACondition",
            "V2A Condition",
            description="Brings prompts and video together over the video's length, and makes the empty latent for it.",
            search_aliases=["empty latent audio", "audio conditioning", "apply video features"],
            inputs=[
                io.Conditioning.Input("positive", tooltip="What to hear, from V2A Prompt."),
                io.Conditioning.Input("negative", tooltip="What not to hear, from V2A Prompt."),
                Features.Input(
                    "features",
                    optional=True,
                    tooltip="What the model saw, from V2A Encode Video. Without it the prompt alone makes the sound.",
                ),
                Transcript.Input(
                    "transcript",
                    optional=True,
                    tooltip="Who says what, when, in English. Models that can't speak get the lines as captions.",
                ),
                seconds_input("seconds", "Length of the sound in seconds. 0 is as long as the video.", optional=True),
                io.Boolean.Input(
                    "timing_only",
                    optional=True,
                    default=False,
                    tooltip="Keeps when things happen in the video and ignores what they are: the prompt alone says "
                    "what is heard. For models with an encoder for each.",
                ),
            ],
            outputs=[
                io.Conditioning.Output(
                    id="positive_out", display_name="positive", tooltip="Prompt and video, for a sampler."
                ),
                io.Conditioning.Output(
                    id="negative_out", display_name="negative", tooltip="Negative prompt without video, for a sampler."
                ),
                io.Latent.Output(id="latent", display_name="latent", tooltip="An empty latent of the right length."),
            ],
        )

    @classmethod
    def execute(cls, positive, negative, features=None, transcript=None, seconds=0.0, timing_only=False):
        import torch

        from ..v2a_core.settings import check_length
        from ..v2a_core.stages import lay_out

        texts, against = unpack_prompt(positive, "positive"), unpack_prompt(negative, "negative")
        family = texts[0][0][1][FAMILY]
        for socket, name in [("negative", group[0][1][FAMILY].spec.kin) for group in against] + (
            [("features", features.family)] if features is not None else []
        ):
            if name != family.spec.kin:
                raise InputError(
                    f"The input {socket!r} was made for the model {name!r} and the prompt for {family.spec.name!r}: "
                    "connect the encoders of one V2A Load Model to both."
                )
        duration_s = seconds or (features.duration_s if features is not None else 0.0)
        if not duration_s:
            raise InputError("Nothing says how long the sound is: connect the features of a video, or set seconds.")
        check_length(duration_s, "The sound")
        film, features = _divided(family.spec, features, duration_s)
        if timing_only and features is not None:
            if any("sync" not in seen.tensors for seen in getattr(features, "seen", [features])):
                raise InputError("One picture has no timing to keep: switch timing_only off, or give a video.")
            features = features.timing_only()
        said = []
        if transcript is not None and transcript.lines:
            transcript.check(duration_s)
            if not family.spec.speaks:
                texts = with_captions(texts, transcript, 0)
                said = [f"{family.spec.name} can't speak: the transcript's lines are captions of the prompt."]
        for group in (*texts, *against):
            group[0][1][CUES].check(duration_s)
        groups = [[text for text, _ in group] for group in (*texts, *against)]
        if film is None:
            laid_out = lay_out(family, groups, len(texts), features, duration_s, transcript)
        else:
            laid_out = _lay_out_film(family, groups, len(texts), features, film, transcript)
        packed = [
            pack_conditions(group[0][0].tokens[None], group[0][1], conditions, duration_s)
            for group, conditions in zip((*texts, *against), laid_out, strict=True)
        ]
        samples = torch.zeros(1, family.spec.latent_channels, family.spec.latent_length(duration_s))
        # Samplers draw the noise of what has an index one by one, so a sound is the same alone and in a batch.
        told = {DURATION: duration_s, RATE: family.spec.latent_rate_hz}
        latent = {"samples": samples, "type": "audio", "batch_index": [0], **told}
        both = packed[: len(texts)], packed[len(texts) :]
        positive, negative = ([entry for entries in side for entry in entries] for side in both)
        return io.NodeOutput(positive, negative, latent, ui={"text": said} if said else None)


def _divided(spec, features, duration_s: float):
    """(Film, features cut to it); there is no film where the model makes the sound in one go.

    Raises InputError where the features are too short for a sound that takes a film.
    """
    from ..v2a_core.film import FilmFeatures, divide
    from ..v2a_core.settings import fits

    if isinstance(features, FilmFeatures):
        features = features.until(duration_s)
        return features.film, features
    if fits(spec, duration_s):
        return None, features
    if features is not None and features.duration_s:
        raise InputError(
            f"The sound lasts {duration_s:g} s and the video that was watched {features.duration_s:.2f} s: beyond the "
            f"{spec.max_duration_s:g} s that {spec.name!r} makes in one go the sound can be no longer than the video."
        )
    return divide(spec, duration_s), features


def _lay_out_film(family, prompts: list[list], wanted: int, features, film, transcript) -> list:
    """FilmConditions of each prompt, as `lay_out` has it for a clip."""
    from ..v2a_core.film import FilmConditions
    from ..v2a_core.stages import lay_out

    @lru_cache(maxsize=1)  # all are wanted in one window and then in the next
    def window(number: int) -> list:
        start_s, duration_s = film.span_s(number)
        seen = features.seen[number] if hasattr(features, "seen") else features
        here = [[text.shifted(start_s) for text in texts] for texts in prompts]
        said = transcript and transcript.within(start_s, duration_s)
        return lay_out(family, here, wanted, seen, duration_s, said)

    window(0)  # here, where what does not fit is told before the work is done
    return [
        FilmConditions(film, lambda number, prompt=prompt: window(number)[prompt]) for prompt in range(len(prompts))
    ]
