"""Claims of training in parts and in several processes: every window counts alike, and a kill does not show."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from turning_windows import turning

from activevision.encoders.config import PretrainConfig
from activevision.encoders.pretrain import _backward
from activevision.encoders.processes import Processes
from activevision.encoders.training_model import TrainingModel
from activevision.rollouts.dataset import WindowDataset

PLAIN = PretrainConfig(embedding=8, patterns=3, shift=0, jitter=0.0)
SCRIPT = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import torch; torch.set_num_threads(1)
from pathlib import Path
from turning_windows import turning
from activevision.encoders import pretrain as loop
from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError

out, rank, first = Path(sys.argv[1]), os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
# three batches an epoch, of 11, 11 and 3 windows; of the last one process has two parts and the other one
config = PretrainConfig(objective="byol", settings=("momentum=0.9",), embedding=8, epochs=3, batch_size=11,
                        accumulate=2, checkpoint_every=2, device="cpu")
windows = turning(25, views=2)
if first:
    trained = loop.pretrain(config, windows, out / "whole" / rank)
    torch.save(trained.model.state_dict(), out / f"whole-{{rank}}.pt")
    calls, augment = 0, loop.augment_windows
    def killed(*arguments):
        global calls
        calls += 1
        if calls == 10 and rank == "0":
            os.kill(os.getpid(), signal.SIGKILL)
        return augment(*arguments)
    loop.augment_windows = killed
else:
    (out / f"resumed-{{rank}}").write_text(str(torch.load(out / "killed" / "0" / "checkpoint.pt")["step"]))
# as on two machines: each has a folder of its own, and what was kept is in that of the first
trained = loop.pretrain(config, windows, out / "killed" / rank)
torch.save(trained.model.state_dict(), out / f"killed-{{rank}}.pt")

calls, augment = 0, loop.augment_windows
def blinded(*arguments):
    global calls
    calls += 1
    batch = augment(*arguments)
    return batch._replace(frames=batch.frames * float("nan")) if calls == 5 and rank == "1" else batch
loop.augment_windows = blinded
try:
    loop.pretrain(config, windows, out / "diverged")
except UserError as error:
    (out / f"diverged-{{rank}}").write_text(str(error))

if rank == "0":
    (out / "diverged" / "checkpoint.pt").write_bytes(b"")
try:
    loop.pretrain(config, windows, out / "diverged")
except UserError as error:
    (out / f"damaged-{{rank}}").write_text(str(error))
"""


def gradients(
    config: PretrainConfig, dataset: WindowDataset, items: np.ndarray, processes: int = 1
) -> list[torch.Tensor]:
    """Of the equivariance loss, a mean over windows without batch statistics, averaged over processes."""
    torch.manual_seed(0)
    model = TrainingModel.build(config, dataset).eval()
    for rank in range(processes):
        _backward(config, dataset, model, items, 0, Processes(rank, processes, torch.device("cpu")))
    return [p.grad / processes for p in model.parameters() if p.grad is not None]


@pytest.mark.parametrize(("accumulate", "processes"), [(2, 1), (3, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_parts_and_processes_give_the_gradient_of_the_whole_batch(
    windows: WindowDataset, accumulate: int, processes: int, count: int
) -> None:
    items = np.arange(0, 3 * count, 3)
    whole = gradients(PLAIN, windows, items)
    parts = gradients(replace(PLAIN, accumulate=accumulate), windows, items, processes)
    assert max(g.abs().max() for g in whole) > 1e-3
    for ours, theirs in zip(parts, whole, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_what_a_model_returns_depends_on_no_weight_that_its_loss_leaves_out(windows: WindowDataset) -> None:
    """Else processes would wait for a gradient that never comes, where an objective trains a part of its encoder."""
    outcome = TrainingModel.build(PLAIN, windows)(windows.batch(np.arange(4)))
    assert outcome.loss.requires_grad
    assert not outcome.features.requires_grad


def test_two_processes_under_torchrun_agree_and_go_on_after_a_kill(tmp_path: Path) -> None:
    """torchrun starts both again after one was killed; they end with the weights of a run that was left alone.

    They have no folder in common. Where the gradients of one are not finite, or the first finds damage, both say so.
    """
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=1"]
    # A store of its own for every start, or Gloo may find the addresses of the processes that were killed.
    done = subprocess.run(
        [*command, str(script), str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"},
        capture_output=True,
        text=True,
        timeout=300,  # a busy machine is slow to start four processes
    )
    assert done.returncode == 0, done.stderr[-3000:]
    states = [torch.load(tmp_path / f"{run}-{rank}.pt") for run in ("whole", "killed") for rank in (0, 1)]
    for state in states[1:]:
        assert all(torch.equal(state[name], tensor) for name, tensor in states[0].items())
    assert [(tmp_path / f"resumed-{rank}").read_text() for rank in (0, 1)] == ["4", "4"], "it was killed in step 5"
    assert {path.name for path in (tmp_path / "whole" / "0").iterdir()} >= {"checkpoint.pt", "encoder"}
    for run in ("whole", "killed"):
        assert not (tmp_path / run / "1").exists(), "the second process writes nothing, and needs nothing"
    errors = [(tmp_path / f"diverged-{rank}").read_text() for rank in (0, 1)]
    assert all("step 3 came to a loss of" in error and "after step 2" in error for error in errors), errors
    assert all("is damaged" in (tmp_path / f"damaged-{rank}").read_text() for rank in (0, 1))
    torch.manual_seed(0)
    blank = TrainingModel.build(PretrainConfig(objective="byol", embedding=8), turning(25, views=2)).state_dict()
    trained = [name for name, _ in blank.items() if not torch.equal(blank[name], states[0][name])]
    assert {"objective.encoder.head.weight", "objective.target_encoder.network.head.weight"} <= set(trained)
