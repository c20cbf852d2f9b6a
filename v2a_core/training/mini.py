"""Training of Mini's diffusion network and its reading of prompts on cached features of rendered clips."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from ..models.mini.network import MiniNetwork
from ..models.mini.text import MiniText
from ..models.mini.visual import MiniVisual
from ..weights.formats import write_state
from .objective import flow_pair
from .shards import Shards
from .trainer import TrainConfig, Training

BATCH = 16
TOKENS = 125
PATCH = 4

# How often a condition is left out, so that each has its own guidance. A prompt that contradicts the picture is rarely
# left out: without it the sound must still suit the picture.
_DROP_VIDEO, _DROP_AGREEING_TEXT, _DROP_CONTRARY_TEXT = 0.12, 0.25, 0.04


class Reader(nn.Module):
    """Prompt encoder and diffusion network, trained as one, and a head that is thrown away after training.

    The head names the sound from the prompt's vector alone. Without it the vectors of all prompts grow alike: flow
    matching gains little from a prompt, and what it gains comes late.
    """

    def __init__(self, text: MiniText, network: MiniNetwork, sounds: int):
        super().__init__()
        self.text, self.network = text, network
        self.sound = nn.Linear(text.config.width, sounds)

    def forward(self, x: Tensor, sigma: Tensor, ids: Tensor, video: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Velocity of a latent [B, 80, 4 T], and logits of the sound that the prompt names [B, sounds].

        ids are word indices [B, L], video features [B, T, 128], seen [B] whether they are there.
        """
        words = self.text(ids)
        has_words = (ids >= 0).any(1).to(words)
        text = torch.cat([words, has_words[:, None]], 1)[:, None].expand(-1, video.shape[1], -1)
        flag = seen.to(video)[:, None, None]
        video = torch.cat([video * flag, flag.expand(*video.shape[:2], 1)], -1)
        return self.network(x, sigma, text=text, video=video), self.sound(words)


@torch.inference_mode()
def cached_features(out: Path, visual: MiniVisual, shards: Shards, device: str = "cpu", progress=None) -> Tensor:
    """Features of every clip, float16 [clips, T, 128], computed once and kept in the run's folder."""
    path = out / "features.safetensors"
    if path.exists():
        return load_file(path)["features"]
    out.mkdir(parents=True, exist_ok=True)
    visual = visual.eval().to(device)
    features = []
    for index in range(len(shards)):
        features.append(visual(shards.clip(index).frames[None].to(device))[0].half().cpu())
        if progress:
            progress("features", index + 1, len(shards))
    stacked = torch.stack(features)
    write_state(path, {"features": stacked}, {"family": "features"})
    return stacked


class LatentBatches:
    """Batches of latents, word indices, features, drop-outs and sounds, drawn from the number of the step."""

    def __init__(self, shards: Shards, features: Tensor, text: MiniText, seed: int = 0):
        self.shards, self.features, self.seed = shards, features, seed
        self.ids = [[text.tokenize(caption) for caption in captions] for captions in shards.captions]

    def __call__(self, step: int) -> tuple[Tensor, ...]:
        rng = np.random.default_rng((self.seed, step))
        rows = []
        for index in rng.integers(len(self.shards), size=BATCH):
            variant = int(rng.integers(self.shards.variants))
            start = int(rng.integers(0, self.features.shape[1] - TOKENS + 1))
            mel = self.shards.mel(index, variant)[:, start * PATCH : (start + TOKENS) * PATCH]
            agrees = self.shards.agrees(index, variant)
            told = rng.random() >= (_DROP_AGREEING_TEXT if agrees else _DROP_CONTRARY_TEXT)
            ids = self.ids[index][variant] if told else []
            seen = rng.random() >= _DROP_VIDEO
            video = self.features[index, start : start + TOKENS].float()
            rows.append((mel.float(), ids, video, torch.tensor(seen), torch.tensor(self.shards.sound(index, variant))))
        mel, ids, *rest = zip(*rows, strict=True)
        longest = max(1, *map(len, ids))
        padded = torch.tensor([[*row, *[-1] * (longest - len(row))] for row in ids])
        return torch.stack(mel), padded, *(torch.stack(column) for column in rest)


def train_mini(
    text: MiniText, shards: Shards, features: Tensor, config: TrainConfig, progress=None
) -> tuple[MiniText, MiniNetwork]:
    """Train prompt encoder and network; returns the averaged ones. text brings its table of word vectors."""
    torch.manual_seed(0)
    reader = Reader(text, MiniNetwork(), len(shards.looks))
    # The last layer starts at zero: the first velocities are then the mean, not noise of the network's own.
    for last in (reader.network.patch_out.weight, reader.network.share.weight, reader.network.share.bias):
        nn.init.zeros_(last)
    for block in reader.network.blocks:
        nn.init.zeros_(block.modulation.weight)
        nn.init.zeros_(block.modulation.bias)
    training = Training(reader, config)
    batches = LatentBatches(shards, features, text)

    def losses(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        mel, ids, video, seen, sound = (tensor.to(config.device) for tensor in batch)
        x, sigma, velocity = flow_pair(mel)
        made, named = reader(x, sigma, ids, video, seen)
        told = (ids >= 0).any(1)
        return {
            "flow": F.mse_loss(made.float(), velocity),
            "sound": 0.1 * F.cross_entropy(named[told].float(), sound[told], reduction="sum") / len(ids),
        }

    training.run(batches, losses, progress)
    averaged = training.averaged()
    return averaged.text, averaged.network
