"""Mini distilled: a LoRA of it has the guidance in it, and goes in eight steps (see training.distil)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...errors import InputError
from .. import lora
from . import family
from .family import MiniFamily

SHIPPED = Path(__file__).with_name("mini_fast.safetensors")

SPEC = replace(
    family.SPEC,
    name="mini_fast",
    title="Mini, fast (ships with the pack, 24 kHz mono)",
    base=family.SPEC.name,
    shift=1.0,  # it knows long jumps, and is heard better in equal ones than in its teacher's: training/README.md
    steps=8,
    text_scale=1.0,
    video_scale=1.0,
    against_scale=4.0,
    guided_above=0.85,
)


def load(*, weights=None, **make) -> MiniFamily:
    """Mini with its LoRA; weights are other files by role: "lora", and the "model" that it was distilled from.

    With weights="random" there is no LoRA. Takes and raises what Mini's own load does, and what merge_lora raises.
    """
    if weights == "random":
        return replace(family.load(weights=weights, **make), spec=SPEC)
    chosen = weights if isinstance(weights, Mapping) else {"model": weights} if weights else {}
    if "model" in chosen and "lora" not in chosen:
        raise InputError(
            f"What makes {SPEC.name} fast is a LoRA of the Mini that ships, not of {chosen['model']}: choose the model "
            f"{SPEC.kin!r} for it, or give the LoRA that was distilled from it too (lora=FILE)."
        )
    mini = family.load(weights=chosen.get("model"), **make)
    lora.merge_lora(mini.network, chosen.get("lora", SHIPPED), 1.0, SPEC.kin)
    return replace(mini, spec=SPEC)
