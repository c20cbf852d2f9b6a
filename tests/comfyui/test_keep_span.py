"""Keeping and changing a sound in ComfyUI: masks and denoise, by our sampler and by core's."""

import pytest
import torch

from .conftest import CLIP
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


@pytest.mark.parametrize("span", [{"start": 1.0, "end": 0.5}, {"end": 99.0}, {"start": float("nan")}])
def test_spans_that_are_none(server, model, span):
    graph = {**changed(model, **span), "save": save_latent("keep")}
    try:
        error = server.run(graph).error
    except Refused as refused:
        error = str(refused)
    assert "span" in error or "start" in error
