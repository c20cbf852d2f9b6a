"""Mini as a family: one file of weights, five modules, and how features are laid out for its network."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...media.timeline import tick_count
from ...media.video import FrameRate
from ...prompts.transcript import Transcript
from ...weights.formats import read_state, write_state
from ..base import Conditions, FamilySpec, TextFeatures, VisualFeatures
from .mel import BANDS, HOP, SAMPLE_RATE_HZ, log_mel
from .network import MiniNetwork, NetworkConfig
from .speech import UNTOLD, phoneme_vectors, phonemes_of
from .text import MiniText, TextConfig, pack_words, unpack_words
from .visual import RATE_HZ, SIZE, MiniVisual, VisualConfig
from .vocoder import MiniVocoder, VocoderConfig

SHIPPED = Path(__file__).with_name("mini.safetensors")
LICENCE = "CC-BY-SA-4.0"
PARTS = ("network", "visual", "text", "decoder")
MOST = 2048  # of any size that a file may claim

SPEC = FamilySpec(
    name="mini",
    title="Mini (ships with the pack, 24 kHz mono)",
    licence=LICENCE,
    sample_rate_hz=SAMPLE_RATE_HZ,
    latent_channels=BANDS,
    latent_rate_hz=SAMPLE_RATE_HZ / HOP,
    latent_multiple=4,
    frame_rates={"sync": FrameRate(RATE_HZ, SIZE, SIZE)},
    max_duration_s=60.0,
    window_s=20.0,
    shift=3.0,
    steps=25,
    text_scale=3.0,
    video_scale=3.0,
    solver="euler",
    noise_levels=(1.0, 2.0),
    rescale=0.7,
    speaks=True,
)


class MiniEncoder(nn.Module):
    """Sounds to latents, which for Mini are spectrograms."""

    def encode(self, samples: Tensor) -> Tensor:
        """Waveforms [B, 1, 240 T] at 24 kHz to float32 [B, 80, T]."""
        return log_mel(samples[:, 0])


@dataclass
class MiniFamily:
    network: MiniNetwork
    visual: MiniVisual
    text: MiniText
    decoder: MiniVocoder
    encoder: MiniEncoder = field(default_factory=MiniEncoder)
    spec: FamilySpec = SPEC

    def condition(
        self,
        text: TextFeatures | None,
        video: VisualFeatures | None,
        transcript: Transcript | None,
        duration_s: float,
    ) -> Conditions:
        """One vector a token for text, video and speech, its last channel 1 where there is one, 0 and zeros where not.

        Lines wait for the mouth that is seen to say them.
        """
        tokens = tick_count(duration_s, RATE_HZ)
        config = self.network.config
        words = text.tokens if text is not None else torch.zeros(0, config.text_width)
        seen = video.tensors["sync"][:tokens] if video is not None else torch.zeros(0, config.video_width)
        said = torch.full((tokens,), UNTOLD)
        if transcript is not None and transcript.lines:
            mouth = video.tensors.get("mouth") if video is not None else None
            said = phonemes_of(transcript, tokens, None if mouth is None else mouth[:, 0].float().cpu())
        return Conditions(
            text={
                "text": _present(words[:1].expand(tokens if len(words) else 0, -1), tokens),
                "speech": phoneme_vectors(said)[None].to(words.device),
            },
            video={"video": _present(seen, tokens)},
        )


def _present(vectors: Tensor, tokens: int) -> Tensor:
    """Vectors [n, D] to [1, tokens, D + 1]: a flag of 1 beside each, zeros after the last."""
    out = vectors.new_zeros(1, tokens, vectors.shape[1] + 1)
    out[0, : len(vectors), :-1] = vectors
    out[0, : len(vectors), -1] = 1
    return out


def build(config: dict[str, dict], words: tuple[str, ...], *, device="cpu", dtype=None, operations=None) -> MiniFamily:
    """Mini with freshly drawn weights; config holds fields of the parts' configs by part."""
    family = MiniFamily(
        network=MiniNetwork(
            _config(NetworkConfig, config, "network"), dtype=dtype, device=device, operations=operations or nn
        ),
        visual=MiniVisual(_config(VisualConfig, config, "visual")).to(device),
        text=MiniText(_config(TextConfig, config, "text"), words).to(device),
        decoder=MiniVocoder(_config(VocoderConfig, config, "decoder")).to(device),
    )
    for name in PARTS:
        getattr(family, name).eval().requires_grad_(False)
    return family


def _config(kind: type, config: dict[str, dict], part: str):
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in config.get(part, {}).items()}
    for name, value in fields.items():
        sizes = value if isinstance(value, tuple) else (value,)
        least = int(sizes != value)  # 0 is the first of several, and no size
        if len(sizes) > MOST or not all(type(size) is int and least <= size <= MOST for size in sizes):
            raise ValueError(f"its {part} has a {name} of {str(value)[:80]}, not of up to {MOST}")
    return kind(**fields)


def load(*, device="cpu", dtype=None, operations=None, weights=None) -> MiniFamily:
    """Mini with its shipped weights, or those of another file; weights="random" gives seeded random ones for tests.

    Raises InputError where a file is missing, is of another kind, or doesn't say its sizes.
    """
    make = {"device": device, "dtype": dtype, "operations": operations}
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            family = build({}, ("rain", "wood", "on", "footsteps"), **make)
            family.text.table.normal_()
            return family
    path = weights or SHIPPED
    metadata, state = read_state(path, family="mini")
    try:
        words, config = unpack_words(state.pop("text.words")), json.loads(metadata["config"])
        with torch.device("meta"):
            claimed = build(config, words, device="meta")
    except (ArithmeticError, AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} does not say Mini's sizes and words as a file of Mini does ({error}). Choose another file, or the "
            "one that training wrote: other programs leave out what it says of itself."
        ) from error
    # What the file's own tensors don't have the sizes of is never allocated.
    _fill(claimed, state, path, assign=True)
    family = build(config, words, **make)
    _fill(family, state, path)
    return family


def _fill(family: MiniFamily, state: dict[str, Tensor], path, assign: bool = False) -> None:
    for name in PARTS:
        part = {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}
        try:
            getattr(family, name).load_state_dict(part, assign=assign)
        except RuntimeError as error:
            raise InputError(f"{path} does not fit Mini's {name}: {error}") from error


def save(family: MiniFamily, path, metadata: dict[str, str] | None = None) -> None:
    """Write all of Mini as one float16 safetensors file."""
    state = {
        f"{name}.{key}": value.detach().cpu().half().contiguous()
        for name in PARTS
        for key, value in getattr(family, name).state_dict().items()
    }
    state["text.words"] = pack_words(family.text.words)
    config = {name: asdict(getattr(family, name).config) for name in PARTS}
    write_state(path, state, {"family": "mini", "licence": LICENCE, "config": json.dumps(config), **(metadata or {})})
