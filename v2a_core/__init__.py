"""Video to audio: a soundtrack generated under the picture."""

from .errors import InputError

__all__ = ["InputError", "generate"]


def __getattr__(name: str):
    # The pipeline brings torch along: it is imported when it is first used.
    if name == "generate":
        from .pipeline import generate

        return generate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
