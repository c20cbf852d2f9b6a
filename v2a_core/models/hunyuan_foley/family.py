"""HunyuanVideo-Foley as a family: its files, four modules, and how features are laid out for its network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from os import PathLike

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...media.video import FrameChunk, FrameRate
from ...prompts.transcript import Transcript
from ...weights.formats import read_state
from ..base import Conditions, FamilySpec, TextFeatures, VisualFeatures
from ..encoders import clap, siglip2, synchformer
from ..encoders.clap import ClapText, read_tokenizer
from ..encoders.siglip2 import Siglip2Image
from ..encoders.synchformer import Synchformer
from .config import CLIP_RATE_HZ, SLOTS, SYNC_RATE_HZ, TEXT_TOKENS, VARIANTS, clip_length, sync_length
from .dac import HOP, SAMPLE_RATE_HZ, DACDecoder
from .network import FoleyNetwork

LICENCE = "Tencent Hunyuan Community (no licence in the European Union, the United Kingdom and South Korea)"
TITLES = {
    "hunyuan_foley_xl": "HunyuanVideo-Foley XL, 48 kHz",
    "hunyuan_foley_xxl": "HunyuanVideo-Foley XXL, 48 kHz",
}
ROLES = ("network", "vae", "siglip2", "synchformer", "clap", "tokenizer")

# The first frame at or after each tick. Upstream adds up ticks in floating point, so that its 25 frames a second come
# to 124 in 5 s of a 25 Hz video, and reads a frame beyond 15 s; here tick k is exactly k / rate.
FRAME_RATES = {
    "clip": FrameRate(CLIP_RATE_HZ, siglip2.SIZE, siglip2.SIZE, pick="next", fit="bilinear"),
    "sync": FrameRate(SYNC_RATE_HZ, synchformer.SIZE, synchformer.SIZE, pick="next", fit="bicubic_crop"),
}
# Segments overlap: eight features for every eight frames.
FEATURE_RATES_HZ = {"clip": CLIP_RATE_HZ, "sync": SYNC_RATE_HZ * SLOTS / synchformer.STRIDE}


def spec_of(name: str) -> FamilySpec:
    """What a published model is, by its name."""
    return FamilySpec(
        name=name,
        title=TITLES[name],
        licence=LICENCE,
        sample_rate_hz=SAMPLE_RATE_HZ,
        latent_channels=VARIANTS[name].latent_dim,
        latent_rate_hz=SAMPLE_RATE_HZ / HOP,
        latent_multiple=2,  # two for every picture at 25 Hz, as upstream counts
        frame_rates=FRAME_RATES,
        max_duration_s=15.0,
        shift=1.0,
        steps=50,
        text_scale=4.5,
        video_scale=4.5,
        solver="euler",
        still="clip",
    )


@dataclass
class FoleyFamily:
    spec: FamilySpec
    network: FoleyNetwork
    visual: "FoleyVisual"
    text: "FoleyText"
    decoder: DACDecoder

    def condition(
        self,
        text: TextFeatures | None,
        video: VisualFeatures | None,
        transcript: Transcript | None,
        duration_s: float,
    ) -> Conditions:
        """The prompt with padding, and features with the learned empty ones wherever there are none.

        No prompt is an empty one: the network learned nothing else for it. HunyuanVideo-Foley can't speak: a transcript
        with lines raises InputError.
        """
        if transcript is not None and transcript.lines:
            raise InputError("HunyuanVideo-Foley can't speak: disconnect the transcript, or choose a model that can.")
        *rows, padding = (text if text is not None else self.text.encode("")).tokens.float().cpu()
        tokens = torch.stack([*rows, *[padding] * (TEXT_TOKENS - len(rows))])
        network, seen = self.network, dict(video.tensors) if video is not None else {}
        lengths = {"clip": clip_length(duration_s), "sync": sync_length(duration_s)}
        if video is not None and not video.duration_s:
            seen = {name: one.expand(lengths[name], -1) for name, one in seen.items()}
        return Conditions(
            text={"text": tokens[None], "text_length": torch.tensor([len(rows)])},
            video={
                "clip": _over(seen.get("clip"), network.empty_clip_feat, lengths["clip"]),
                "sync": _over(seen.get("sync"), network.empty_sync_feat, lengths["sync"]),
            },
        )

    def align(self, conditions: Sequence[Conditions]) -> list[Conditions]:
        """Conditions that are sampled together, their prompts padded to the longest of them, as upstream pads.

        The network attends to padding, so its length can be heard.
        """
        longest = max(int(one.text["text_length"]) for one in conditions)
        return [replace(one, text={**one.text, "text_length": torch.tensor([longest])}) for one in conditions]


def _over(features: Tensor | None, empty: Tensor, length: int) -> Tensor:
    """Features [n, D] and, after their end, the empty one [1, D]: float32 [1, length, D] on the CPU."""
    out = empty.float().cpu().repeat(length, 1)
    if features is not None:
        out[: len(features)] = features[:length].float().cpu()
    return out[None]


class FoleyVisual(nn.Module):
    """What a video shows, by SigLIP 2 eight times a second, and when it moves, by Synchformer 25 times a second."""

    def __init__(self, family: str, image: Siglip2Image, timing: Synchformer):
        super().__init__()
        self.family, self.image, self.timing = family, image, timing

    def encode(self, chunks: Iterable[tuple[str, FrameChunk]], duration_s: float) -> VisualFeatures:
        """Encode a video as it streams by; an encoder that gets no frames is left out."""
        streams = {"clip": self.image.stream(), "sync": self.timing.stream()}
        seen = set()
        for name, chunk in chunks:
            streams[name].add(chunk.frames)
            seen.add(name)
        tensors = {}
        if "clip" in seen:
            tensors["clip"] = streams["clip"].features()[: clip_length(duration_s)]
        if "sync" in seen:
            tensors["sync"] = streams["sync"].features(sync_length(duration_s) // SLOTS)
        return VisualFeatures(self.family, tensors, {name: FEATURE_RATES_HZ[name] for name in tensors}, duration_s)


class FoleyText(nn.Module):
    """A prompt to CLAP's vectors of its tokens."""

    def __init__(self, family: str, tower: ClapText):
        super().__init__()
        self.family, self.tower = family, tower

    def encode(self, prompt: str) -> TextFeatures:
        """Encode one prompt to [L + 1, 768], L at most 77; the last row is what padding becomes beside it.

        An empty prompt has two tokens, its start and its end.
        """
        *rows, padding = self.tower.encode(prompt)
        return TextFeatures(self.family, torch.stack([*rows[:TEXT_TOKENS], padding]), prompt)


Weights = Mapping[str, str | PathLike] | str | None


def load(name: str, *, device="cpu", dtype=None, operations=None, weights: Weights = None) -> FoleyFamily:
    """A published model by its name; weights names a file for each of ROLES.

    "random" gives narrow networks of the whole layout with seeded random weights, for tests. dtype is the network's,
    bfloat16 as published where left out; all else runs in float32, as upstream. A network's tensors in float8 stay so.
    Raises InputError where a file is missing, is of another kind or of another size.
    """
    if find_spec("transformers") is None:
        raise InputError(f"{TITLES[name]} needs the package transformers: install it with `pip install transformers`.")
    if weights == "random":
        from .narrow import narrow

        return narrow(name, device=device, dtype=dtype, operations=operations)
    files = dict(weights) if isinstance(weights, Mapping) else {}
    missing = [role for role in ROLES if role not in files]
    if missing:
        raise InputError(f"{TITLES[name]} needs files for {', '.join(missing)} too: give a path for each.")

    def read(role: str, *prefixes: str) -> tuple[dict[str, Tensor], str]:
        return read_state(files[role], only=prefixes or ("",))[1], str(files[role])

    state, source = read("network")
    network = FoleyNetwork.from_state(state, dtype=dtype, operations=operations, source=source)
    if network.config != VARIANTS[name]:
        raise InputError(f"{source} is not of the size of {TITLES[name]}: choose another file, or the other model.")
    state, source = read("siglip2", siglip2.PREFIX)
    image = Siglip2Image.from_state(state, source=source)
    state, source = read("synchformer", synchformer.PREFIX)
    timing = Synchformer.from_state(state, source=source)
    state, source = read("clap", clap.PREFIX)
    words = ClapText.from_state(state, read_tokenizer(files["tokenizer"]), source=source)
    state, source = read("vae", *DACDecoder.PREFIXES)
    return assemble(name, network, image, timing, words, DACDecoder.from_state(state, source), device=device)


def assemble(
    name: str,
    network: FoleyNetwork,
    image: Siglip2Image,
    timing: Synchformer,
    words: ClapText,
    decoder: DACDecoder,
    *,
    device="cpu",
) -> FoleyFamily:
    """A family of its networks, on one device and ready for use."""
    family = FoleyFamily(spec_of(name), network, FoleyVisual(name, image, timing), FoleyText(name, words), decoder)
    for part in (family.network, family.visual, family.text, family.decoder):
        part.to(device).eval().requires_grad_(False)
    return family
