"""Two processes train as one would on both their batches, and only the first writes."""

import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from v2a_core.training.trainer import CHECKPOINT, TrainConfig, Training

STEPS = 6
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_crew import STEPS, batch_of, module, settings
from v2a_core.training.trainer import Training
made = module()
training = Training(made, settings(Path(sys.argv[2])))
training.run(batch_of, lambda batch: {"square": (made(batch[0]) - batch[1]).square().mean()})
Path(sys.argv[2], f"drawn-{training.crew.rank}").touch()
"""


def module():
    torch.manual_seed(0)
    return nn.Linear(4, 2)


def settings(out):
    return TrainConfig(out, STEPS, rate=1e-2, warmup=1, log_every=2)


def batch_of(number):
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(number))
    return x, x[:, :2] * 3


def test_two_processes_are_one_with_both_batches(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(script)]
    done = subprocess.run(
        [*launch, str(Path(__file__).parent), str(tmp_path / "two")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert {path.name for path in (tmp_path / "two").iterdir()} == {CHECKPOINT, "log.jsonl", "drawn-0", "drawn-1"}
    assert len((tmp_path / "two/log.jsonl").read_text().splitlines()) == STEPS // 2

    def both(step):
        pairs = zip(batch_of(2 * step), batch_of(2 * step + 1), strict=True)
        return tuple(torch.cat(pair) for pair in pairs)

    made = module()
    training = Training(made, settings(tmp_path / "one"))
    training.run(both, lambda batch: {"square": (made(batch[0]) - batch[1]).square().mean()})
    two = load_file(tmp_path / "two" / CHECKPOINT)
    for name, parameter in made.named_parameters():
        torch.testing.assert_close(two[f"module.{name}"], parameter.detach())
