"""How a run gets on, to be heard and seen: one clip's sound, made from the same noise every time."""

import wave
from pathlib import Path

from ..atomic import whole_file
from ..media.audio import Audio
from ..models.base import Family
from ..preview import save_png, sync_preview
from ..prompts.cues import cue_sheet
from ..settings import Settings
from ..stages import condition, decode, draw_latent, encode_cues, encode_video, sample
from .features import Window


class Samples:
    """Call it with a step's number: folder/step-000100.wav, and .png with the picture and the sound's spectrogram.

    What the video and its first prompt are to the model is worked out here, so the encoders aren't needed later.
    """

    def __init__(self, family: Family, window: Window, folder: Path, device: str, seed: int = 0):
        self.family, self.window, self.folder, self.device = family, window, folder, device
        self.settings = Settings.for_family(family.spec, seed)
        folder.mkdir(parents=True, exist_ok=True)
        texts = encode_cues(family, cue_sheet(window.prompts[0], family.spec.negative))
        self.conditions = condition(family, *texts, encode_video(family, window.source), window.transcript)

    def __call__(self, step: int) -> None:
        noise = draw_latent(self.family.spec, self.window.duration_s, self.settings.seed).to(self.device)
        latent = sample(self.family.network, *self.conditions, noise, self.settings)
        audio = decode(self.family, latent, self.window.duration_s)
        path = self.folder / f"step-{step:06d}.wav"
        write_wav(audio, path)
        with whole_file(path.with_suffix(".png")) as unfinished:
            save_png(sync_preview(self.window.source, audio, width=1200), unfinished)


def write_wav(audio: Audio, path: Path) -> None:
    """Write a sound as 16-bit PCM."""
    samples = (audio.samples.clamp(-1, 1) * 32767).round().short().T.contiguous().numpy()
    with whole_file(path) as unfinished, wave.open(str(unfinished), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(audio.rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
