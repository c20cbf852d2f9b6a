"""HunyuanVideo-Foley as a family: its files, five modules, and how features are laid out for its network."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...media.video import FrameRate
from ...prompts.transcript import Transcript
from ...weights.catalog import catalog
from ...weights.files import find_model
from ...weights.formats import StoredTensors
from ..base import Conditions, FamilySpec, PartedFamily, TextFeatures, VisualFeatures
from ..encoders import clap, siglip2, synchformer
from ..encoders.clap import ClapText, read_tokenizer
from ..encoders.picture_and_timing import PictureAndTiming, over
from ..encoders.siglip2 import Siglip2Image
from ..encoders.synchformer import Synchformer
from .config import CLIP_RATE_HZ, SLOTS, SYNC_RATE_HZ, TEXT_TOKENS, VARIANTS, FoleyConfig, lengths
from .dac import HOP, SAMPLE_RATE_HZ, DACDecoder, DACEncoder
from .narrow import narrow_parts
from .network import FoleyNetwork

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
    model = catalog()[name]
    return FamilySpec(
        name=name,
        title=model.title,
        licence=model.licence,
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
        negative="noisy, harsh",
        still="clip",
        window_s=8.0,
    )


class FoleyFamily(PartedFamily):
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
            raise InputError("HunyuanVideo-Foley can't speak: make the transcript captions of the prompt.")
        *rows, padding = (text if text is not None else self._no_words).tokens.float().cpu()
        tokens = torch.stack([*rows, *[padding] * (TEXT_TOKENS - len(rows))])
        empty = {"clip": self.network.empty_clip_feat, "sync": self.network.empty_sync_feat}
        return Conditions(
            text={"text": tokens[None], "text_length": torch.tensor([len(rows)])},
            video=over(lengths(duration_s), video, empty),
        )

    @cached_property
    def _no_words(self) -> TextFeatures:
        return self.text.encode("")

    def align(self, conditions: Sequence[Conditions]) -> list[Conditions]:
        """Conditions that are sampled together, their prompts padded to the longest of them, as upstream pads.

        The network attends to padding, so its length can be heard.
        """
        longest = max(int(one.text["text_length"]) for one in conditions)
        return [replace(one, text={**one.text, "text_length": torch.tensor([longest])}) for one in conditions]


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


Weights = Mapping[str, str | PathLike] | str | PathLike | None


def load(name: str, *, device="cpu", dtype=None, operations=None, weights: Weights = None) -> FoleyFamily:
    """A published model by its name, its files found where models are kept.

    weights names other files by role ("network", "vae", "siglip2", "synchformer", "clap", "tokenizer"), or the
    network's alone; "random" gives narrow networks of the whole layout with seeded random weights, for tests. dtype is
    the network's, bfloat16 as published where left out; all else runs in float32, as upstream. A network's tensors in
    float8 stay so. Raises InputError where a file is missing, is of another kind or of another size.
    """
    if find_spec("transformers") is None:
        title = catalog()[name].title
        raise InputError(f"{title} needs the package transformers: install it with `pip install transformers`.")
    if weights == "random":
        made = narrow_parts(dtype=dtype, operations=operations)
        parts = {part: lambda module=module: module for part, module in made.items()}
    else:
        chosen = weights if isinstance(weights, Mapping) or weights is None else {"network": weights}
        parts = _published_parts(name, find_model(name, _with_tokenizer(chosen)), dtype=dtype, operations=operations)

    def placed(module: nn.Module) -> nn.Module:
        return module.to(device).eval().requires_grad_(False)

    return FoleyFamily(
        spec_of(name),
        {
            "network": lambda: placed(parts["network"]()),
            "visual": lambda: placed(
                PictureAndTiming(name, parts["image"](), parts["timing"](), lengths, FEATURE_RATES_HZ)
            ),
            "text": lambda: placed(FoleyText(name, parts["words"]())),
            "decoder": lambda: placed(parts["decoder"]()),
            "encoder": lambda: placed(parts["encoder"]()),
        },
    )


def _with_tokenizer(chosen: Mapping[str, str | PathLike] | None) -> dict[str, str | PathLike]:
    """Files by role; a folder that is chosen for CLAP gives its tokenizer too, unless another one is chosen."""
    files = dict(chosen or {})
    folder = files.get("clap")
    if folder is not None and "tokenizer" not in files and (Path(folder) / "tokenizer.json").is_file():
        files["tokenizer"] = folder
    return files


def _published_parts(name: str, files: Mapping[str, Path], *, dtype, operations) -> dict[str, Callable[[], nn.Module]]:
    """What narrow_parts gives, with the weights of files by role: all of them are looked into, none is copied yet.

    The codec's encoder is not even looked into: most sounds need none, and some files don't have it.
    """
    only = {"siglip2": (siglip2.PREFIX,), "clap": (clap.PREFIX,), "vae": DACDecoder.PREFIXES}
    states = {}
    for part in catalog()[name].parts:
        if not part.layout:
            continue
        size = name.rpartition("_")[2] if part.role == "network" else None
        keep = only.get(part.role, ("",))
        states[part.role] = StoredTensors(files[part.role], layout=part.layout, size=size, only=keep)
    tokenizer = read_tokenizer(files["tokenizer"])
    check_variant(name, states, files)

    def part(kind: type, role: str, *more, **options) -> Callable[[], nn.Module]:
        return lambda: kind.from_state(states[role], *more, **options, source=str(files[role]))

    def encoder() -> DACEncoder:
        half = StoredTensors(files["vae"], layout="foley_vae", only=DACEncoder.PREFIXES)
        return DACEncoder.from_state(half, source=str(files["vae"]))

    return {
        "network": part(FoleyNetwork, "network", dtype=dtype, operations=operations),
        "image": part(Siglip2Image, "siglip2"),
        "timing": part(Synchformer, "synchformer"),
        "words": part(ClapText, "clap", tokenizer),
        "decoder": part(DACDecoder, "vae"),
        "encoder": encoder,
    }


def check_variant(name: str, states: Mapping[str, Mapping[str, Tensor]], files: Mapping[str, Path]) -> None:
    """Raise InputError where a file holds another variant's network, or an encoder that is not the network's own.

    states and files are by role. A network of a size of its own may be any variant.
    """
    shapes = {role: {key: tuple(value.shape) for key, value in state.items()} for role, state in states.items()}
    config = FoleyConfig.of(shapes["network"], str(files["network"]))
    for other, variant in VARIANTS.items():
        if config == variant and other != name:
            raise InputError(
                f"{files['network']} holds the network of {other}, not of {name}: choose that model, or another file."
            )
    image = shapes["siglip2"][f"{siglip2.PREFIX}embeddings.patch_embedding.weight"]
    positions = shapes["siglip2"][f"{siglip2.PREFIX}embeddings.position_embedding.weight"][0]
    side = image[-1] * math.isqrt(positions)
    if side != siglip2.SIZE:
        raise InputError(
            f"{files['siglip2']} is a SigLIP encoder for pictures of {side} pixels, and the model needs one for "
            f"{siglip2.SIZE}: choose siglip2-base-patch16-512."
        )
    words = shapes["clap"][f"{clap.PREFIX}embeddings.word_embeddings.weight"]
    for role, gives, reads in (("siglip2", image[0], config.clip_width), ("clap", words[1], config.text_width)):
        if gives != reads:
            raise InputError(
                f"{files[role]} gives vectors of {gives} numbers, and the network reads {reads}: choose another file."
            )
