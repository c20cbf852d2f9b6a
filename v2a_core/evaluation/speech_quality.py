"""How clean does a voice sound to listeners: DNSMOS P.835 (Reddy, Gopal and Cutler 2022, arXiv:2110.01763).

The network (MIT) comes in the PyPI package speechmos, of which only its file is used. It hears 9.01 s, every second
anew; what is shorter is repeated. Its outputs are put on the listeners' scale by the polynomials published with it.
"""

from functools import cache

import numpy as np

from ..errors import InputError
from ..media.audio import Audio, resample
from .packages import package_file

RATE_HZ = 16_000
LENGTH = 144_160  # samples: 9.01 s
INSTALL = "pip install speechmos onnxruntime"
NAMES = ("speech", "background", "overall")
# Of the second, first and zeroth power, for each name.
_SCALES = np.array(
    (
        (-0.08397278, 1.22083953, 0.0052439),
        (-0.13166888, 1.60915514, -0.39604546),
        (-0.06766283, 1.11546468, 0.04602535),
    )
)


class SpeechQuality:
    """The network; raises InputError where its package or onnxruntime is missing."""

    def __init__(self) -> None:
        path = package_file("speechmos", "dnsmos_models/sig_bak_ovr.onnx", INSTALL)
        try:
            import onnxruntime
        except ImportError as error:
            raise InputError(f"the Python package onnxruntime isn't installed: {INSTALL}") from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def scores(self, audio: Audio) -> np.ndarray:
        """Speech, background and overall quality, about 1 to 5, higher is better: float64 [3]."""
        wave = resample(audio, RATE_HZ).samples.mean(0).clamp(-1, 1).numpy()
        # Doubling until it is long enough, and counting whole seconds, as the published code does.
        while len(wave) < LENGTH:
            wave = np.concatenate((wave, wave))
        hops = int(len(wave) // RATE_HZ - LENGTH / RATE_HZ) + 1
        heard = (wave[None, hop * RATE_HZ :][:, :LENGTH] for hop in range(hops))
        raw = np.array([self.session.run(None, {"input_1": some})[0][0] for some in heard])
        powers = np.stack((raw**2, raw, np.ones_like(raw)), -1)
        return (powers * _SCALES).sum(-1).mean(0)


@cache
def speech_quality() -> SpeechQuality:
    """The network, loaded once."""
    return SpeechQuality()
