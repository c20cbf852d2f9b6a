"""Training: an interrupted run goes on as if it had not been, and its average can be read back."""

import json

import pytest
import torch
from torch import nn

from v2a_core.errors import InputError
from v2a_core.training.log import RunLog
from v2a_core.training.plot import plot_log
from v2a_core.training.trainer import TrainConfig, Training, load_average


def module():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.SiLU(), nn.Linear(16, 1))


def batch_of(step):
    x = torch.randn(32, 4, generator=torch.Generator().manual_seed(step))
    return x, x.square().sum(1, keepdim=True)


def run(folder, steps):
    made = module()
    training = Training(made, TrainConfig(folder, steps, rate=3e-2, warmup=5, ema=0.9, log_every=5))
    training.run(batch_of, lambda batch: {"square": (made(batch[0]) - batch[1]).square().mean()})
    return training


def test_loss_falls_and_the_log_tells(tmp_path):
    run(tmp_path, 60)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(5, 61, 5))
    assert rows[-1]["square"] < 0.5 * rows[0]["square"]
    assert plot_log(tmp_path).stat().st_size > 5000


class Killed(Exception):
    pass


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path):
    whole = run(tmp_path / "whole", 60).averaged()

    training = Training(module(), TrainConfig(tmp_path / "broken", 60, rate=3e-2, warmup=5, ema=0.9, max_s=0))
    training.save()
    for _ in range(3):
        made = module()
        config = TrainConfig(tmp_path / "broken", 60, rate=3e-2, warmup=5, ema=0.9, checkpoint_s=0)
        training = Training(made, config)
        stop_at = training.done + 20

        def stop(stage, done, total, stop_at=stop_at):
            if done == stop_at:
                raise Killed

        with pytest.raises(Killed):
            training.run(batch_of, lambda batch, m=made: {"square": (m(batch[0]) - batch[1]).square().mean()}, stop)
    broken = load_average(module(), tmp_path / "broken")
    for a, b in zip(whole.parameters(), broken.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_the_log_of_a_killed_run_goes_on_from_its_checkpoint(tmp_path):
    whole = run(tmp_path / "whole", 20)
    run(tmp_path / "killed", 8)
    log = RunLog(tmp_path / "killed")
    # Killed at step 13, five after its last checkpoint, while a row was written.
    log.add({"step": 10, "seconds": 9.0, "rate": 1.0, "square": 99.0})
    with open(log.path, "a") as file:
        file.write('{"step": 15, "sec')
    run(tmp_path / "killed", 20)
    rows, unbroken = log.rows(), whole.log.rows()
    assert [row["step"] for row in rows] == [row["step"] for row in unbroken]
    # The first row after the checkpoint is the mean of the two steps that were taken since, not a fifth of their sum.
    assert 0.6 < rows[1]["square"] / unbroken[1]["square"] < 1.6


def test_a_batch_that_is_not_finite_changes_nothing(tmp_path):
    made = module()
    before = [p.clone() for p in made.parameters()]
    training = Training(made, TrainConfig(tmp_path, 3))
    training.run(batch_of, lambda batch: {"square": made(batch[0]).mean() * float("nan")})
    assert all(torch.equal(a, b) for a, b in zip(before, made.parameters(), strict=True))


def test_another_modules_run_is_named(tmp_path):
    run(tmp_path, 5)
    with pytest.raises(InputError, match="holds no run of a Linear"):
        load_average(nn.Linear(3, 3), tmp_path)
    larger = nn.Sequential(nn.Linear(4, 32), nn.SiLU(), nn.Linear(32, 1))
    with pytest.raises(InputError, match="holds no run of a Sequential"):
        load_average(larger, tmp_path)
