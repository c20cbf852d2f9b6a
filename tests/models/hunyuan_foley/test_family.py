"""HunyuanVideo-Foley as a family: what it shows its network, files by role, and a whole soundtrack."""

import pytest
import torch
from safetensors.torch import save_file

from v2a_core import pipeline
from v2a_core.errors import InputError
from v2a_core.media.video import FrameRate, VideoSource, read_frames
from v2a_core.models.base import VisualFeatures
from v2a_core.models.hunyuan_foley.config import VARIANTS, clip_length, sync_length
from v2a_core.models.hunyuan_foley.dac import DACDecoder
from v2a_core.models.hunyuan_foley.family import ROLES, load
from v2a_core.prompts.transcript import Line, Transcript

pytest.importorskip("transformers")
NAME = "hunyuan_foley_xl"


@pytest.fixture(scope="module")
def family():
    return load(NAME, weights="random")


@pytest.fixture(scope="module")
def features(family, clip):
    return pipeline.encode_video(family, VideoSource.from_path(clip))


def test_a_video_is_seen_at_both_rates(features):
    assert features.tensors["clip"].shape == (16, 64)
    assert features.tensors["sync"].shape == (40, 64)
    assert features.rates_hz == {"clip": 8.0, "sync": 25.0}


def test_what_is_not_there_is_what_the_network_learned_for_it(family, features):
    network, nothing = family.network, family.condition(None, None, None, 2.0)
    assert torch.equal(nothing.video["clip"], network.empty_clip_feat.expand(1, 16, -1))
    assert torch.equal(nothing.video["sync"], network.empty_sync_feat.expand(1, 40, -1))
    assert torch.equal(nothing.text["text"], family.condition(family.text.encode(""), None, None, 2.0).text["text"])
    longer = family.condition(None, features, None, 3.0).video
    assert longer["clip"].shape[1] == clip_length(3.0) and longer["sync"].shape[1] == sync_length(3.0)
    assert torch.equal(longer["clip"][0, :16], features.tensors["clip"])
    assert torch.equal(longer["clip"][0, 16:], network.empty_clip_feat.expand(8, -1))
    shorter = family.condition(None, features.timing_only(), None, 1.0).video
    assert torch.equal(shorter["sync"][0], features.tensors["sync"][:16])
    assert torch.equal(shorter["clip"], network.empty_clip_feat.expand(1, 8, -1))


def test_one_picture_holds_throughout(family):
    picture = VisualFeatures(NAME, {"clip": torch.ones(1, 64)}, {"clip": 8.0}, 0.0)
    video = family.condition(None, picture, None, 2.0).video
    assert video["clip"].shape == (1, 16, 64) and video["clip"].min() == 1
    assert torch.equal(video["sync"], family.network.empty_sync_feat.expand(1, 40, -1))


def test_prompts_are_padded_together(family):
    short, long = (family.text.encode(prompt) for prompt in ("rain", "rain on wood"))
    assert short.tokens.shape == (2 + 4 + 1, 64)  # narrow ones read bytes, between a start and an end
    positive, negative = pipeline.condition(family, short, long, None, duration_s=1.0)
    assert positive.text["text_length"] == negative.text["text_length"] == 2 + 12
    text = positive.text["text"]
    assert text.shape == (1, 77, 64)
    assert torch.equal(text[0, :6], short.tokens[:6])
    assert torch.equal(text[0, 6:], short.tokens[6:].expand(71, -1))


def test_of_a_long_prompt_the_first_tokens_are_read(family):
    prompt = family.text.encode("rain " * 50)
    text = family.condition(prompt, None, None, 1.0).text
    assert text["text"].shape == (1, 77, 64) and text["text_length"] == 77


@pytest.mark.parametrize("scales", [(4.5, 4.5), (3.0, 2.0), (1.0, 1.0)])
def test_a_soundtrack_is_as_long_as_its_video_and_the_same_again(family, clip, scales):
    cfg, video_cfg = scales
    asked = {"model": family, "prompt": "rain", "negative": "noisy, harsh", "steps": 2, "cfg": cfg}
    one, again = (pipeline.generate(clip, video_cfg=video_cfg, **asked).audio for _ in range(2))
    assert one.samples.shape == (1, 96000)
    assert torch.equal(one.samples, again.samples)
    other = pipeline.generate(clip, video_cfg=video_cfg, **{**asked, "prompt": "wind"}).audio
    assert not torch.equal(one.samples, other.samples)


def test_a_transcript_is_refused_not_ignored(family):
    with pytest.raises(InputError, match="can't speak"):
        family.condition(None, None, Transcript((Line(0.0, 1.0, "hello"),)), 1.0)


def test_the_licence_says_where_it_is_none(family):
    for territory in ("European Union", "United Kingdom", "South Korea"):
        assert territory in family.spec.licence


def test_pictures_come_to_size_as_by_pillow():
    from PIL import Image

    pixels = torch.randint(0, 256, (1, 90, 160, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    source = VideoSource.from_frames(pixels, 8, "<noise>")
    ((_, chunk),) = read_frames(source, {"clip": FrameRate(8, 96, 96, pick="next", fit="bilinear")})
    image = Image.fromarray(pixels[0].numpy()).resize((96, 96), Image.Resampling.BILINEAR)
    reference = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(96, 96, 3)
    assert (chunk.frames[0].int() - reference.int()).abs().max() <= 1


@pytest.fixture(scope="module")
def files(family, tmp_path_factory):
    """The narrow family as the files that are published."""
    folder = tmp_path_factory.mktemp("foley")
    timing = {
        f"vfeat_extractor.{name.replace('.in_proj.', '.in_proj_')}": value
        for name, value in family.visual.timing.state_dict().items()
    }
    vae = {}
    for name, value in family.decoder.state_dict().items():
        if name.endswith(".weight") and not name.startswith("post_quant_conv."):
            # Half the direction, twice the length: only their product counts.
            length = value.flatten(1).norm(dim=1)[:, None, None]
            vae |= {f"{name}_g": length, f"{name}_v": value / 2}
        else:
            vae[name] = value
    states = {
        "network": {name: value.bfloat16() for name, value in family.network.state_dict().items()},
        "vae": {**vae, "encoder.block.0.bias": torch.zeros(1)},
        "siglip2": {**family.visual.image.state_dict(), "text_model.head.bias": torch.zeros(1)},
        "synchformer": {**timing, "afeat_extractor.cls_token": torch.zeros(1)},
        "clap": {**family.text.tower.state_dict(), "audio_model.norm.bias": torch.zeros(1)},
    }
    for role, state in states.items():
        save_file({name: value.contiguous() for name, value in state.items()}, folder / f"{role}.safetensors")
    family.text.tower.tokenizer.save(str(folder / "tokenizer.json"))
    return {role: folder / f"{role}.{'json' if role == 'tokenizer' else 'safetensors'}" for role in ROLES}


def test_files_give_back_what_was_put_in(family, files, monkeypatch):
    monkeypatch.setitem(VARIANTS, NAME, family.network.config)
    again = load(NAME, weights=files)
    assert {value.dtype for value in again.network.state_dict().values()} == {torch.bfloat16}
    for part in ("visual", "text", "decoder"):
        theirs = getattr(again, part).state_dict()
        for name, value in getattr(family, part).state_dict().items():
            torch.testing.assert_close(theirs[name], value)
    assert isinstance(again.decoder, DACDecoder)


def test_files_that_are_missing_or_of_the_other_size_are_named(files):
    with pytest.raises(InputError, match="needs files for siglip2, tokenizer too"):
        load(NAME, weights={role: path for role, path in files.items() if role not in ("siglip2", "tokenizer")})
    with pytest.raises(InputError, match=r"network\.safetensors is not of the size of HunyuanVideo-Foley XL"):
        load(NAME, weights=files)
