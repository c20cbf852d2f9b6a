"""What the library makes without ComfyUI, to compare with."""

from v2a_core.prompts.cues import cue_sheet
from v2a_core.stages import condition, draw_latent, encode_cues, sample


def library_latent(family, prompts, features, duration_s, settings):
    """The latent of a prompt and a negative prompt under a video's features."""
    conditions = condition(family, *encode_cues(family, cue_sheet(*prompts)), features, duration_s=duration_s)
    return sample(family.network, *conditions, draw_latent(family.spec, duration_s, settings.seed), settings)
