"""What the library makes without ComfyUI, to compare with."""

from v2a_core.film_sounds import refine, refined
from v2a_core.parts import Parts
from v2a_core.prompts.cues import cue_sheet
from v2a_core.sampling.windows import film_noise
from v2a_core.stages import condition, draw_latent, encode_cues, sample


def library_latent(family, prompts, features, duration_s, settings, transcript=None):
    """The latent of a prompt and a negative prompt under a video's features, and of the lines said in it."""
    texts = encode_cues(family, cue_sheet(*prompts))
    conditions = condition(family, *texts, features, transcript, duration_s)
    return sample(family.network, *conditions, draw_latent(family.spec, duration_s, settings.seed), settings)


def film_conditions(family, film, prompts, seen=None):
    """(positive, negative) Conditions of a film's window by its number; seen are the windows' features."""
    texts = encode_cues(family, cue_sheet(*prompts))

    def at(number):
        start_s, duration_s = film.span_s(number)
        here = ([text.shifted(start_s) for text in side] for side in texts)
        return condition(family, *here, seen and seen[number], duration_s=duration_s)

    return at


def library_film(family, film, conditions, settings, folder):
    """The latent of a film, window after window; its parts go to a folder."""

    def sampled(number, around, _):
        window = film.windows[number]
        noise = film_noise(film.spec.latent_channels, window.first, window.end, settings.seed)
        return sample(family.network, *conditions(number), noise, settings, around=around)

    refine(film, sampled, Parts(folder), "latent", str)
    return refined(film, Parts(folder), "latent", str)(0, film.spec.latent_length(film.duration_s))
