"""Socket types that ComfyUI has no word for, and the form that every node's schema shares."""

from dataclasses import fields

from comfy_api.latest import io

Dataset = io.Custom("V2A_DATASET")  # list of v2a_core.training.folder.Clip
Encoders = io.Custom("V2A_ENCODERS")  # native_model.Encoders
Features = io.Custom("V2A_FEATURES")  # v2a_core.models.base.VisualFeatures
Guidance = io.Custom("V2A_GUIDANCE")  # nodes.guidance.Schedules
Transcript = io.Custom("V2A_TRANSCRIPT")  # v2a_core.prompts.transcript.Transcript

CATEGORY = "audio/video to audio"
_KNOWN_FIELDS = {field.name for field in fields(io.Schema)}


def seconds_input(name: str, tooltip: str, *, optional: bool = False) -> io.Float.Input:
    """An input of a time or a duration in seconds, 0 where left alone."""
    return io.Float.Input(name, optional=optional, default=0.0, min=0.0, max=86400.0, step=0.01, tooltip=tooltip)


def schema(node_id: str, display_name: str, *, search_aliases: list[str], **rest) -> io.Schema:
    """A node's schema in the pack's category; hosts from before search aliases do without them."""
    if "search_aliases" in _KNOWN_FIELDS:
        rest["search_aliases"] = search_aliases
    return io.Schema(node_id=node_id, display_name=display_name, category=CATEGORY, **rest)
