"""HunyuanVideo-Foley's sizes and lengths: found from shapes, counted from seconds."""

import pytest
from golden_cases import manifest

from v2a_core.errors import InputError
from v2a_core.models.hunyuan_foley.config import VARIANTS, FoleyConfig, clip_length, sync_length
from v2a_core.models.hunyuan_foley.family import spec_of


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_says_which_variant_it_is(name):
    assert FoleyConfig.of(manifest(name)) == VARIANTS[name]


def test_another_file_is_named_with_what_it_lacks():
    with pytest.raises(InputError, match=r"some\.safetensors is not a HunyuanVideo-Foley network: it has no audio_emb"):
        FoleyConfig.of({"conv_pre.weight": (1, 2, 3)}, "some.safetensors")


@pytest.mark.parametrize(("name", "shape"), [("audio_embedder.proj.weight", (9, 9)), ("empty_sync_feat", ())])
def test_a_file_of_other_shapes_is_named(name, shape):
    shapes = {**manifest("hunyuan_foley_xl"), name: shape}
    with pytest.raises(InputError, match=r"^mine\.safetensors does not have the shapes of a HunyuanVideo-Foley"):
        FoleyConfig.of(shapes, "mine.safetensors")


LENGTHS = {  # seconds: latent frames, features of SigLIP 2 and of Synchformer
    0.04: (2, 1, 8),
    0.64: (32, 6, 8),
    1: (50, 8, 16),
    5: (250, 40, 112),
    5.01: (252, 41, 112),
    8: (400, 64, 192),
    15: (750, 120, 360),
}


@pytest.mark.parametrize("duration_s", LENGTHS)
def test_lengths(duration_s):
    spec = spec_of("hunyuan_foley_xl")
    for seconds in (duration_s, duration_s - 1e-9):  # durations are sums and differences of timestamps
        assert (spec.latent_length(seconds), clip_length(seconds), sync_length(seconds)) == LENGTHS[duration_s]
