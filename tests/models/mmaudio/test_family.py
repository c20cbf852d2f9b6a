"""MMAudio as a family: lengths, conditions of every kind, whole runs with narrow random weights, files by role."""

import pytest
import torch
from golden_cases import manifest
from mmaudio_files import write_files
from safetensors.torch import save_file
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.base import TextFeatures, VisualFeatures
from v2a_core.models.mmaudio.config import VARIANTS
from v2a_core.models.mmaudio.family import check_variant, spec_of
from v2a_core.pipeline import generate
from v2a_core.prompts.transcript import Line, Transcript
from v2a_core.settings import Settings
from v2a_core.stages import condition, decode, draw_latent, encode_image, encode_prompt, encode_video, sample

SMALL, LARGE = "mmaudio_small_16k", "mmaudio_large_44k_v2"
LENGTHS = {  # seconds: latent frames at 16 kHz and at 44.1 kHz
    **{1: (32, 44), 2: (63, 87), 4: (125, 173), 4.96: (155, 214), 5: (157, 216), 8: (250, 345), 10: (313, 431)},
    **{12: (375, 517), 16: (500, 690), 20: (625, 862), 30: (938, 1292), 60: (1875, 2584)},
}


@pytest.fixture(scope="module")
def small():
    return load_family(SMALL, weights="random")


@pytest.fixture(scope="module")
def large():
    return load_family(LARGE, weights="random")


@pytest.fixture(scope="module")
def seen(small, clip):
    return encode_video(small, VideoSource.from_path(clip))


@pytest.mark.parametrize("duration_s", LENGTHS)
def test_lengths_of_latents(duration_s):
    specs = spec_of(SMALL), spec_of(LARGE)
    assert tuple(spec.latent_length(duration_s) for spec in specs) == LENGTHS[duration_s]


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_makes_sound_as_long_as_its_video(name, clip):
    family = load_family(name, weights="random")
    assert (family.spec.licence, family.spec.steps, family.spec.text_scale) == ("CC-BY-NC-4.0", 25, 4.5)
    audio = generate(clip, model=family, prompt="rain", steps=2).audio
    assert audio.samples.shape == (1, 2 * family.spec.sample_rate_hz)
    assert audio.samples.std() > 0.01


@pytest.mark.parametrize(("seconds", "clip_length", "sync_length"), [(0.2, 1, 8), (0.64, 5, 8), (1.0, 8, 16)])
def test_short_videos_are_held_to_the_end(small, tmp_path, seconds, clip_length, sync_length):
    source = VideoSource.from_path(write_video(tmp_path / "short.mp4", seconds=seconds))
    tensors = encode_video(small, source).tensors
    assert {name: len(tensor) for name, tensor in tensors.items()} == {"clip": clip_length, "sync": sync_length}


def test_conditions_say_what_is_there(small, seen):
    network, text = small.network, encode_prompt(small, "rain")
    both = small.condition(text, seen, None, 2.0).tensors()
    assert torch.equal(both["text"][0], text.tokens)
    assert torch.equal(both["clip"][0], seen.tensors["clip"])
    assert torch.equal(both["sync"][0], seen.tensors["sync"])

    neither = small.condition(None, None, None, 2.0).tensors()
    assert {name: tensor.shape for name, tensor in neither.items()} == {name: one.shape for name, one in both.items()}
    assert torch.equal(neither["text"][0], network.empty_string_feat)
    assert torch.equal(neither["clip"][0], network.empty_clip_feat.expand(16, -1))
    assert torch.equal(neither["sync"][0], network.empty_sync_feat.expand(40, -1))

    timing = small.condition(text, seen.timing_only(), None, 2.0).tensors()
    assert torch.equal(timing["clip"], neither["clip"])
    assert torch.equal(timing["sync"], both["sync"])


def test_an_empty_prompt_is_what_training_knew_as_no_text(small):
    for prompt in ("", "  \n"):
        assert torch.equal(encode_prompt(small, prompt).tokens, small.network.empty_string_feat)


def test_after_a_videos_end_nothing_is_seen(small, seen):
    longer = small.condition(None, seen, None, 3.0).video
    assert torch.equal(longer["clip"][0, :16], seen.tensors["clip"])
    assert torch.equal(longer["clip"][0, 16:], small.network.empty_clip_feat.expand(8, -1))
    assert torch.equal(longer["sync"][0, 40:], small.network.empty_sync_feat.expand(longer["sync"].shape[1] - 40, -1))
    shorter = small.condition(None, seen, None, 1.0).video
    assert torch.equal(shorter["sync"][0], seen.tensors["sync"][:16])


def test_one_picture_is_seen_all_the_time_and_has_no_timing(small):
    still = encode_image(small, torch.rand(60, 40, 3, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(InputError, match="give the seconds"):
        condition(small, None, None, still)
    positive, negative = condition(small, None, None, still, duration_s=2.0)
    assert torch.equal(positive.video["clip"][0], still.tensors["clip"].expand(16, -1))
    assert torch.equal(positive.video["sync"], negative.video["sync"])


def test_a_mask_hides_part_of_one_picture(small):
    image = torch.rand(60, 40, 3, generator=torch.Generator().manual_seed(0))
    whole, shown, hidden = (
        encode_image(small, image, mask=mask).tensors["clip"]
        for mask in (None, torch.ones(1, 6, 4), torch.zeros(1, 6, 4))
    )
    grey = encode_image(small, torch.full((60, 40, 3), 127, dtype=torch.uint8)).tensors["clip"]
    assert torch.equal(shown, whole)
    torch.testing.assert_close(hidden, grey)
    assert not torch.allclose(hidden, whole)


def test_parts_are_made_when_they_are_used(files, clip):
    family = load_family(SMALL, weights=files)
    assert not {"visual", "text", "decoder"} & set(vars(family))
    encode_prompt(family, "rain")
    assert {"visual", "text", "decoder"} & set(vars(family)) == {"text"}


def test_a_part_that_is_let_go_is_made_again(files):
    family = load_family(SMALL, weights=files)
    before = encode_prompt(family, "rain").tokens
    family.release("text")
    family.release("decoder")  # which nothing has used
    assert "text" not in vars(family)
    assert torch.equal(encode_prompt(family, "rain").tokens, before)


def test_a_model_by_name_gives_what_one_that_is_loaded_gives(files, clip):
    job = {"prompt": "rain", "steps": 2}
    named, loaded = (
        generate(clip, **job, **given).audio
        for given in ({"model": SMALL, "weights": files}, {"model": load_family(SMALL, weights=files)})
    )
    assert torch.equal(named.samples, loaded.samples)


def test_a_transcript_is_refused_not_ignored(small):
    with pytest.raises(InputError, match="can't speak"):
        small.condition(None, None, Transcript((Line(0.0, 1.0, "hello"),)), 1.0)


def test_text_alone_makes_sound(small):
    conditions = condition(small, encode_prompt(small, "rain"), encode_prompt(small, "music"), None, duration_s=1.0)
    settings = Settings.for_family(small.spec, steps=2)
    latent = sample(small.network, *conditions, draw_latent(small.spec, 1.0, 0), settings)
    assert decode(small, latent, 1.0).samples.shape == (1, 16000)


def test_guidance_in_one_batch_is_guidance_call_by_call(large):
    texts = encode_prompt(large, "rain"), encode_prompt(large, "music")
    generator = torch.Generator().manual_seed(0)
    tensors = {"clip": torch.randn(16, 64, generator=generator), "sync": torch.randn(40, 64, generator=generator)}
    conditions = condition(large, *texts, VisualFeatures(LARGE, tensors, {}, 2.0))
    settings = Settings.for_family(large.spec, steps=4)
    noise = torch.cat([draw_latent(large.spec, 2.0, seed) for seed in (3, 4)])
    together = sample(large.network, *conditions, noise, settings)
    assert torch.equal(together, sample(large.network, *conditions, noise, settings))

    x = noise
    for step in range(4):
        sigma = torch.full((2,), 1 - step / 4)
        with_all, without = (
            torch.cat([large.network(one[None], sigma[:1], **each.tensors()) for one in x]) for each in conditions
        )
        x = x - (without + 4.5 * (with_all - without)) / 4
    torch.testing.assert_close(together, x, atol=1e-4, rtol=1e-4)


def test_prompt_picture_and_timing_each_change_the_sound(small, seen):
    noise, settings = draw_latent(small.spec, 2.0, 0), Settings.for_family(small.spec, steps=2)
    text = encode_prompt(small, "rain")

    def made(text: TextFeatures | None, video: VisualFeatures | None):
        return sample(small.network, *condition(small, text, None, video, duration_s=2.0), noise, settings)

    made_with = [made(text, seen), made(None, seen), made(text, None), made(text, seen.timing_only())]
    for index, one in enumerate(made_with):
        assert all(not torch.allclose(one, other, atol=1e-3) for other in made_with[index + 1 :])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_files_by_role_become_a_family(small, seen, files, dtype, clip):
    family = load_family(SMALL, dtype=dtype, weights=files)
    again, close = encode_video(family, VideoSource.from_path(clip)), 1e-5 if dtype == torch.float32 else 0.1
    for name, tensor in seen.tensors.items():
        assert again.tensors[name].dtype == torch.float32
        torch.testing.assert_close(again.tensors[name], tensor, atol=close, rtol=close)
    for name, value in family.network.state_dict().items():
        assert torch.equal(value, small.network.state_dict()[name].to(value.dtype)), name
    # Only what goes from step to step is in the type that was asked for.
    assert family.network.fused_blocks[0].linear1.weight.dtype == family.visual.image.proj.dtype == dtype
    assert {value.dtype for value in family.decoder.state_dict().values()} == {torch.float32}
    audio = generate(clip, model=family, prompt="rain", steps=2).audio
    assert audio.samples.shape == (1, 32000)


def test_weights_keep_the_layout_that_is_fast_when_loaded(files):
    conv = load_family(SMALL, weights=files).network.fused_blocks[0].ffn.w1
    assert conv.weight.transpose(1, 2).is_contiguous()


def test_the_wrong_file_for_a_role_is_named(files):
    with pytest.raises(InputError, match=r"vae_16k\.safetensors is not an MMAudio network: .* like an MMAudio VAE"):
        load_family(SMALL, weights={**files, "network": files["vae"]})
    with pytest.raises(InputError, match=r"an MMAudio network of 16 kHz, and the model needs .* of 44 kHz"):
        load_family(LARGE, weights=files)


def test_a_vae_of_the_other_rate_is_named(large, files, tmp_path):
    network = tmp_path / "network.safetensors"
    save_file({name: value.contiguous() for name, value in large.network.state_dict().items()}, network)
    told = r"vae_16k\.safetensors is an MMAudio VAE of 16 kHz, and the model needs an MMAudio VAE of 44 kHz"
    with pytest.raises(InputError, match=told):
        load_family(LARGE, weights={**files, "network": network})


def test_the_network_of_another_variant_is_named():
    shapes = manifest("mmaudio_large_44k")
    with pytest.raises(InputError, match="mine holds the network of mmaudio_large_44k, not of mmaudio_large_44k_v2"):
        check_variant(LARGE, shapes, "mine")
    check_variant("mmaudio_large_44k", shapes, "mine")
