"""Training of Mini's visual encoder on what the world knows: when things sound, how loud, who speaks, what they are."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models.mini.visual import MiniVisual
from .objective import onset_loss
from .shards import Shards
from .trainer import TrainConfig, Training
from .world.classes import SOUND_CLASSES

BATCH = 12
TICKS = 75
FRAMES_A_TICK = 4
EVENTS_FAVOUR = 3
# Of clips without a speaker: there the mouth is shut, which is soon learned.
_SHUT = 0.1


class Eyes(nn.Module):
    """The visual encoder and the heads that are thrown away after training."""

    def __init__(self, visual: MiniVisual, looks: int):
        super().__init__()
        width = visual.config.width
        self.visual = visual
        self.onset = nn.Linear(width, FRAMES_A_TICK)
        self.level = nn.Linear(width, FRAMES_A_TICK)
        self.look = nn.Linear(width, looks)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Frames uint8 [B, T, 64, 64, 3] to onset logits and levels [B, 4 T] at 100 Hz, look logits, mouths [B, T]."""
        h = self.visual(frames)
        return self.onset(h).flatten(1), self.level(h).flatten(1), self.look(h), self.visual.mouth(h)[..., 0]


def augment(frames: Tensor, rng: np.random.Generator) -> Tensor:
    """One clip uint8 [T, H, W, 3] mirrored, shifted, greyed and relit at random; its timing is left alone."""
    if rng.random() < 0.5:
        frames = frames.flip(2)
    frames = torch.roll(frames, tuple(rng.integers(-6, 7, 2)), (1, 2))
    if rng.random() < 0.3:
        frames = frames[..., rng.integers(3)][..., None].expand_as(frames)
    gain, lift = rng.uniform(0.6, 1.4), rng.uniform(-30, 30)
    table = np.clip(np.arange(256) * gain + lift, 0, 255).astype(np.uint8)
    return torch.from_numpy(np.take(table, frames.numpy()))


class ClipBatches:
    """Batches of augmented crops with their targets, drawn from the number of the step.

    Clips in which something strikes come more often: moments are the hardest thing to learn.
    """

    def __init__(self, shards: Shards, seed: int = 0):
        self.shards, self.seed = shards, seed
        weights = np.where([SOUND_CLASSES[clip["looks"]].kind == "event" for clip in shards.about], EVENTS_FAVOUR, 1)
        self.chances = weights / weights.sum()

    def __call__(self, step: int) -> tuple[Tensor, ...]:
        rng = np.random.default_rng((self.seed, step))
        rows = []
        for index in rng.choice(len(self.shards), size=BATCH, p=self.chances):
            clip = self.shards.clip(index)
            start = int(rng.integers(0, len(clip.frames) - TICKS + 1))
            span = slice(start * FRAMES_A_TICK, (start + TICKS) * FRAMES_A_TICK)
            frames = augment(clip.frames[start : start + TICKS], rng)
            mouth = clip.mouth[start : start + TICKS]
            known = torch.tensor(clip.look), mouth, torch.tensor(clip.talks)
            rows.append((frames, clip.onset[span], clip.level[span], *known))
        return tuple(torch.stack(column) for column in zip(*rows, strict=True))


def train_eyes(shards: Shards, config: TrainConfig, progress=None) -> MiniVisual:
    """Train a visual encoder on rendered clips; returns the averaged one."""
    torch.manual_seed(0)
    eyes = Eyes(MiniVisual(), len(shards.looks))
    training = Training(eyes, config)

    def losses(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        frames, onset, level, look, mouth, talks = (tensor.to(config.device) for tensor in batch)
        onset_logits, level_made, look_logits, mouth_made = eyes(frames)
        watched = torch.where(talks, 1.0, _SHUT)
        return {
            "onset": onset_loss(onset_logits, onset),
            "level": F.mse_loss(level_made.float(), level),
            "look": 0.3 * F.cross_entropy(look_logits.float().mean(1), look),
            "mouth": ((mouth_made.float() - mouth).square().mean(1) * watched).mean(),
        }

    training.run(ClipBatches(shards), losses, progress)
    return training.averaged().visual
