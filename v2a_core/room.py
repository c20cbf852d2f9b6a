"""Work that a device may not have the memory for: it is done at once, or in halves where that fails."""

import logging
import math
from collections.abc import Callable
from typing import TypeVar

import torch

Made = TypeVar("Made")

log = logging.getLogger(__name__)
REFINE = "refine a batch of {}"

# Devices, and libraries on them, have their own errors, and their own words for it.
_WORDS = ("out of memory", "can't allocate memory", "alloc_failed")


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that a device has no memory left."""
    return any(words in str(error).lower() for words in _WORDS)


class Room:
    """Tries work at once until the device runs out of memory at its size; from then on halves are tried.

    what says what is done, with {} for its size, and least is the size that is not divided any further.
    """

    def __init__(self, what: str, least: int = 1):
        self.what, self.least, self.too_much = what, least, math.inf

    def do(self, size: int, whole: Callable[[], Made], halves: Callable[[], Made]) -> Made:
        """whole(), or where there is no room for that halves(), which calls this for each of them.

        Raises torch.OutOfMemoryError, as its hosts know it, where there is none for the least.
        """
        if size < self.too_much:
            try:
                return whole()
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if size <= self.least:
                    raise torch.cuda.OutOfMemoryError(
                        f"The device is out of memory: it can't {self.what.format(size)}, which is the least it could "
                        "do at once. Free some, load the model in float16 or bfloat16, or choose a smaller one."
                    ) from error
            # Only here, where the error is gone, does anything let go of what the try had allocated.
            self.too_much = size
            _free()
            log.warning(
                "The device ran out of memory: it can't %s at once, so halves are tried.", self.what.format(size)
            )
        return halves()


def _free() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
