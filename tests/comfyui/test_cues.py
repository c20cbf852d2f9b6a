"""Cue sheets, transcripts and guidance apart in ComfyUI: its own samplers and V2A Sampler agree with the library."""

import pytest
import torch

from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.prompts.subtitles import parse_transcript
from v2a_core.sampling.guidance import When
from v2a_core.settings import Settings
from v2a_core.stages import encode_video

from .conftest import CLIP
from .graphs import NEGATIVE, POSITIVE, distance, full, node, save_latent, with_custom_sampler, with_ksampler
from .library import library_latent

SHEET = "[0-1] rain -wood\n[1.0s] footsteps on wood"
LINE = "ANNA [0.5-1.5]: Hello."
CAPTION = '[0.5-1.5] anna says: "Hello."'
STEPS, CFG, SEED = 5, 2.5, 7
SETTINGS = {"steps": STEPS, "cfg": CFG, "seed": SEED}
SCHEDULES = {"text_start": 0.0, "text_end": 1.0, "text_ramp": "rising", "negative_strength": 1.5} | {
    f"{kind}_{part}": value
    for kind in ("video", "negative")
    for part, value in {"start": 0.0, "end": 0.5, "ramp": "constant"}.items()
}


def graph(model, **changes):
    return full(CLIP, model, sampler=SETTINGS, **{"prompt": {"prompt": SHEET}, **changes})


def with_guider(made, **inputs):
    made = with_custom_sampler(made)
    chosen = {"cfg": CFG, "video_cfg": -1.0, **inputs}
    made["guider"] = node("V2AGuider", model=["model", 0], positive=POSITIVE, negative=NEGATIVE, **chosen)
    return {**made, "save": save_latent("k")}


@pytest.fixture(scope="module")
def family(model, server):
    return load_family("mini", weights=None if model == "mini" else server.base / "models/v2a" / model)


def test_cues_are_those_of_the_library_through_every_sampler(latent_of, model, family, server):
    seen = encode_video(family, VideoSource.from_path(server.base / "input" / CLIP))
    settings = Settings(SEED, STEPS, CFG, CFG, "euler", family.spec.shift, rescale=family.spec.rescale)
    expected = library_latent(family, (SHEET, "footsteps"), seen, seen.duration_s, settings)
    ours = latent_of({**graph(model), "save": save_latent("sampler")})
    assert distance(ours, expected) < 1e-4
    assert distance(ours, latent_of({**with_ksampler(graph(model)), "save": save_latent("k")})) < 1e-4
    assert distance(ours, latent_of({**full(CLIP, model, sampler=SETTINGS), "save": save_latent("sampler")})) > 1e-3


@pytest.mark.parametrize("schedules", [None, SCHEDULES])
@pytest.mark.parametrize("video_cfg", [-1.0, 4.0])
def test_the_guider_is_the_sampler(latent_of, model, schedules, video_cfg):
    more = {} if schedules is None else {"schedules": node("V2AGuidance", **schedules)}
    socket = {"guidance": ["schedules", 0]} if more else {}
    ours = {**graph(model), **more, "save": save_latent("sampler")}
    ours["sampler"]["inputs"] |= {"video_cfg": video_cfg, **socket}
    theirs = with_guider({**graph(model), **more}, video_cfg=video_cfg, **socket)
    assert distance(latent_of(ours), latent_of(theirs)) < 1e-4


def test_schedules_are_those_of_the_library(latent_of, model, family):
    shift = family.spec.shift
    late = When((shift * 0.5 / (1 + (shift - 1) * 0.5), 1.0))
    schedules = 1.5, When(ramp="rising"), late, late
    settings = Settings(SEED, STEPS, CFG, 4.0, "euler", shift, *schedules, family.spec.rescale)
    expected = library_latent(family, ("rain on wood", "footsteps"), None, 2.0, settings)
    made = full(CLIP, model, sampler={**SETTINGS, "video_cfg": 4.0, "guidance": ["schedules", 0]})
    made["condition"]["inputs"]["seconds"] = 2.0
    del made["condition"]["inputs"]["features"]
    made |= {"schedules": node("V2AGuidance", **SCHEDULES), "save": save_latent("sampler")}
    assert distance(latent_of(made), expected) < 1e-4


def told(model, prompt="rain"):
    """A graph whose transcript is one line, up to the sampler's latent."""
    made = graph(model, prompt={"prompt": prompt}, condition={"transcript": ["told", 0]})
    return made | {"told": node("V2ATranscript", text=LINE, seconds=0.0), "save": save_latent("sampler")}


def test_a_transcript_is_spoken_as_the_library_speaks_it(latent_of, model, family, server):
    seen = encode_video(family, VideoSource.from_path(server.base / "input" / CLIP))
    settings = Settings(SEED, STEPS, CFG, CFG, "euler", family.spec.shift, rescale=family.spec.rescale)
    said = library_latent(
        family, ("rain", "footsteps"), seen, seen.duration_s, settings, parse_transcript(LINE, "the line")
    )
    assert distance(latent_of(told(model)), said) < 1e-4
    captioned = {**graph(model, prompt={"prompt": f"rain\n{CAPTION}"}), "save": save_latent("sampler")}
    assert distance(latent_of(captioned), said) > 1e-2


def test_a_transcript_is_captions_where_the_model_cannot_speak_and_the_graph_says_so(latent_of, mmaudio, server):
    name = "mmaudio_small_16k"
    captioned = {**graph(name, prompt={"prompt": f"rain\n{CAPTION}"}), "save": save_latent("sampler")}
    assert torch.equal(latent_of(told(name)), latent_of(captioned))
    again = server.run(told(name, prompt="soft rain"))  # what ran before is not said again
    assert again.outputs["condition"]["text"] == [
        f"{name} can't speak: the transcript's lines are captions of the prompt."
    ]


@pytest.mark.parametrize("text", ["[0-9] rain", "[7] rain"])
def test_a_cue_beyond_the_end_is_named(server, model, text):
    made = {**graph(model, prompt={"prompt": text}), "save": save_latent("sampler")}
    assert "reaches beyond the end of the video" in server.run(made).error


def test_a_prompt_that_the_model_does_not_know_is_logged(server, model):
    logged = len(server.log.read_text())
    made = graph(model, prompt={"prompt": "雨が降る"})
    done = server.run({**made, "save": save_latent("sampler")})
    assert done.error is None, done.error
    told = "The prompt '雨が降る' holds no word that the model 'mini' knows: write it in English."
    assert server.log.read_text()[logged:].count(told) == 1
