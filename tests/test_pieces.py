"""Long sounds decoded and encoded piece by piece: as at once, but for what lies at a border."""

from dataclasses import replace

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio
from v2a_core.media.loudness import true_peak_dbtp
from v2a_core.models import load_family
from v2a_core.pieces import even_pieces, with_context
from v2a_core.stages import decode, encode_audio

SECONDS = 11.3


class Smooth(torch.nn.Module):
    """A decoder that hears 10 ms around each sample, and has no noise of its own as Mini's has."""

    def decode(self, latent):
        wave = latent.mean(1, keepdim=True).repeat_interleave(240, -1)
        return torch.nn.functional.avg_pool1d(wave, 481, 1, 240)


@pytest.fixture(scope="module")
def families():
    """Mini with random weights that makes all in one go, and one that takes pieces of 4 s."""
    whole, short = (load_family("mini", weights="random") for _ in range(2))
    whole.decoder = short.decoder = Smooth()
    short.spec = replace(short.spec, max_duration_s=5.0, window_s=4.0)
    return whole, short


def test_pieces_cover_all_and_have_their_neighbours_around_them(families):
    spec = families[1].spec
    pieces = even_pieces(spec, 1132)
    assert pieces == [(0, 400), (400, 800), (800, 1132)]
    assert [with_context(spec, pieces, number) for number in range(3)] == [(0, 500), (300, 900), (700, 1132)]
    assert with_context(spec, [(0, 400), (400, 420), (420, 1000)], 0) == (0, 420)


def test_decoded_in_pieces_is_decoded_at_once(families):
    latent = torch.randn(1, 80, 1132, generator=torch.Generator().manual_seed(0))
    whole, pieces = (decode(family, latent, SECONDS).samples for family in families)
    assert whole.shape == pieces.shape == (1, round(SECONDS * 24000))
    # What is cut off at once fades out.
    torch.testing.assert_close(pieces[:, :-120], whole[:, :-120])


def test_peaks_that_files_would_cut_off_are_turned_down(families):
    latent = torch.randn(1, 80, 1132, generator=torch.Generator().manual_seed(0))
    latent[..., 600:640] *= 40
    loud, pieces = (decode(family, latent, SECONDS) for family in families)
    untouched = families[0].decoder.decode(latent)[0]
    assert untouched.abs().max() > 1 and -1.2 < true_peak_dbtp(loud) < -0.99
    torch.testing.assert_close(pieces.samples[:, :-120], loud.samples[:, :-120])
    # What is away from the peaks keeps its level.
    torch.testing.assert_close(loud.samples[:, 24000:130_000], untouched[:, 24000:130_000])


def test_encoded_in_pieces_is_encoded_at_once(families):
    sound = Audio(torch.randn(1, 200_000, generator=torch.Generator().manual_seed(0)) * 0.1, 24000)
    whole, pieces = (encode_audio(family, sound, SECONDS) for family in families)
    assert whole.shape == pieces.shape == (1, 80, 1132)
    torch.testing.assert_close(pieces, whole)


def test_decoding_tells_how_far_it_is_and_refuses_what_is_not_finite(families):
    told = []
    latent = torch.zeros(1, 80, 1132)
    decode(families[1], latent, SECONDS, lambda *step: told.append(step))
    assert told == [("decode", 0, 1132), ("decode", 300, 1132), ("decode", 700, 1132)]
    latent[..., 600] = torch.nan
    with pytest.raises(InputError, match="not finite"):
        decode(families[1], latent, SECONDS)
