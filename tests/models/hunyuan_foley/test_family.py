"""HunyuanVideo-Foley as a family: what it shows its network, files by role, and a whole soundtrack."""

import sys

import pytest
import torch
from foley_files import published, write_files
from golden_cases import manifest
from safetensors.torch import load_file, save_file

from v2a_core import stages
from v2a_core.cli import main
from v2a_core.errors import InputError
from v2a_core.media.video import FrameRate, VideoSource, read_frames
from v2a_core.models import load_family, network_name
from v2a_core.models.base import VisualFeatures
from v2a_core.models.hunyuan_foley.config import clip_length, sync_length
from v2a_core.pipeline import generate
from v2a_core.prompts.transcript import Line, Transcript
from v2a_core.weights.convert import convert
from v2a_core.weights.formats import StoredTensors

pytest.importorskip("transformers")
NAME = "hunyuan_foley_xl"


@pytest.fixture(scope="module")
def family():
    return load_family(NAME, weights="random")


@pytest.fixture(scope="module")
def features(family, clip):
    return stages.encode_video(family, VideoSource.from_path(clip))


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
    positive, negative = stages.condition(family, short, long, None, duration_s=1.0)
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
    one, again = (generate(clip, video_cfg=video_cfg, **asked).audio for _ in range(2))
    assert one.samples.shape == (1, 96000)
    assert torch.equal(one.samples, again.samples)
    other = generate(clip, video_cfg=video_cfg, **{**asked, "prompt": "wind"}).audio
    assert not torch.equal(one.samples, other.samples)


def test_its_own_negative_prompt_stands_where_none_is_given(family, clip):
    own, said, none = (
        generate(clip, model=family, prompt="rain", steps=1, **negative).audio.samples
        for negative in ({}, {"negative": "noisy, harsh"}, {"negative": ""})
    )
    assert torch.equal(own, said)
    assert not torch.equal(own, none)


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
    return write_files(family, tmp_path_factory.mktemp("foley"))


def same(module, other):
    for name, value in module.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value)


def test_files_give_back_what_was_put_in(family, files):
    again = load_family(NAME, weights=files)
    assert {value.dtype for value in again.network.state_dict().values()} == {torch.bfloat16}
    assert not {"visual", "text", "decoder"} & set(vars(again))
    for part in ("visual", "text", "decoder"):
        same(getattr(family, part), getattr(again, part))


def test_published_pickles_become_a_family(family, files, clip, tmp_path):
    """As upstream publishes them: the codec in a container, Synchformer and CLAP with both of their halves."""
    states = published(family, "parametrized")
    contents = {**states, "vae": {"state_dict": states["vae"], "metadata": {"kwargs": {"continuous": True}}}}
    converted = {"siglip2": files["siglip2"], "tokenizer": files["tokenizer"]}
    for role in ("network", "vae", "synchformer", "clap"):
        torch.save(contents[role], tmp_path / f"{role}.pth")
        converted[role] = convert(tmp_path / f"{role}.pth", tmp_path / f"{role}.safetensors")
    again = load_family(NAME, weights=converted)
    for part in ("network", "visual", "text", "decoder"):
        same(getattr(load_family(NAME, weights=files), part), getattr(again, part))


@pytest.mark.parametrize("small", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_float8_weights_stay_so_and_compute_as_the_same_numbers(files, clip, tmp_path, small):
    """Whichever they are: published files differ in what they leave in bfloat16."""
    state = load_file(files["network"])
    narrowed = {
        name: value.to(small) if value.ndim > 1 and "_blocks." in name else value for name, value in state.items()
    }
    save_file(narrowed, tmp_path / "fp8.safetensors")
    save_file({name: value.bfloat16() for name, value in narrowed.items()}, tmp_path / "bf16.safetensors")
    fp8, bf16 = (
        load_family(NAME, weights={**files, "network": tmp_path / f"{kind}.safetensors"}) for kind in ("fp8", "bf16")
    )
    kept = {name for name, value in fp8.network.state_dict().items() if value.dtype == small}
    assert kept == {name for name, value in narrowed.items() if value.dtype == small} != set()
    sounds = [generate(clip, model=family, prompt="rain", steps=1).audio.samples for family in (fp8, bf16)]
    assert torch.equal(*sounds)


def test_numbers_that_are_no_weights_are_refused(files, tmp_path):
    whole = load_file(files["network"])
    name = "single_blocks.0.linear_qkv.weight"
    save_file(whole | {name: whole[name].to(torch.int8)}, tmp_path / "int8.safetensors")
    with pytest.raises(
        InputError, match=r"int8\.safetensors holds single_blocks\.0\.linear_qkv\.weight in a type called I8"
    ):
        load_family(NAME, weights={**files, "network": tmp_path / "int8.safetensors"}).network  # noqa: B018


def test_what_nobody_asks_for_is_never_read(files, clip, monkeypatch):
    read, stored = [], StoredTensors.__getitem__

    def watched(self, name):
        read.append(name)
        return stored(self, name)

    monkeypatch.setattr(StoredTensors, "__getitem__", watched)
    family = load_family(NAME, weights=files)
    generate(clip, model=family, prompt="rain", steps=1)
    # SigLIP's text, Synchformer's sound, CLAP's sound and the codec's encoder.
    assert not [name for name in read if name.startswith(("text_model.head.", "afeat_", "audio_model.", "encoder."))]
    assert {"vision_model.head.probe", "decoder.model.0.bias"} <= set(read)


def test_folders_as_the_hub_has_them(family, files, tmp_path):
    for role in ("siglip2", "clap"):
        (tmp_path / role).mkdir()
        (tmp_path / role / "model.safetensors").write_bytes(files[role].read_bytes())
    (tmp_path / "clap" / "tokenizer.json").write_bytes(files["tokenizer"].read_bytes())
    chosen = {role: path for role, path in files.items() if role != "tokenizer"}
    again = load_family(NAME, weights={**chosen, "siglip2": tmp_path / "siglip2", "clap": tmp_path / "clap"})
    same(family.text, again.text)
    same(family.visual, again.visual)


def test_files_that_are_not_there_are_named(files, tmp_path, monkeypatch):
    monkeypatch.setenv("V2A_MODELS", str(tmp_path))
    with pytest.raises(InputError, match=r"siglip2-base-patch16-512\.safetensors .* `v2a download hunyuan_foley_xl`"):
        load_family(NAME, weights={role: path for role, path in files.items() if role not in ("siglip2", "tokenizer")})


@pytest.mark.parametrize(
    ("role", "other", "told"),
    [
        ("network", "vae", r"vae\.safetensors is not a HunyuanVideo-Foley network: .* HunyuanVideo-Foley's DAC codec"),
        ("vae", "clap", r"clap\.safetensors is not HunyuanVideo-Foley's DAC codec: .* looks like a CLAP encoder"),
        ("siglip2", "clap", r"clap\.safetensors is not a SigLIP encoder"),
        ("clap", "siglip2", r"siglip2\.safetensors is not a CLAP encoder"),
        ("tokenizer", "clap", r"clap\.safetensors is no tokenizer\.json"),
    ],
)
def test_the_wrong_file_for_a_role_is_named(files, role, other, told):
    with pytest.raises(InputError, match=told):
        load_family(NAME, weights={**files, role: files[other]})


def test_the_network_of_the_other_variant_is_named(files, tmp_path):
    wide = load_file(files["network"]) | {"audio_embedder.proj.weight": torch.zeros(1536, 128, 1)}
    save_file(wide, tmp_path / "xxl.safetensors")
    with pytest.raises(InputError, match=r"xxl\.safetensors is a .* of size XXL, and the model needs .* of size XL"):
        load_family(NAME, weights={**files, "network": tmp_path / "xxl.safetensors"})


@pytest.mark.parametrize(
    ("role", "name", "shape", "told"),
    [
        ("siglip2", "vision_model.embeddings.position_embedding.weight", (16, 64), "for pictures of 256 pixels"),
        ("siglip2", "vision_model.embeddings.patch_embedding.weight", (128, 3, 64, 64), "gives vectors of 128 numbers"),
        ("clap", "text_model.embeddings.word_embeddings.weight", (9, 128), "gives vectors of 128 numbers"),
    ],
)
def test_an_encoder_that_is_not_the_network_s_own_is_named(files, tmp_path, role, name, shape, told):
    path = tmp_path / "other.safetensors"
    save_file(load_file(files[role]) | {name: torch.zeros(shape)}, path)
    with pytest.raises(InputError, match=rf"other\.safetensors .*{told}"):
        load_family(NAME, weights={**files, role: path})


@pytest.mark.parametrize("name", ["hunyuan_foley_xl", "hunyuan_foley_xxl", "mmaudio_small_16k", "mmaudio_large_44k_v2"])
def test_a_network_tells_which_model_it_is_of(name):
    assert network_name(manifest(name)) == name
    assert network_name(manifest("vae_16k")) is None


def test_without_transformers_one_line_says_what_to_install(clip, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "transformers", None)  # as if it were not installed
    assert main(["generate", str(clip), "-o", str(tmp_path / "out.mp4"), "--model", NAME]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "HunyuanVideo-Foley XL, 48 kHz needs the package transformers: install it with `pip install" in line
    assert list(tmp_path.iterdir()) == []
