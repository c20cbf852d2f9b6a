"""What the library makes without ComfyUI, to compare with."""

from v2a_core.pipeline import condition, draw_latent, encode_prompt, sample


def library_latent(family, prompts, features, duration_s, settings):
    """The latent of a prompt and a negative prompt under a video's features."""
    texts = (encode_prompt(family, text) for text in prompts)
    conditions = condition(family, *texts, features, duration_s=duration_s)
    return sample(family.network, *conditions, draw_latent(family.spec, duration_s, settings.seed), settings)
