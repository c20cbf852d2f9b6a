"""Training of Mini's diffusion network and its reading of prompts on cached features of rendered clips."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from ..models.mini.network import MiniNetwork
from ..models.mini.speech import phoneme_vectors
from ..models.mini.text import MiniText
from ..models.mini.visual import MiniVisual
from ..weights.formats import write_state
from .latents import LatentBatch, LatentBatches
from .objective import flow_pair
from .shards import Shards
from .trainer import TrainConfig, Training


class Reader(nn.Module):
    """Prompt encoder and diffusion network, trained as one, and a head that is thrown away after training.

    The head names the sound from the prompt's vector alone. Without it the vectors of all prompts grow alike: flow
    matching gains little from a prompt, and what it gains comes late.
    """

    def __init__(self, text: MiniText, network: MiniNetwork, sounds: int):
        super().__init__()
        self.text, self.network = text, network
        self.sound = nn.Linear(text.config.width, sounds)

    def forward(self, x: Tensor, sigma: Tensor, batch: LatentBatch) -> tuple[Tensor, Tensor]:
        """Velocity of a batch's noisy latent [B, 80, 4 T], and logits of the sounds its prompts name [B, sounds]."""
        tensors, words = network_tensors(self.text, batch)
        return self.network(x, sigma, **tensors), self.sound(words)


def network_tensors(text: MiniText, batch: LatentBatch) -> tuple[dict[str, Tensor], Tensor]:
    """What the network takes of a batch, by name, and its prompts' vectors [B, D]."""
    words = text(batch.ids)
    has_words = (batch.ids >= 0).any(1).to(words)
    told = torch.cat([words, has_words[:, None]], 1)[:, None].expand(-1, batch.video.shape[1], -1)
    flag = batch.seen.to(words)[:, None, None]
    video = torch.cat([batch.video * flag, flag.expand(*told.shape[:2], 1)], -1)
    return {"text": told, "video": video, "speech": phoneme_vectors(batch.phonemes)}, words


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

    def losses(batch: LatentBatch) -> dict[str, Tensor]:
        batch = batch.to(config.device)
        x, sigma, velocity = flow_pair(batch.latent)
        made, named = reader(x, sigma, batch)
        told = (batch.ids >= 0).any(1)
        missed = F.cross_entropy(named[told].float(), batch.sound[told], reduction="sum") / len(told)
        return {"flow": F.mse_loss(made.float(), velocity), "sound": 0.1 * missed}

    training.run(batches, losses, progress)
    averaged = training.averaged()
    return averaged.text, averaged.network
