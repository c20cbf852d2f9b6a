"""The protocols and values that every model family meets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor, nn

from ..media.timeline import tick_count
from ..media.video import FrameChunk, FrameRate
from ..prompts.transcript import Transcript


@dataclass(frozen=True)
class FamilySpec:
    """What a family is and what it asks for; rates in Hz, durations in seconds."""

    name: str
    title: str
    licence: str
    sample_rate_hz: int
    latent_channels: int
    latent_rate_hz: float
    latent_multiple: int  # the network takes latents whose length is a multiple of this
    frame_rates: Mapping[str, FrameRate]
    max_duration_s: float
    shift: float = 1.0
    steps: int = 20
    text_scale: float = 3.0
    video_scale: float = 3.0
    against_scale: float | None = None  # both scales where there is a negative prompt, if not those above
    guided_above: float = 0.0  # the noise level below which guidance would only coarsen the sound
    solver: str = "euler"
    rescale: float = 0.0  # how much of the contrast that guidance adds is taken back
    speaks: bool = False  # what a transcript says; others get its lines as captions
    negative: str = ""  # the negative prompt that its authors use
    still: str | None = None  # the frame rate at which one picture can stand for a whole video
    window_s: float | None = None  # how long the windows of a longer film are; max_duration_s where left out
    base: str = ""  # the model that this one is distilled from: it has its encoders, and takes its LoRAs
    # Mean and deviation of the noise levels' logits at which it was trained, as far as is known.
    noise_levels: tuple[float, float] = (0.0, 1.0)

    @property
    def kin(self) -> str:
        """The name that features, texts and LoRAs go by which this model can take."""
        return self.base or self.name

    @property
    def window_length_s(self) -> float:
        """Length of the windows that films longer than max_duration_s are made in."""
        return self.window_s or self.max_duration_s

    def latent_length(self, duration_s: float) -> int:
        """Length T of the latent [B, C, T] that covers a duration."""
        return tick_count(duration_s, self.latent_rate_hz / self.latent_multiple) * self.latent_multiple


@dataclass(frozen=True)
class VisualFeatures:
    """What the encoders saw: per encoder float [N, D] and its rate in Hz, over duration_s seconds.

    An encoder that is left out saw nothing. One picture for a whole video has one vector, and lasts 0 s.
    """

    family: str
    tensors: Mapping[str, Tensor]
    rates_hz: Mapping[str, float]
    duration_s: float

    def to(self, device: torch.device | str) -> "VisualFeatures":
        """The same on a device."""
        return replace(self, tensors={name: tensor.to(device) for name, tensor in self.tensors.items()})

    def stored(self) -> dict[str, Tensor]:
        """What a file keeps of it: the tensors by their encoders' names, and each one's rate as "NAME rate"."""
        rates = {f"{name} rate": torch.tensor(rate, dtype=torch.float64) for name, rate in self.rates_hz.items()}
        return {name: tensor.cpu() for name, tensor in self.tensors.items()} | rates

    @classmethod
    def restored(cls, family: str, stored: Mapping[str, Tensor], duration_s: float) -> "VisualFeatures":
        """The features that `stored` gave."""
        tensors = {name: tensor for name, tensor in stored.items() if not name.endswith(" rate")}
        return cls(family, tensors, {name: stored[f"{name} rate"].item() for name in tensors}, duration_s)

    def timing_only(self) -> "VisualFeatures":
        """When things happen, without what they are: of the encoders those called "sync" and "mouth"."""
        kept = [name for name in self.tensors if name in ("sync", "mouth")]
        return replace(
            self,
            tensors={name: self.tensors[name] for name in kept},
            rates_hz={name: self.rates_hz[name] for name in kept},
        )


@dataclass(frozen=True)
class TextFeatures:
    """A prompt as its family encodes it, float [L, D], and the spans in seconds that it governs; None is all."""

    family: str
    tokens: Tensor
    prompt: str
    spans: tuple[tuple[float, float], ...] | None = None

    def shifted(self, start_s: float) -> "TextFeatures":
        """The same, with spans that count from start_s."""
        if self.spans is None:
            return self
        return replace(self, spans=tuple((first_s - start_s, last_s - start_s) for first_s, last_s in self.spans))


@dataclass(frozen=True)
class Conditions:
    """What one family's network takes, ready to batch: named tensors [1, ...], text and video apart.

    Names and shapes are the same for all conditions over one duration. Where the prompt changes over time, mask [T]
    says how much of each latent frame these govern, 0..1, and `more` holds those that govern the rest. Those of a
    negative prompt know those of no prompt at all, which its strength is measured from.
    """

    text: Mapping[str, Tensor] = field(default_factory=dict)
    video: Mapping[str, Tensor] = field(default_factory=dict)
    mask: Tensor | None = None
    more: tuple["Conditions", ...] = ()
    unprompted: "Conditions | None" = None

    def tensors(self) -> dict[str, Tensor]:
        """Keyword arguments of the network."""
        return {**self.text, **self.video}

    def seeing(self, video: Mapping[str, Tensor]) -> "Conditions":
        """The same prompts with another video."""
        return replace(self, video=video, more=tuple(one.seeing(video) for one in self.more))

    def timed(self, device: torch.device | str) -> tuple[tuple[dict[str, Tensor], Tensor | None], ...]:
        """Keyword arguments of the network and what they govern, part by part."""
        on_device = {name: tensor.to(device) for name, tensor in self.tensors().items()}
        return (on_device, self.mask), *(part for one in self.more for part in one.timed(device))


class VisualEncoder(Protocol):
    def encode(self, chunks: Iterable[tuple[str, FrameChunk]], duration_s: float) -> VisualFeatures:
        """Encode a video as it streams by; bounded memory."""


class TextEncoder(Protocol):
    def encode(self, prompt: str) -> TextFeatures:
        """Encode one prompt; an empty prompt means no text."""


class Decoder(Protocol):
    def decode(self, latent: Tensor) -> Tensor:
        """Latent [B, C, T] to waveforms float32 [B, channels, N] at the family's sample rate, not yet trimmed."""


class Encoder(Protocol):
    def encode(self, samples: Tensor) -> Tensor:
        """Waveforms float32 [B, 1, N] at the family's sample rate to latents [B, C, T] such as the network makes.

        N is that of T whole latent frames.
        """


class Family(Protocol):
    """A model family: modules that can be moved between devices apart, and the glue between them."""

    spec: FamilySpec
    visual: nn.Module  # a VisualEncoder
    text: nn.Module  # a TextEncoder
    # forward(x [B, C, T], sigma [B], **tensors) -> velocity [B, C, T]; see sampling.guidance.Network
    network: nn.Module
    decoder: nn.Module  # a Decoder
    # An Encoder; a family whose sounds can't be turned back into latents has none.
    encoder: nn.Module
    # spectrogram(latent [B, C, T]) -> decibels [B, bands, frames], lowest band first, on the decoder's device. A family
    # whose latents only decoding shows has none.

    def condition(
        self,
        text: TextFeatures | None,
        video: VisualFeatures | None,
        transcript: Transcript | None,
        duration_s: float,
    ) -> Conditions:
        """Lay features out for the network over a duration; None means unconditioned."""


class PartedFamily:
    """A family whose parts are made when they are first asked for, and stay in their files till then.

    make says how each is made, by its name here.
    """

    def __init__(self, spec: FamilySpec, make: Mapping[str, Callable[[], nn.Module]]):
        self.spec, self._make = spec, make

    def release(self, part: str) -> None:
        """Let go of a part: it is made anew if it is asked for again."""
        self.__dict__.pop(part, None)

    @cached_property
    def network(self) -> nn.Module:
        return self._make["network"]()

    @cached_property
    def visual(self) -> nn.Module:
        return self._make["visual"]()

    @cached_property
    def text(self) -> nn.Module:
        return self._make["text"]()

    @cached_property
    def decoder(self) -> nn.Module:
        return self._make["decoder"]()

    @cached_property
    def encoder(self) -> nn.Module:
        return self._make["encoder"]()
