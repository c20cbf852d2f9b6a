"""What is seen of a sound while it is sampled: its spectrogram, in the preview that ComfyUI has for latents.

Whether there is one is the user's choice of preview method, as everywhere. Core's samplers ask a latent format for its
three colours: `latent_rgb_factors_reshape` gives a latent on its way as a picture, whose colours `latent_rgb_factors`
then mix. Here the first draws the spectrogram, and the second leave its colours as they are.
"""

import latent_preview
import torch
from comfy.latent_formats import LatentFormat
from PIL import Image
from torch import Tensor

AS_THEY_ARE = torch.eye(3).tolist()


class LivePreview:
    """Pictures of a family's latents on their way, for core's samplers and for ours."""

    def __init__(self, spectrogram, spec, vae):
        from ..v2a_core.preview.live import HEIGHT, WIDTH, LivePicture

        frames = spec.latent_length(spec.max_duration_s)  # of a film that is refined as a whole its beginning
        self.pictures = LivePicture(spectrogram, frames, ready=vae.beside)
        self._none = torch.full((1, 3, HEIGHT, WIDTH), -1.0)
        self._last = self._none

    def begin(self, patcher) -> None:
        """A run begins: nothing of the one before is shown in it."""
        self.pictures.begin()
        self._last = self._none

    def draw(self, latent: Tensor) -> Image.Image | None:
        """A new picture of the first latent of [B, C, T], None where it is too early for one."""
        drawn = self.pictures.draw(latent)
        return None if drawn is None else Image.fromarray(drawn)

    def latest(self, latent: Tensor) -> Tensor:
        """The same for core, which takes a picture every time: colours from -1 to 1, [1, 3, H, W]."""
        drawn = self.pictures.draw(latent)
        if drawn is not None:
            self._last = torch.from_numpy(drawn).movedim(-1, 0)[None] / 127.5 - 1
        return self._last


def live_preview(family, vae) -> LivePreview | None:
    """The preview of a family's latents; None where only decoding would show them."""
    from ..v2a_core.models import spectrogram_of

    spectrogram = spectrogram_of(family)
    return None if spectrogram is None else LivePreview(spectrogram, family.spec, vae)


def latent_format(spec, live: LivePreview | None) -> type[LatentFormat]:
    """The latent format of a family, with its preview where the host has what it takes."""

    class Latent(LatentFormat):
        latent_channels, latent_dimensions = spec.latent_channels, 1

    if live is not None and hasattr(LatentFormat, "latent_rgb_factors_reshape"):
        Latent.latent_rgb_factors = AS_THEY_ARE
        Latent.latent_rgb_factors_reshape = staticmethod(live.latest)
    return Latent


def preview_of(model):
    """What a sampler of ours shows at a step: preview(latent [B, C, T]), None where there is nothing new."""
    live = model.model.live
    if live is None or latent_preview.get_previewer(model.load_device, model.model.latent_format) is None:
        return lambda latent: None

    def preview(latent: Tensor) -> tuple | None:
        picture = live.draw(latent)
        return picture and ("JPEG", picture, latent_preview.MAX_PREVIEW_RESOLUTION)

    return preview
