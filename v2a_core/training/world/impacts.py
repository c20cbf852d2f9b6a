"""Things that hit things: dropped, bounced, slid together, swung against, put down, toppled, shattered."""

from .dice import Dice
from .falling import dropped, shattered
from .handling import put_down, slammed, slid, swung, toppled
from .plan import Plan

LOOKS = ("wood_impact", "metal_impact", "stone_impact", "glass_break", "ball_bounce")


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    """One of the ways to hit something; now and then nothing does."""
    looks = dice.pick(LOOKS)
    if looks == "glass_break":
        parts = dice.pick((dropped, shattered, shattered))
    elif looks == "ball_bounce":
        parts = dice.pick((dropped, dropped, dropped, slid))
    else:
        parts = dice.pick((dropped, dropped, dropped, slid, swung, put_down, put_down, toppled, slammed))
    return parts(dice, duration_s, aspect, looks)
