"""V2AKeepSpan: which seconds of a latent a sampler makes anew."""

from dataclasses import dataclass

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .conditioning import DURATION, RATE
from .types import schema, seconds_input

# What rides on a LATENT beside its samples: the sound that it was made from, for whoever decodes it.
KEPT = "v2a_kept"


@dataclass(frozen=True)
class Kept:
    """Sounds, of a batch one after the other, and the spans in seconds that are made anew."""

    sounds: list
    spans_s: tuple[tuple[float, float], ...]


class V2AKeepSpan(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AKeepSpan",
            "V2A Keep Span",
            description="Has a sampler make only some seconds of a sound anew, and keep the rest as it is.",
            search_aliases=["inpaint audio", "outpaint audio", "regenerate span", "extend audio", "noise mask audio"],
            inputs=[
                io.Latent.Input("latent", tooltip="A sound as a latent, from V2A Encode Audio."),
                seconds_input("start", "From which second on it is made anew."),
                seconds_input("end", "Up to which second. 0 is the end of the sound."),
                io.Boolean.Input(
                    "keep_inside",
                    optional=True,
                    default=False,
                    tooltip="The other way round: keep these seconds and make the rest anew.",
                ),
                io.Audio.Input(
                    "audio",
                    optional=True,
                    tooltip="The sound that V2A Encode Audio was given. What is kept is then its very samples, at its "
                    "rate and with its channels. Without it what is kept has been encoded and decoded.",
                ),
            ],
            outputs=[
                io.Latent.Output(
                    id="samples", display_name="latent", tooltip="The latent with its mask, for a sampler."
                )
            ],
        )

    @classmethod
    def execute(cls, latent, start, end, keep_inside=False, audio=None):
        from ..v2a_core.sampling.inpaint import span_mask

        if DURATION not in latent or latent["samples"].ndim != 3:
            raise InputError("The latent does not say how long it lasts: connect the latent of V2A Encode Audio.")
        frames, duration_s = latent["samples"].shape[-1], latent[DURATION]
        end = end or duration_s
        if not 0 <= start < end <= duration_s + 0.01:
            raise InputError(
                f"The span is {start:g} to {end:g} s and the sound lasts {duration_s:.2f} s: give a start and an end "
                "within it, in order."
            )
        # A latent that tells no rate has about this one.
        rate_hz = latent.get(RATE, frames / duration_s)
        mask = span_mask(frames, rate_hz, start, end, duration_s)
        masked = {**latent, "noise_mask": 1 - mask if keep_inside else mask}
        # What an earlier node kept is not what this one does.
        masked.pop(KEPT, None)
        if audio is not None:
            anew = ((0.0, start), (end, duration_s)) if keep_inside else ((start, end),)
            spans = tuple((first_s, last_s) for first_s, last_s in anew if first_s < last_s)
            masked[KEPT] = Kept(host.sounds_from_host(audio), spans)
        return io.NodeOutput(masked)


def with_kept(latent: dict, sounds: list) -> list:
    """What a latent was decoded to, with the samples of the sound that it was made from wherever that is kept."""
    from ..v2a_core.media.splice import splice

    kept = latent.get(KEPT)
    if kept is None:
        return sounds

    def whole(sound, new):
        for span_s in kept.spans_s:
            sound = splice(sound, new, *span_s)
        return sound

    # Of a batch that was repeated, or of which some were taken, the index says which is which.
    numbers = latent.get("batch_index") or range(len(sounds))
    pairs = zip(numbers, sounds, strict=True)
    return [whole(kept.sounds[number % len(kept.sounds)], new) for number, new in pairs]
