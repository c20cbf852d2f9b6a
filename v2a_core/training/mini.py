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
    """Prompt encoder and diffusion network, trained as one."""

    def __init__(self, text: MiniText, network: MiniNetwork):
        super().__init__()
        self.text, self.network = text, network

    def forward(self, x: Tensor, sigma: Tensor, ids: Tensor, video: Tensor, seen: Tensor) -> Tensor:
        """Latent [B, 80, 4 T], word indices [B, L], features [B, T, 128] and whether they are seen [B] -> velocity."""
        words = self.text(ids)
        has_words = (ids >= 0).any(1).to(words)
        text = torch.cat([words, has_words[:, None]], 1)[:, None].expand(-1, video.shape[1], -1)
        flag = seen.to(video)[:, None, None]
        video = torch.cat([video * flag, flag.expand(*video.shape[:2], 1)], -1)
        return self.network(x, sigma, text=text, video=video)


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
    """Batches of latents, word indices, features and drop-outs, drawn from the number of the step."""

    def __init__(self, shards: Shards, features: Tensor, text: MiniText, seed: int = 0):
        self.shards, self.features, self.seed = shards, features, seed
        self.ids = [[text.tokenize(caption) for caption in captions] for captions in shards.captions]

    def __call__(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
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
            rows.append((mel.float(), ids, self.features[index, start : start + TOKENS].float(), torch.tensor(seen)))
        mel, ids, features, seen = zip(*rows, strict=True)
        longest = max(1, *map(len, ids))
        padded = torch.tensor([[*row, *[-1] * (longest - len(row))] for row in ids])
        return torch.stack(mel), padded, torch.stack(features), torch.stack(seen)


def train_mini(
    text: MiniText, shards: Shards, features: Tensor, config: TrainConfig, progress=None
) -> tuple[MiniText, MiniNetwork]:
    """Train prompt encoder and network; returns the averaged ones. text brings its table of word vectors."""
    torch.manual_seed(0)
    reader = Reader(text, MiniNetwork())
    # The last layer starts at zero: the first velocities are then the mean, not noise of the network's own.
    nn.init.zeros_(reader.network.patch_out.weight)
    for block in reader.network.blocks:
        nn.init.zeros_(block.modulation.weight)
        nn.init.zeros_(block.modulation.bias)
    training = Training(reader, config)
    batches = LatentBatches(shards, features, text)

    def losses(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        mel, ids, video, seen = (tensor.to(config.device) for tensor in batch)
        x, sigma, velocity = flow_pair(mel)
        return {"flow": F.mse_loss(reader(x, sigma, ids, video, seen).float(), velocity)}

    training.run(batches, losses, progress)
    averaged = training.averaged()
    return averaged.text, averaged.network
