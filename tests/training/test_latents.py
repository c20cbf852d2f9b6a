"""What the network is trained on: voices over sounds, and what is left out."""

import torch
from test_mini import CAPTIONS, TwoClips, text

from v2a_core.models.mini.mel import SILENCE, log_mel
from v2a_core.models.mini.speech import UNTOLD
from v2a_core.training.latents import LatentBatches, laid_over


class OneSpeaks(TwoClips):
    """The same and a third clip, in whose even soundtracks somebody says phoneme 7 from 1 s to 3 s."""

    looks = ("rain", "hammering", "speech")
    captions = [*TwoClips.captions, ["rain falls", "hammer hits"]]  # noqa: RUF012

    def __len__(self):
        return 3

    def talks(self, index):
        return index == 2

    def speaks(self, index, variant):
        return index == 2 and variant == 0

    def lines(self, index):
        return [(1.0, 3.0)]

    def said(self, index):
        return torch.full((150,), 7, dtype=torch.uint8)

    def mel(self, index, variant):
        if not self.speaks(index, variant):
            return super().mel(index, variant)
        latent = torch.full((80, 600), SILENCE, dtype=torch.float16)
        latent[:, 100:300] = 2.0
        return latent


def batches(clips, steps=20):
    draw = LatentBatches(clips, torch.randn(len(clips), 150, 128).half(), text())
    return [draw(step) for step in range(steps)]


def test_a_batch_says_what_is_heard_seen_and_told():
    told = 0
    for batch in batches(TwoClips()):
        assert batch.latent.shape == (16, 80, 500) and batch.video.shape == (16, 125, 128)
        assert batch.seen.dtype == torch.bool and torch.equal(batch.latent[:, 0, 0].long(), batch.sound)
        for ids, sound in zip(batch.ids, batch.sound, strict=True):
            if (ids >= 0).any():
                told += 1
                assert ids[ids >= 0].tolist() == text().tokenize(CAPTIONS[sound])
    assert 230 < told < 310  # of 320


def test_where_a_phoneme_is_told_it_is_heard():
    over, alone, untold = 0, 0, 0
    for batch in batches(OneSpeaks()):
        for row in range(16):
            speaks = batch.phonemes[row] == 7
            assert set(batch.phonemes[row].unique().tolist()) <= {7, UNTOLD}
            loud = batch.latent[row, 0, ::4] > 1.5
            assert loud[speaks].all()
            untold += bool(loud.any() and not speaks.any())
            over += bool(speaks.any() and batch.sound[row] != 2)
            alone += bool(speaks.any())
    assert over > 5 and alone > 60 and untold > 3


def test_two_sounds_at_once_are_as_loud_as_both():
    noise = torch.randn(2, 48_000, generator=torch.Generator().manual_seed(0)) * 0.1
    noise[1, 24_000:] = 0
    noise[0, 36_000:] = 0
    one, other = log_mel(noise)
    true = log_mel((noise[0] * 0.5 + noise[1])[None])[0]
    made = laid_over(one, other, -6.02)
    # Powers add on average; in a single place phases decide.
    assert (made - true)[:, 5:95].mean().abs() < 0.02
    assert (made - true)[:, 105:145].abs().max() < 0.02
    assert torch.allclose(made[:, 155:195], torch.tensor(SILENCE), atol=1e-4)
