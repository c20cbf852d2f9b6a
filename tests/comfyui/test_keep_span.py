"""Keeping and changing a sound in ComfyUI: masks and denoise, by our sampler and by core's."""

import numpy as np
import pytest
import torch

from v2a_core.sampling.inpaint import span_mask

from .conftest import CLIP, audio_of
from .graphs import distance, full, node, save_latent, with_ksampler
from .server import Refused


def changed(model, *, denoise=1.0, source="keep", **span):
    """The graph of `full` whose samplers, ours and core's "k", begin with the clip's own sound."""
    graph = full(CLIP, model, sampler={"denoise": denoise})
    graph = with_ksampler(graph, denoise=denoise)
    graph["sound"] = node("GetVideoComponents", video=["load", 0])
    graph["known"] = node("V2AEncodeAudio", vae=["model", 2], audio=["sound", 1], seconds=["load", 1])
    graph["keep"] = node("V2AKeepSpan", latent=["known", 0], **{"start": 0.5, "end": 1.0, **span})
    graph["sampler"]["inputs"]["latent"] = graph["k"]["inputs"]["latent_image"] = [source, 0]
    return graph


def test_our_sampler_and_core_s_keep_the_same(model, latent_of):
    graph = changed(model)
    ours, theirs, known = (latent_of({**graph, "save": save_latent(name)}) for name in ("sampler", "k", "known"))
    assert distance(ours, theirs) < 1e-3
    rate = 100
    torch.testing.assert_close(ours[..., : rate // 2], known[..., : rate // 2], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours[..., rate:], known[..., rate:], atol=1e-4, rtol=1e-4)
    assert distance(ours[..., 60:90], known[..., 60:90]) > 0.1


def test_the_other_way_round(model, latent_of):
    graph = changed(model, keep_inside=True)
    ours, known = (latent_of({**graph, "save": save_latent(name)}) for name in ("sampler", "known"))
    torch.testing.assert_close(ours[..., 60:90], known[..., 60:90], atol=1e-4, rtol=1e-4)
    assert distance(ours[..., :40], known[..., :40]) > 0.1


def test_denoise_is_that_of_core_s_sampler(model, latent_of):
    graph = changed(model, denoise=0.5, source="known")
    ours, theirs = (latent_of({**graph, "save": save_latent(name)}) for name in ("sampler", "k"))
    assert distance(ours, theirs) < 1e-3


@pytest.mark.parametrize(("keep_inside", "takes"), [(False, 1), (True, 2)])
def test_what_is_kept_is_the_very_sound_that_was_there(server, model, keep_inside, takes):
    graph = changed(model, keep_inside=keep_inside, audio=["sound", 1])
    graph["batch"] = node("RepeatLatentBatch", samples=["keep", 0], amount=takes)
    graph["sampler"]["inputs"]["latent"] = ["batch", 0]
    for name, source in (("old", ["sound", 1]), ("new", ["decode", 0])):
        graph[name] = node("SaveAudio", audio=source, filename_prefix=f"audio/{name}")
    done = server.run(graph)
    assert done.error is None, done.error
    (old, rate), *_ = [audio_of(path) for path in server.saved(done, "old", "audio")]
    saved = [audio_of(path) for path in server.saved(done, "new", "audio")]
    assert len(saved) == takes
    for new, new_rate in saved:
        assert new_rate == rate and new.shape == (old.shape[0], 2 * rate)
        length = min(old.shape[1], new.shape[1])
        inside = (np.arange(length) > 0.5 * rate) & (np.arange(length) < 1.0 * rate)
        near = sum(abs(np.arange(length) / rate - edge) < 0.021 for edge in (0.5, 1.0)).astype(bool)
        kept = (inside if keep_inside else ~inside) & ~near
        assert np.array_equal(new[:, :length][:, kept], old[:, :length][:, kept])
        assert not np.allclose(new[:, :length][:, ~kept & ~near], old[:, :length][:, ~kept & ~near], atol=0.01)
    assert len({new.tobytes() for new, _ in saved}) == takes


SECONDS = 1.013  # 104 frames of Mini's, which last 1.04 s


@pytest.mark.parametrize("source", ["known", "condition", "older"])
def test_the_frames_of_a_span_are_the_command_line_s(source, model, latent_of):
    graph = changed(model, start=0.2, end=0.5)
    graph["known"]["inputs"]["seconds"] = graph["condition"]["inputs"]["seconds"] = SECONDS
    graph["older"] = node("TestOlderLatent", latent=["known", 0])
    graph["keep"]["inputs"]["latent"] = ["condition", 2] if source == "condition" else [source, 0]
    graph |= {"mask": node("TestMaskOf", latent=["keep", 0]), "save": save_latent("mask")}
    mask = latent_of(graph)
    rate_hz = 104 / SECONDS if source == "older" else 100
    torch.testing.assert_close(mask, span_mask(104, rate_hz, 0.2, 0.5))
    graph["keep"]["inputs"]["end"] = 0.0
    assert latent_of(graph)[..., 30:].eq(1).all()


@pytest.mark.parametrize("span", [{"start": 1.0, "end": 0.5}, {"end": 99.0}, {"start": float("nan")}])
def test_spans_that_are_none(server, model, span):
    graph = {**changed(model, **span), "save": save_latent("keep")}
    try:
        error = server.run(graph).error
    except Refused as refused:
        error = str(refused)
    assert "span" in error or "start" in error
