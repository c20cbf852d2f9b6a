"""MMAudio's sizes and lengths: found from shapes, counted from seconds."""

import pytest
from golden_cases import manifest

from v2a_core.errors import InputError
from v2a_core.models.mmaudio.config import VARIANTS, MMAudioConfig, clip_length, sync_length, variant_of


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_says_which_variant_it_is(name):
    assert MMAudioConfig.of(manifest(name)) == VARIANTS[name].config
    assert variant_of(manifest(name)) == name


def test_a_network_of_its_own_size_goes_by_its_rate_and_version():
    def shallower(name):
        return {key: shape for key, shape in manifest(name).items() if not key.startswith("fused_blocks.7.")}

    assert variant_of(shallower("mmaudio_small_16k")) == "mmaudio_small_16k"
    assert variant_of(shallower("mmaudio_large_44k_v2")) == "mmaudio_large_44k_v2"
    other = VARIANTS[variant_of(shallower("mmaudio_large_44k"))]
    assert (other.rate, other.config.v2) == ("44k", False)


def test_all_variants_differ():
    assert len({variant.config for variant in VARIANTS.values()}) == len(VARIANTS)


LENGTHS = {  # seconds: features of CLIP and of Synchformer
    0.64: (5, 8),
    1: (8, 16),
    2: (16, 40),
    4: (32, 88),
    4.96: (39, 112),
    5: (40, 112),
    8: (64, 192),
    10: (80, 240),
    12: (96, 288),
    16: (128, 392),
    20: (160, 488),
    30: (240, 736),
    60: (480, 1488),
}


@pytest.mark.parametrize("duration_s", LENGTHS)
def test_lengths_of_features(duration_s):
    assert (clip_length(duration_s), sync_length(duration_s)) == LENGTHS[duration_s]
    # Durations are sums and differences of timestamps.
    assert (clip_length(duration_s - 1e-9), sync_length(duration_s - 1e-9)) == LENGTHS[duration_s]


@pytest.mark.parametrize("duration_s", [0.01, 0.1, 0.5])
def test_the_shortest_sound_takes_one_picture_and_one_segment(duration_s):
    assert clip_length(duration_s) == max(1, int(duration_s * 8))
    assert sync_length(duration_s) == 8


@pytest.mark.parametrize(
    ("name", "shape"),
    [("audio_input_proj.0.weight", (448, 20)), ("empty_string_feat", ()), ("empty_clip_feat", None)],
)
def test_a_file_of_other_shapes_is_named(name, shape):
    shapes = dict(manifest("mmaudio_small_16k"))
    shapes.pop(name) if shape is None else shapes.update({name: shape})
    with pytest.raises(InputError, match=r"^mine\.safetensors does not have the shapes of an MMAudio network"):
        MMAudioConfig.of(shapes, "mine.safetensors")
