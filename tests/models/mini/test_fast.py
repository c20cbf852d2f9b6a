"""Mini distilled: eight calls of the network, and nearly what the guided one makes of the same noise in fifty."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from videos import write_video

from v2a_core import stages
from v2a_core.errors import InputError
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.models.mini import fast
from v2a_core.pipeline import generate
from v2a_core.settings import Settings
from v2a_core.training.lora import check_trainable


@pytest.fixture(scope="module")
def mini():
    return load_family("mini")


@pytest.fixture(scope="module")
def quick():
    return load_family("mini_fast")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "a.mp4", seconds=3.0)


def made(family, prompt, features, **settings):
    texts = (stages.encode_prompt(family, words) for words in (prompt, ""))
    noise = stages.draw_latent(family.spec, features.duration_s, 3)
    conditions = stages.condition(family, *texts, features)
    return stages.sample(family.network, *conditions, noise, Settings.for_family(family.spec, **settings))


@pytest.mark.parametrize("prompt", ["rain on a roof", "heavy footsteps on gravel"])
def test_it_makes_what_the_guided_network_makes(mini, quick, video, prompt):
    features = stages.encode_video(mini, VideoSource.from_path(video))  # which are good for both
    aim = made(mini, prompt, features)

    def distance(latent):
        return (latent - aim).square().mean().sqrt()

    unguided = made(mini, prompt, features, steps=8, cfg=1.0)
    assert distance(made(quick, prompt, features)) < 0.75 * distance(unguided)


@pytest.mark.parametrize(("options", "batch"), [({}, 1), ({"negative": "rain"}, 2), ({"cfg": 1.5}, 2)])
def test_it_asks_the_network_once_a_step_unless_there_is_something_to_go_away_from(quick, video, options, batch):
    batches = []
    count = quick.network.register_forward_pre_hook(lambda _, inputs: batches.append(len(inputs[0])))
    try:
        generate(video, model=quick, prompt="wood", **options)
    finally:
        count.remove()
    assert batches == [batch] * 2 + [1] * 6  # guided at high noise alone


def test_a_lora_of_it_can_be_chosen(mini, tmp_path):
    state = {name: torch.zeros_like(value) for name, value in load_file(fast.SHIPPED).items()}
    save_file(state, tmp_path / "none.safetensors", {"v2a_model": "mini"})
    bare = load_family("mini_fast", weights={"lora": tmp_path / "none.safetensors"})
    assert bare.spec == fast.SPEC
    assert all(map(torch.equal, bare.network.state_dict().values(), mini.network.state_dict().values()))


def test_its_lora_is_not_put_on_another_mini(tmp_path):
    with pytest.raises(InputError, match=r"not of .*own\.safetensors: choose the model 'mini'"):
        load_family("mini_fast", weights=tmp_path / "own.safetensors")


def test_it_is_not_trained(mini, quick):
    check_trainable(mini.spec)
    with pytest.raises(InputError, match=r"'mini_fast' is distilled .* train a LoRA of 'mini'"):
        check_trainable(quick.spec)
