"""Pictures of sounds that go on; how much of each varies through the clip."""

from .dice import Dice
from .plan import Plan
from .water import rain, stream, waves
from .weather import fire, thunder, wind

LOOKS = ("rain", "wind", "fire", "stream", "waves", "thunder")


def compose(dice: Dice, duration_s: float, aspect: float) -> Plan:
    looks = dice.pick(LOOKS)
    maker = {"rain": rain, "wind": wind, "fire": fire, "stream": stream, "waves": waves, "thunder": thunder}[looks]
    return maker(dice, duration_s, aspect)
