"""A LoRA: trained beside the network, it does what the file does that is merged into it."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.models import load_family
from v2a_core.models.lora import matrices, merge_lora
from v2a_core.models.mini.family import SPEC
from v2a_core.pipeline import generate
from v2a_core.training.features import Features, WindowBatches, windows_of
from v2a_core.training.folder import read_folder
from v2a_core.training.lora import LoRA, LoRAConfig
from v2a_core.training.lora_run import LoRARun
from v2a_core.training.samples import Samples

FAMILIES = ("mini", "mmaudio_small_16k", "hunyuan_foley_xl")


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for name, seconds in (("a", 1.0), ("b", 1.2)):
        path = write_video(folder / f"{name}.mp4", seconds=seconds, sound=True)
        path.with_suffix(".txt").write_text("rain on wood\nfootsteps")
    return windows_of(read_folder(folder), SPEC)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, windows, tmp_path_factory):
    """A narrow family, and a group of a batch of its training."""
    family = load_family(request.param, weights="random")
    features = Features(family, windows, tmp_path_factory.mktemp("features"))
    return family, WindowBatches(family, features, 3)(1)


def shaken(network, **config):
    """A LoRA that does something to every layer it is on."""
    lora = LoRA(network, LoRAConfig(rank=3, **config))
    generator = torch.Generator().manual_seed(1)
    for part in lora.parts:
        part.up.data = torch.randn(part.up.shape, generator=generator) * 0.1
    return lora


def velocity(family, group):
    tensors, latent, _ = group
    noise = torch.randn(latent.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return family.network(noise, torch.full((len(noise),), 0.5), **tensors).float()


def test_beside_the_network_and_merged_into_it_are_the_same(model, tmp_path):
    family, batch = model
    lora = shaken(family.network, alpha=6.0)
    path = tmp_path / "lora.safetensors"
    lora.save(path, family.spec.name, {})
    plain = velocity(family, batch[0])
    with lora.on(family.network):
        beside = velocity(family, batch[0])
    assert torch.equal(velocity(family, batch[0]), plain)

    another = load_family(family.spec.name, weights="random")
    merge_lora(another.network, path, 0.0, family.spec.name)
    assert torch.equal(velocity(another, batch[0]), plain)
    merge_lora(another.network, path, 1.0, family.spec.name)
    far = (beside - plain).abs().max()
    assert far > 1e-2
    assert (velocity(another, batch[0]) - beside).abs().max() < 0.02 * far


def test_every_layer_that_counts_learns(model):
    family, batch = model
    family.network.requires_grad_(False)
    lora = LoRA(family.network, LoRAConfig(2))
    with lora.on(family.network):
        tensors, latent, _ = batch[0]
        made = family.network(torch.randn_like(latent), torch.full((len(latent),), 0.5), **tensors)
    made.square().mean().backward()
    still = {name for name, part in zip(lora.names, lora.parts, strict=True) if part.up.grad is None}
    # Published, and never used: behind the last block nobody asks for the picture.
    unused = ("final_layer.adaLN_modulation", "triple_blocks.1.v_cond_") if "hunyuan" in family.spec.name else ()
    assert all(name.startswith(unused) for name in still), still


def test_targets_choose_layers():
    network = load_family("mini", weights="random").network
    assert set(LoRA(network, LoRAConfig(targets=("attention.",))).names) == {
        name for name in matrices(network) if ".attention." in name
    }
    with pytest.raises(InputError, match="holds nothing-such"):
        LoRA(network, LoRAConfig(targets=("nothing-such",)))


def test_features_are_made_once_and_anew_for_a_clip_that_changed(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", seconds=1.0, sound=True)
    path.with_suffix(".txt").write_text("rain")
    family, made = load_family("mini", weights="random"), []
    encode = family.visual.encode
    monkeypatch.setattr(family.visual, "encode", lambda *a: made.append(1) or encode(*a))
    for _ in range(2):
        Features(family, windows_of(read_folder(tmp_path), family.spec), tmp_path / "run")
    assert len(made) == 1
    write_video(path, seconds=1.2, sound=True)
    Features(family, windows_of(read_folder(tmp_path), family.spec), tmp_path / "run")
    assert len(made) == 2


class Cancelled(Exception):
    pass


def test_a_cancelled_run_goes_on_and_its_file_is_used(windows, tmp_path):
    family = load_family("mini", weights="random")
    config = LoRAConfig(2, targets=("blocks.0.",), seed=3)

    def trained(out, stop_at=None, **more):
        def told(stage, done, total):
            if stage == "train" and done == stop_at:
                raise Cancelled

        run = LoRARun("mini", windows, out, config, steps=4, rate=1e-2, batch=1)
        run.open()
        features = run.features(family)
        return run.train(family, family.network, features, "cpu", progress=told, **more)

    with pytest.raises(Cancelled):
        trained(tmp_path / "broken", stop_at=2)
    assert not (tmp_path / "broken/lora.safetensors").exists()
    watch = Samples(family, windows[0], tmp_path / "whole/samples", "cpu")
    watch.settings = watch.settings.for_family(family.spec, steps=1)
    broken, whole = trained(tmp_path / "broken"), trained(tmp_path / "whole", watch=watch, every=2)

    one, other = load_file(broken), load_file(whole)
    assert one.keys() == other.keys() and len(one) > 6
    assert all(torch.equal(one[name], other[name]) for name in one)
    with safe_open(broken, "pt") as file:
        said = file.metadata()
    assert (said["v2a_model"], said["rank"], said["steps"]) == ("mini", "2", "4") and said["captions"]
    assert len((tmp_path / "whole/log.jsonl").read_text().splitlines()) == 4
    samples = {path.name for path in (tmp_path / "whole/samples").iterdir()}
    assert samples == {f"step-{step:06d}.{kind}" for step in (0, 2, 4) for kind in ("wav", "png")}
    assert (tmp_path / "whole/loss.png").stat().st_size > 3000

    with pytest.raises(InputError, match="a run with other rank"):
        LoRARun("mini", windows, tmp_path / "whole", LoRAConfig(3, targets=("blocks.0.",), seed=3), batch=1).open()

    def heard(*loras):
        video = windows[0].source
        made = generate(video, model=load_family("mini", weights="random"), steps=1, loras=loras)
        return made.audio.samples

    plain = heard()
    assert torch.equal(heard((whole, 0.0)), plain)
    assert not torch.equal(heard((whole, 1.0)), plain)


def test_a_file_that_is_for_something_else_is_named(tmp_path):
    family = load_family("mini", weights="random")
    path = tmp_path / "lora.safetensors"
    shaken(family.network).save(path, "mini", {})
    other = load_family("mmaudio_small_16k", weights="random").network
    with pytest.raises(InputError, match="is a LoRA for mini"):
        merge_lora(other, path, 1.0, "mmaudio_small_16k")
    shaken(family.network).save(path, "mmaudio_small_16k", {})
    with pytest.raises(InputError, match="does not fit mmaudio_small_16k"):
        merge_lora(other, path, 1.0, "mmaudio_small_16k")
    with pytest.raises(InputError, match="holds no LoRA"):
        from v2a_core.models.mini.family import SHIPPED

        merge_lora(family.network, SHIPPED, 1.0, "mini")


def test_the_noise_levels_are_those_of_the_family():
    levels = {name: load_family(name, weights="random").spec.noise_levels for name in FAMILIES[:2]}
    assert levels == {"mini": (1.0, 2.0), "mmaudio_small_16k": (0.0, 1.0)}


def test_the_strength_is_what_follows_the_last_colon():
    from v2a_core.generating import lora_strength

    assert [
        (str(path), amount) for path, amount in map(lora_strength, ("a.safetensors", "b:0.5", "C:/x/c", "d:-1"))
    ] == [
        ("a.safetensors", 1.0),
        ("b", 0.5),
        ("C:/x/c", 1.0),
        ("d", -1.0),
    ]
    with pytest.raises(InputError, match="strength of b is nan"):
        lora_strength("b:nan")


def test_a_run_says_what_it_is(windows, tmp_path):
    LoRARun("mini", windows, tmp_path, LoRAConfig(8)).open()
    said = json.loads((tmp_path / "run.json").read_text())
    assert (said["model"], said["rank"], said["alpha"]) == ("mini", 8, 8.0)
