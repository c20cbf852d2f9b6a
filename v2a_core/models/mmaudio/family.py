"""MMAudio as a family: five files of weights, five modules, and how features are laid out for its network."""

import math
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from torch import Tensor, nn

from ...errors import InputError
from ...media.video import FrameRate
from ...prompts.transcript import Transcript
from ...weights.catalog import catalog
from ...weights.files import find_model
from ...weights.formats import StoredTensors
from .. import casting
from ..base import Conditions, FamilySpec, PartedFamily, TextFeatures, VisualFeatures
from ..encoders import clip, synchformer
from ..encoders.clip import ClipImage, ClipText
from ..encoders.picture_and_timing import PictureAndTiming, over
from ..encoders.synchformer import Synchformer
from ..vocoders.bigvgan import BigVGAN
from .config import CLIP_RATE_HZ, SLOTS, SYNC_RATE_HZ, VARIANTS, MMAudioConfig, lengths
from .mel import MELS, Mel, log_mel
from .narrow import narrow_parts
from .network import MMAudioNetwork
from .vae import VAEDecoder, VAEEncoder

# Frames are picked and resized as they were for training: by a filter on bytes, the first at or after each tick.
FRAME_RATES = {
    "clip": FrameRate(CLIP_RATE_HZ, clip.SIZE, clip.SIZE, pick="next", fit="bicubic"),
    "sync": FrameRate(SYNC_RATE_HZ, synchformer.SIZE, synchformer.SIZE, pick="next", fit="bicubic_crop"),
}
# Segments overlap: eight features for every eight frames.
FEATURE_RATES_HZ = {"clip": CLIP_RATE_HZ, "sync": SYNC_RATE_HZ * SLOTS / synchformer.STRIDE}


def spec_of(name: str) -> FamilySpec:
    """What a variant is, by its catalogue name."""
    model, variant = catalog()[name], VARIANTS[name]
    return FamilySpec(
        name=name,
        title=model.title,
        licence=model.licence,
        sample_rate_hz=variant.sample_rate_hz,
        latent_channels=variant.config.latent_dim,
        latent_rate_hz=variant.latent_rate_hz,
        latent_multiple=1,
        frame_rates=FRAME_RATES,
        max_duration_s=30.0,  # trained on 8 s; what is much longer gets worse
        shift=1.0,
        steps=25,
        text_scale=4.5,
        video_scale=4.5,
        solver="euler",
        still="clip",
        window_s=8.0,
    )


# What comes with the network's weights and is of use before the network is.
FACTS = ("latent_mean", "latent_std", "empty_string_feat", "empty_clip_feat", "empty_sync_feat")


class MMAudioFamily(PartedFamily):
    def __init__(self, spec: FamilySpec, make: Mapping[str, Callable[[], nn.Module]], facts: Mapping[str, Tensor]):
        super().__init__(spec, make)
        self.facts = facts

    def condition(
        self,
        text: TextFeatures | None,
        video: VisualFeatures | None,
        transcript: Transcript | None,
        duration_s: float,
    ) -> Conditions:
        """Features over a duration, and what the network learned to take for none where there are none.

        MMAudio can't speak: a transcript with lines raises InputError.
        """
        if transcript is not None and transcript.lines:
            raise InputError("MMAudio can't speak: make the transcript captions of the prompt.")
        empty = {"clip": self.facts["empty_clip_feat"], "sync": self.facts["empty_sync_feat"]}
        words = self.facts["empty_string_feat"] if text is None else text.tokens
        return Conditions(
            text={"text": words[None].float().cpu()},
            video=over(lengths(duration_s), video, empty),
        )

    def spectrogram(self, latent: Tensor) -> Tensor:
        """A latent [B, C, T] of the network as decibels [B, bands, 2 T], the lowest band first."""
        mel = self.decoder.vae(self.decoder.unnormalized(latent))
        return mel * (20 / math.log(10) * MELS[VARIANTS[self.spec.name].rate].log_unit)


class MMAudioText(nn.Module):
    """A prompt to CLIP's vectors of its 77 tokens."""

    def __init__(self, family: str, tower: ClipText, empty: Tensor):
        super().__init__()
        self.family, self.tower = family, tower
        self.register_buffer("empty", empty.detach().clone())

    def encode(self, prompt: str) -> TextFeatures:
        """Encode one prompt to [77, width]; an empty one gives what the network was trained with for no text."""
        return TextFeatures(self.family, self.tower.encode(prompt) if prompt.strip() else self.empty, prompt)


class MMAudioDecoder(nn.Module):
    """Latents to waveforms, float32 whatever the network computes in: it is a small part of the work."""

    def __init__(self, facts: Mapping[str, Tensor], vae: VAEDecoder, vocoder: BigVGAN):
        super().__init__()
        self.vae, self.vocoder = vae, vocoder
        self.register_buffer("mean", facts["latent_mean"].transpose(1, 2))
        self.register_buffer("std", facts["latent_std"].transpose(1, 2))

    def unnormalized(self, latent: Tensor) -> Tensor:
        """A latent [B, C, T] of the network, of variance 1, as the VAE takes it."""
        return latent.to(self.std) * self.std + self.mean

    def decode(self, latent: Tensor) -> Tensor:
        """Latent [B, C, T] to float32 [B, 1, N], N a whole number of mel frames."""
        return self.vocoder.decode(self.vae(self.unnormalized(latent)))


class MMAudioEncoder(nn.Module):
    """Waveforms to latents of the network, of variance 1; the decoder's inverse."""

    def __init__(self, facts: Mapping[str, Tensor], vae: VAEEncoder, mel: Mel):
        super().__init__()
        self.vae, self.mel = vae, mel
        self.register_buffer("mean", facts["latent_mean"].transpose(1, 2))
        self.register_buffer("std", facts["latent_std"].transpose(1, 2))

    def encode(self, samples: Tensor) -> Tensor:
        """Waveforms [B, 1, N], N a whole number of latent frames, to the most likely latent, float32 [B, C, T]."""
        mean, _ = self.vae(log_mel(samples[:, 0].to(self.std), self.mel))
        return (mean - self.mean) / self.std


Weights = Mapping[str, str | PathLike] | str | PathLike | None


def load(name: str, *, device="cpu", dtype=None, operations=None, weights: Weights = None) -> MMAudioFamily:
    """A variant by its catalogue name, its files found where models are kept.

    weights names other files by role ("network", "vae", "vocoder", "clip", "synchformer"), or the network's alone;
    "random" gives narrow networks of the whole layout with seeded random weights, for tests. dtype is that of network
    and encoders. Raises InputError where a file is missing, is of another kind or of another variant.
    """
    make = {"dtype": dtype, "operations": operations or casting}
    if weights == "random":
        made = narrow_parts(name, **make)
        parts, state = (
            {part: lambda module=module: module for part, module in made.items()},
            made["network"].state_dict(),
        )
    else:
        chosen = weights if isinstance(weights, Mapping) or weights is None else {"network": weights}
        parts, state = _published_parts(name, find_model(name, chosen), **make)
    facts = {fact: state[fact].detach().float().clone() for fact in FACTS}

    def placed(module: nn.Module) -> nn.Module:
        return module.to(device).eval().requires_grad_(False)

    return MMAudioFamily(
        spec_of(name),
        {
            "network": lambda: placed(parts["network"]()),
            "visual": lambda: placed(
                PictureAndTiming(name, parts["image"](), parts["timing"](), lengths, FEATURE_RATES_HZ)
            ),
            "text": lambda: placed(MMAudioText(name, parts["words"](), facts["empty_string_feat"])),
            "decoder": lambda: placed(MMAudioDecoder(facts, parts["vae"](), parts["vocoder"]())),
            "encoder": lambda: placed(MMAudioEncoder(facts, parts["vae_encoder"](), MELS[VARIANTS[name].rate])),
        },
        facts,
    )


def _published_parts(
    name: str, files: Mapping[str, Path], **make
) -> tuple[dict[str, Callable[[], nn.Module]], Mapping[str, Tensor]]:
    """What narrow_parts gives, with the weights of files by role, and the network's; all are looked into, none is read.

    The VAE's encoder is not even looked into: most sounds need none, and some files don't have it.
    """
    states, rate = {}, VARIANTS[name].rate
    for part in catalog()[name].parts:
        only = ("decoder.", "data_") if part.role == "vae" else ("",)
        states[part.role] = StoredTensors(files[part.role], layout=part.layout, size=rate, only=only)
    check_variant(name, states["network"].shapes, files["network"])

    def part(kind: type, role: str, **options) -> Callable[[], nn.Module]:
        return lambda: kind.from_state(states[role], **options, source=str(files[role]))

    def vae_encoder() -> VAEEncoder:
        half = StoredTensors(files["vae"], layout="mmaudio_vae", size=rate, only=("encoder.", "data_"))
        return VAEEncoder.from_state(half, source=str(files["vae"]))

    parts = {
        "network": part(MMAudioNetwork, "network", **make),
        "image": part(ClipImage, "clip", **make),
        "words": part(ClipText, "clip", **make),
        "timing": part(Synchformer, "synchformer", **make),
        "vae": part(VAEDecoder, "vae"),
        "vae_encoder": vae_encoder,
        "vocoder": part(BigVGAN, "vocoder"),
    }
    return parts, states["network"]


def check_variant(name: str, shapes: Mapping[str, tuple[int, ...]], path: Path) -> None:
    """Raise InputError where a file holds the network of another variant; a size of its own may be any one's."""
    config = MMAudioConfig.of(shapes, str(path))
    for other, variant in VARIANTS.items():
        if config == variant.config and other != name:
            raise InputError(f"{path} holds the network of {other}, not of {name}: choose that model, or another file.")
