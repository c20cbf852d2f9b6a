"""Prompts that change over time: which of them governs which stretch."""

import math
from dataclasses import replace

import pytest
import torch

from v2a_core.models import load_family
from v2a_core.models.base import Conditions, TextFeatures
from v2a_core.models.timed import FADE_S, over_time, span_mask
from v2a_core.prompts.cues import cue_sheet
from v2a_core.settings import Settings
from v2a_core.stages import condition, draw_latent, encode_cues, encode_prompt, sample

DURATION_S = 24.0


@pytest.fixture(scope="module")
def mini():
    return load_family("mini", weights="random")


def texts(*spans):
    return [TextFeatures("mini", torch.zeros(1, 1), "", (span,)) for span in spans]


def test_masks_sum_to_one_and_cross_at_the_border(mini):
    spans = (0.0, 1.0), (1.0, 2.5), (2.5, math.inf)
    masks = torch.stack([span_mask(mini.spec, 4.0, [span]) for span in spans])
    assert torch.allclose(masks.sum(0), torch.ones(400))
    at_s = (torch.arange(400) + 0.5) / mini.spec.latent_rate_hz
    assert masks[0][at_s < 1 - FADE_S / 2].eq(1).all() and masks[0][at_s > 1 + FADE_S / 2].eq(0).all()
    assert masks[0][99:101].sum() == pytest.approx(1) and masks[0][99] == pytest.approx(0.55, abs=0.01)


def test_each_part_has_a_mask_and_what_governs_nothing_is_left_out(mini):
    parts = [Conditions({"text": torch.full((1, 1), float(i))}) for i in range(3)]
    made = over_time(mini.spec, 4.0, texts((0.0, 2.0), (2.0, 5.0), (5.0, math.inf)), parts)
    assert [float(tensors["text"]) for tensors, _ in made.timed("cpu")] == [0.0, 1.0]
    assert over_time(mini.spec, 4.0, [None], parts[:1]) is parts[0]


def parts(conditions):
    """What a prompt's parts say, and when each holds most, in whole seconds."""
    return [
        (tensors["text"][0, 0, :-1], mask.unflatten(0, (-1, 100)).mean(1).round().tolist())
        for tensors, mask in conditions.timed("cpu")
    ]


def test_each_text_governs_its_span(mini):
    made, _ = condition(mini, *encode_cues(mini, cue_sheet("[1-2] rain\nwood")), None, duration_s=4.0)
    (wood, outside), (both, inside) = parts(made)
    assert torch.equal(wood, encode_prompt(mini, "wood").tokens[0]) and outside == [1, 0, 1, 1]
    assert torch.equal(both, encode_prompt(mini, "wood, rain").tokens[0]) and inside == [0, 1, 0, 0]


def refined(mini, prompt):
    sheet = cue_sheet(prompt)
    conditions = condition(mini, *encode_cues(mini, sheet), None, duration_s=DURATION_S)
    noise = draw_latent(mini.spec, DURATION_S, 1)
    # Rescaling the guidance looks at the whole sound, and so carries a cue's level over its border.
    settings = replace(Settings.for_family(mini.spec, 0, steps=1), rescale=0.0)
    return sample(mini.network, *conditions, noise, settings)


def test_a_cue_changes_its_span_and_nothing_else_in_one_step(mini):
    rain, other = refined(mini, "[22-24] rain\nwood"), refined(mini, "[22-24] footsteps\nwood")
    border = round((22 - FADE_S / 2) * mini.spec.latent_rate_hz)
    assert torch.equal(rain[..., :border], other[..., :border])
    assert not torch.allclose(rain[..., 2210:], other[..., 2210:], atol=1e-3)


def test_far_inside_its_span_a_cue_is_the_prompt_alone(mini):
    cued, alone = refined(mini, "[0-23.5] rain"), refined(mini, "rain")
    assert torch.allclose(cued[..., :900], alone[..., :900], atol=1e-5)
    assert not torch.allclose(cued[..., 2350:], alone[..., 2350:], atol=1e-3)


def test_two_cues_that_say_the_same_are_the_prompt_alone(mini):
    conditions = condition(mini, encode_prompt(mini, "rain"), None, None, duration_s=2.0)
    early = span_mask(mini.spec, 2.0, [(0.0, 1.0)])
    split = replace(conditions[0], mask=early, more=(replace(conditions[0], mask=1 - early),))
    noise, settings = draw_latent(mini.spec, 2.0, 1), Settings.for_family(mini.spec, 0, steps=2)
    assert torch.allclose(
        sample(mini.network, *conditions, noise, settings),
        sample(mini.network, split, conditions[1], noise, settings),
        atol=1e-4,
    )


def test_negative_words_of_a_cue_are_in_its_span_of_the_negative_prompt(mini):
    _, negative = condition(mini, *encode_cues(mini, cue_sheet("[1-2] rain -wood")), None, duration_s=3.0)
    (nothing, outside), (wood, inside) = parts(negative)
    assert not nothing.any() and outside == [1, 0, 1]
    assert wood.any() and inside == [0, 1, 0]


def test_spans_shift_with_a_window(mini):
    positive, _ = encode_cues(mini, cue_sheet("[10-11] rain\nwood"))
    made, _ = condition(mini, [text.shifted(9.0) for text in positive], None, None, duration_s=3.0)
    straight, _ = condition(mini, encode_cues(mini, cue_sheet("[1-2] rain\nwood"))[0], None, None, duration_s=3.0)
    assert [when for _, when in parts(made)] == [when for _, when in parts(straight)] == [[1, 0, 1], [0, 1, 0]]


def test_a_prompt_without_times_is_the_prompt_alone(mini):
    sheet = cue_sheet("lo-fi  rain -wood,\n", "footsteps ,")
    positive, negative = encode_cues(mini, sheet)
    assert [text.prompt for text in (*positive, *negative)] == ["lo-fi  rain -wood,\n", "footsteps ,"]
    assert all(text.spans is None for text in (*positive, *negative))
