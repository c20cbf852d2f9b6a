"""Training of Mini's network and prompts: what a batch holds, and that a prompt comes to mean something."""

import torch

from v2a_core.models.mini.network import MiniNetwork, NetworkConfig
from v2a_core.models.mini.text import MiniText, TextConfig
from v2a_core.training import latents, mini
from v2a_core.training.mini import train_mini
from v2a_core.training.trainer import TrainConfig

WORDS = ("rain", "falls", "drops", "hammer", "hits", "nail")
CAPTIONS = ("rain falls", "hammer hits")


def text():
    torch.manual_seed(0)
    made = MiniText(TextConfig(), WORDS)
    # As a sentence encoder would have it: words of one thing lie near to one another.
    topics = torch.randn(2, 64)
    made.table.copy_(topics.repeat_interleave(3, 0) + 0.3 * torch.randn(6, 64))
    return made


class TwoClips:
    """Two clips of 150 ticks whose soundtracks are rain (agrees) and hammering (does not)."""

    looks = ("rain", "hammering")
    variants = 2
    captions = [list(CAPTIONS)] * 2

    def __len__(self):
        return 2

    def mel(self, index, variant):
        return torch.full((80, 600), float(variant), dtype=torch.float16)

    def agrees(self, index, variant):
        return variant == 0

    def talks(self, index):
        return False

    def speaks(self, index, variant):
        return False

    def sound(self, index, variant):
        return variant


def test_prompts_come_to_mean_their_sounds_in_words_training_never_saw(tmp_path, monkeypatch):
    monkeypatch.setattr(
        mini, "MiniNetwork", lambda: MiniNetwork(NetworkConfig(width=64, inner=64, depth=1, attention_in=()))
    )
    monkeypatch.setattr(latents, "TOKENS", 8)
    config = TrainConfig(tmp_path, 60, rate=2e-3, warmup=5, ema=0.9, log_every=20)
    reader, _ = train_mini(text(), TwoClips(), torch.zeros(2, 150, 128).half(), config)
    with torch.inference_mode():
        rain, hammer, drops, nail = (reader.encode(words).tokens[0] for words in (*CAPTIONS, "drops", "nail"))
    near = torch.nn.functional.cosine_similarity
    assert near(rain, hammer, dim=0) < 0.5
    assert near(drops, rain, dim=0) > near(drops, hammer, dim=0) + 0.2
    assert near(nail, hammer, dim=0) > near(nail, rain, dim=0) + 0.2
