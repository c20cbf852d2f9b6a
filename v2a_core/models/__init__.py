"""The table of model families."""

from importlib import import_module

from ..errors import InputError
from ..weights.layouts import layout_of

# Where a model's family is, and which of its variants the model is.
FAMILIES = {
    "mini_fast": (".mini.fast", {}),
    "mini": (".mini.family", {}),
    "mmaudio_small_16k": (".mmaudio.family", {"name": "mmaudio_small_16k"}),
    "mmaudio_small_44k": (".mmaudio.family", {"name": "mmaudio_small_44k"}),
    "mmaudio_medium_44k": (".mmaudio.family", {"name": "mmaudio_medium_44k"}),
    "mmaudio_large_44k": (".mmaudio.family", {"name": "mmaudio_large_44k"}),
    "mmaudio_large_44k_v2": (".mmaudio.family", {"name": "mmaudio_large_44k_v2"}),
    "hunyuan_foley_xl": (".hunyuan_foley.family", {"name": "hunyuan_foley_xl"}),
    "hunyuan_foley_xxl": (".hunyuan_foley.family", {"name": "hunyuan_foley_xxl"}),
}


def load_family(name, *, device="cpu", dtype=None, operations=None, weights=None):
    """Load a model family by its catalogue name.

    device and dtype place and type the modules (the model's own type by default), operations names the module that
    layers of the network are taken from (torch.nn by default), weights is a path that replaces the shipped or
    downloaded file, or {role: path} where a model has several. Raises InputError for an unknown name.
    """
    if name not in FAMILIES:
        raise InputError(f"There is no model called {name!r}: choose one of {', '.join(FAMILIES)}.")
    module, variant = FAMILIES[name]
    family = import_module(module, __name__)
    return family.load(**variant, device=device, dtype=dtype, operations=operations, weights=weights)


def spectrogram_of(family):
    """What turns a family's latents [B, C, T] into decibels [B, bands, frames], the lowest band first.

    It shows a sound before it is decoded; None for a family whose latents only decoding shows.
    """
    if family.spec.kin == "mini":  # its latents are log-mels
        from .mini.mel import to_magnitude

        return lambda latent: 20 * to_magnitude(latent).log10()
    return getattr(family, "spectrogram", None)


def network_name(shapes):
    """The catalogue name of the model whose network has these parameters {published name: shape}, or None.

    A network of a size of its own goes by what it is most like.
    """
    layout = layout_of(shapes)
    if layout is None or layout.role != "network":
        return None
    return import_module(f".{layout.family}.config", __name__).variant_of(shapes)
