"""Solvers end where the equation ends, at the order that their names promise."""

import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.sampling.flow import draw_noise, fresh_noise, shifted_sigmas
from v2a_core.sampling.solvers import SOLVERS

ORDERS = {"euler": 1, "heun": 2, "midpoint": 2, "ab2": 2}


def error_of(solver, steps):
    """dx/dsigma = x + sin(4 sigma), whose solution is known, from sigma 1 to 0."""

    def exact(sigma):
        return 3 * sigma.exp() - (4 * (4 * sigma).cos() + (4 * sigma).sin()) / 17

    sigmas = shifted_sigmas(steps, 2.0).double()
    x = exact(torch.ones(1, 1, 1, dtype=torch.double))
    end = solver(lambda x, sigma: x + (4 * sigma).sin(), x, sigmas)
    return (end - exact(torch.zeros((), dtype=torch.double))).abs().item()


@pytest.mark.parametrize("name", ORDERS)
def test_halving_the_steps_shrinks_the_error_by_the_order(name):
    ratio = error_of(SOLVERS[name], 40) / error_of(SOLVERS[name], 80)
    assert ratio == pytest.approx(2 ** ORDERS[name], rel=0.15)


@pytest.mark.parametrize("name", SOLVERS)
def test_straight_flow_is_exact_in_one_step(name):
    noise, data = draw_noise((1, 2, 8), 1), draw_noise((1, 2, 8), 2)
    end = SOLVERS[name](lambda x, sigma: noise - data, noise, shifted_sigmas(1))
    torch.testing.assert_close(end, data, atol=1e-6, rtol=0)


def test_noise_drawn_anew_leaves_a_gaussian_as_wide_as_it_is():
    """Data of deviation 0.5 under its own exact velocity: Euler's method loses a part of the width, this keeps it."""

    def velocity(x, sigma):
        variance = (1 - sigma) ** 2 * 0.25 + sigma**2
        return x * (sigma - (1 - sigma) * 0.25) / variance

    noise, sigmas = draw_noise((1, 1, 200_000), 0), shifted_sigmas(50)
    ended = SOLVERS["euler_ancestral"](velocity, noise, sigmas)
    assert ended.std().item() == pytest.approx(0.5, rel=0.05)
    followed = torch.corrcoef(torch.stack([ended.flatten(), noise.flatten()]))[0, 1]
    assert 0.2 < followed < 0.95  # Euler's own ends at a multiple of what it begins with


def test_noise_drawn_anew_follows_from_what_it_begins_with():
    both = torch.cat([draw_noise((1, 2, 8), seed) for seed in (1, 2)])

    def end(x):
        return SOLVERS["euler_ancestral"](lambda x, sigma: x.sin(), x, shifted_sigmas(4))

    assert torch.equal(end(both), torch.cat([end(both[:1]), end(both[1:])]))
    torch.testing.assert_close(end(both)[..., 3:], end(both[..., 3:]))


def test_fresh_noise_is_gaussian_and_new_at_each_call():
    noise = draw_noise((1, 80, 5000), 0)
    draw = fresh_noise(noise)
    drawn = torch.stack([noise, draw(), draw(), draw()]).flatten(1)
    assert torch.corrcoef(drawn).fill_diagonal_(0).abs().max() < 0.006
    assert drawn.mean(1).abs().max() < 0.006 and (drawn.std(1) - 1).abs().max() < 0.006
    beyond = torch.stack([(drawn > level).float().mean() for level in (-2.0, 0.0, 1.0, 3.0)])
    torch.testing.assert_close(beyond, torch.tensor([0.97725, 0.5, 0.15866, 0.00135]), atol=1e-3, rtol=0)
    # Neighbours have nothing to do with each other, however near their values are.
    near = fresh_noise(torch.linspace(1, 1.01, 10_000))()
    assert torch.corrcoef(torch.stack([near[1:], near[:-1]]))[0, 1].abs() < 0.1


@pytest.mark.parametrize("name", SOLVERS)
def test_callback_hears_of_every_step_and_can_stop(name):
    steps = []

    def stop_at_third(step, x, denoised):
        steps.append(step)
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SOLVERS[name](lambda x, sigma: x, draw_noise((1, 1, 4), 0), shifted_sigmas(5), stop_at_third)
    assert steps == [0, 1, 2]


def test_schedule_runs_from_one_to_zero_and_shift_dwells_on_noise():
    plain, shifted = shifted_sigmas(4), shifted_sigmas(4, 3.0)
    assert plain.tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert (shifted[0], shifted[-1]) == (1, 0)
    assert shifted[2] == pytest.approx(0.75)


@pytest.mark.parametrize(("steps", "shift"), [(0, 1.0), (-3, 1.0), (4, 0.0), (4, float("nan"))])
def test_impossible_schedules_are_named(steps, shift):
    with pytest.raises(InputError, match=r"steps is|shift is"):
        shifted_sigmas(steps, shift)


def test_noise_depends_on_the_seed_alone():
    assert torch.equal(draw_noise((1, 3, 5), 7), draw_noise((1, 3, 5), 7))
    assert not torch.equal(draw_noise((1, 3, 5), 7), draw_noise((1, 3, 5), 8))
