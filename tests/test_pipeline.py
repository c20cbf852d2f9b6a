"""The whole job in the library: lengths, seeds, guidance, provenance, cancel."""

import math
from dataclasses import replace

import av
import pytest
import torch
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.media.video import VideoSource
from v2a_core.pipeline import generate
from v2a_core.prompts.transcript import Line, Transcript
from v2a_core.settings import Settings, take_seeds
from v2a_core.stages import condition, decode, draw_latent, encode_image, encode_prompt, encode_video, sample


def made(mini, video, output=None, **options):
    return generate(video, output, model=mini, **{"steps": 2, **options})


def test_audio_is_exactly_as_long_as_the_video(mini, clip):
    assert made(mini, clip).audio.samples.shape == (1, 2 * 24000)


@pytest.mark.parametrize(("seconds", "fps"), [(0.2, 10), (1.04, 25), (1.5, 12), (3.1, 30)])
def test_audio_is_exactly_as_long_at_any_rate(mini, tmp_path, seconds, fps):
    video = write_video(tmp_path / "clip.mp4", seconds=seconds, fps=fps)
    frames = round(seconds * fps)
    assert made(mini, video).audio.samples.shape[1] == round(frames / fps * 24000)


def test_the_same_seed_is_the_same_sound(mini, clip):
    first, again, other = (made(mini, clip, seed=seed, prompt="rain").audio.samples for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_one_who_speaks_says_the_lines_and_another_has_them_in_the_prompt(mini, clip):
    said = Transcript((Line(0.5, 1.5, "Hello there."),))
    plain = made(mini, clip, prompt="rain").audio.samples
    spoken = made(mini, clip, prompt="rain", transcript=said).audio.samples
    assert not torch.equal(plain, spoken)
    captioned = made(mini, clip, prompt='rain\n[0.5-1.5] a voice says: "Hello there."').audio.samples
    assert not torch.equal(spoken, captioned)
    mute = replace(mini, spec=replace(mini.spec, speaks=False))
    assert torch.equal(captioned, made(mute, clip, prompt="rain", transcript=said).audio.samples)
    with pytest.raises(InputError, match="reaches beyond the end"):
        made(mini, clip, transcript=Transcript((Line(0.5, 9.0, "Hello."),)))


def test_prompt_negative_and_picture_all_matter(mini, clip, tmp_path):
    plain = made(mini, clip, prompt="rain").audio.samples
    assert not torch.equal(plain, made(mini, clip, prompt="wood").audio.samples)
    assert not torch.equal(plain, made(mini, clip, prompt="rain", negative="wood").audio.samples)
    still = write_video(tmp_path / "still.mp4", width=8)
    assert not torch.equal(plain, made(mini, still, prompt="rain").audio.samples)


def test_mini_has_no_negative_prompt_of_its_own(mini, clip):
    plain, none = (made(mini, clip, prompt="rain", **option).audio.samples for option in ({}, {"negative": ""}))
    assert torch.equal(plain, none)


def test_words_that_the_model_does_not_know_are_told_once(mini, clip, caplog):
    for prompt in ("", " ", "rain", "rain, 雨"):
        made(mini, clip, prompt=prompt)
    assert caplog.messages == []
    made(mini, clip, prompt="rain\n[0-0.5] 雨 -rain\n[1-1.5] 風 -rain")
    assert caplog.messages == []
    made(mini, clip, prompt="[0-0.5] 雨\n[1-1.5] 風")
    told = "The prompt '雨' holds no word that the model 'mini' knows: write it in English."
    assert caplog.messages == [told]


def test_frames_and_file_are_equals(mini):
    frames = torch.zeros(50, 64, 64, 3, dtype=torch.uint8)
    frames[20:] = 255
    source = VideoSource.from_frames(frames, 25)
    assert made(mini, source).audio.samples.shape == (1, 48000)


def test_the_file_says_what_made_it(mini, clip, tmp_path):
    result = made(mini, clip, tmp_path / "out.mkv", prompt="rain on wood", seed=11)
    assert result.path == tmp_path / "out.mkv"
    with av.open(str(result.path)) as container:
        text = str(container.metadata)
    for said in ("AI-generated audio", "mini", "11", "rain on wood"):
        assert said in text


def test_seconds_of_each_stage(mini, clip, tmp_path):
    stages = ["load", "encode", "prompt", "sample", "decode"]
    assert list(made(mini, clip).seconds) == stages
    assert list(made(mini, clip, tmp_path / "out.mp4").seconds) == [*stages, "mux"]


def test_takes_of_one_run_are_those_of_their_seeds(mini, clip, tmp_path):
    told = []
    result = made(
        *(mini, clip, tmp_path / "out.mp4"), prompt="rain", seed=5, takes=4, progress=lambda *step: told.append(step)
    )
    assert [path.name for path in result.paths] == [f"out-{seed}.mp4" for seed in (5, 6, 7, 8)]
    assert sorted(result.paths) == sorted(tmp_path.iterdir())
    assert sum(stage == "read frames" and done == total for stage, done, total in told) == 1
    for seed, take, path in zip((5, 6, 7, 8), result.takes, result.paths, strict=True):
        alone = made(mini, clip, prompt="rain", seed=seed).audio
        torch.testing.assert_close(take.samples, alone.samples, atol=1e-4, rtol=0)
        with av.open(str(path)) as container:
            assert container.metadata["v2a_seed"] == str(seed)
    assert result.audio is result.takes[0]


def test_a_seed_of_a_take_begins_again_after_the_highest():
    assert take_seeds(2**64 - 1, 2) == [2**64 - 1, 0]


def test_guidance_within_an_interval_is_another_sound(mini, clip):
    always, never, plain = (
        made(mini, clip, prompt="rain", **options).audio.samples
        for options in ({}, {"interval": (0.0, 0.0)}, {"cfg": 1.0})
    )
    assert torch.equal(never, plain)
    assert not torch.equal(always, never)


def test_one_picture_is_no_video_to_mini(mini):
    with pytest.raises(InputError, match="'mini' can't make a soundtrack for one picture"):
        encode_image(mini, torch.zeros(8, 8, 3))


def test_progress_ends_at_the_whole(mini, clip, tmp_path):
    told = []
    made(mini, clip, tmp_path / "out.mp4", progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "sample"] == [("sample", 1, 2), ("sample", 2, 2)]
    assert {stage for stage, _, _ in told} == {"read frames", "sample", "write video"}


def test_a_callback_that_raises_cancels(mini, clip, tmp_path):
    def cancel(stage, done, total):
        raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        made(mini, clip, tmp_path / "out.mp4", progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_stages_one_by_one_are_the_whole(mini, clip):
    whole = made(mini, clip, prompt="rain", seed=3).audio.samples
    features = encode_video(mini, VideoSource.from_path(clip))
    positive, negative = condition(mini, encode_prompt(mini, "rain"), encode_prompt(mini, ""), features)
    settings = Settings.for_family(mini.spec, 3, steps=2)
    latent = sample(mini.network, positive, negative, draw_latent(mini.spec, features.duration_s, 3), settings)
    assert latent.shape == (1, 80, 200)
    assert torch.equal(decode(mini, latent, features.duration_s).samples, whole)


def test_without_video_a_duration_is_needed(mini):
    text = encode_prompt(mini, "rain")
    with pytest.raises(InputError, match="give the seconds"):
        condition(mini, text, None, None)
    positive, _ = condition(mini, text, None, None, duration_s=1.5)
    assert all(tensor.shape[1] == 38 for tensor in positive.tensors().values())


@pytest.mark.parametrize("duration_s", [0, -1, math.nan, math.inf, 61])
def test_bad_durations(mini, duration_s):
    with pytest.raises(InputError, match="the duration lasts"):
        condition(mini, None, None, None, duration_s=duration_s)


def test_a_file_that_cannot_hold_the_video_is_told_before_the_video_is_watched(mini, clip, tmp_path):
    told = []
    with pytest.raises(InputError, match="cannot hold h264 video"):
        made(mini, clip, tmp_path / "out.webm", progress=lambda *step: told.append(step))
    assert not told


def test_output_that_is_not_finite_is_an_error(mini):
    with pytest.raises(InputError, match="not finite"):
        decode(mini, torch.full((1, 80, 8), torch.nan), 0.08)


@pytest.mark.parametrize(
    ("frames", "fps", "told"),
    [
        (torch.full((4, 8, 8, 3), torch.nan), 25, "NaN"),
        (torch.zeros(4, 8, 8, 3), 0, "fps"),
        (torch.zeros(4, 8, 8, 3), math.nan, "fps"),
        (torch.zeros(0, 8, 8, 3), 25, "frame"),
        (torch.zeros(8, 8, 3), 25, r"\[8, 8, 3\]|\(8, 8, 3\)"),
    ],
)
def test_bad_frames(mini, frames, fps, told):
    with pytest.raises(InputError, match=f"(?i){told}"):
        made(mini, VideoSource.from_frames(frames, fps))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"prompt": None}, "NoneType, not text"),
        ({"seed": 1.0}, "seed is 1.0"),
        ({"seed": True}, "seed is True"),
        ({"takes": 0}, "takes is 0: give a whole number from 1 to 64"),
        ({"interval": (0.7, 0.2)}, "interval is 0.7 to 0.2"),
        ({"steps": "many"}, "steps is 'many'"),
        ({"cfg": "high"}, "cfg is 'high'"),
        ({"start_s": math.nan}, "nan"),
    ],
)
def test_bad_arguments(mini, clip, options, told):
    with pytest.raises(InputError, match=told):
        made(mini, clip, **options)


def test_cfg_alone_steers_the_picture_too(mini):
    assert Settings.for_family(mini.spec, cfg=4.0).video_scale == 4.0
    assert Settings.for_family(mini.spec, cfg=4.0, video_cfg=1.0).video_scale == 1.0
    assert Settings.for_family(mini.spec, video_cfg=1.0).text_scale == mini.spec.text_scale


def test_what_a_mask_hides_is_not_seen(mini):
    left, right = (torch.zeros(20, 64, 64, 3) for _ in range(2))
    left[10:, :, :32], right[10:, :, 32:] = 1, 1
    mask = torch.zeros(1, 64, 64)
    mask[..., 32:] = 1
    plain, hidden, kept = (
        encode_video(mini, VideoSource.from_frames(frames, 25), mask=mask).tensors["sync"]
        for frames in (torch.zeros(20, 64, 64, 3), left, right)
    )
    assert torch.equal(plain, hidden)
    assert not torch.equal(plain, kept)
