"""The one pretraining loop."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.tensorboard import SummaryWriter

from activevision.encoders.augmentation import augment_windows
from activevision.encoders.backbones import Encoder
from activevision.encoders.checkpoint import load_encoder, save_encoder
from activevision.encoders.collapse import rank_me, spread, watched
from activevision.encoders.config import PretrainConfig
from activevision.encoders.divergence import check_motions, diverged, is_finite
from activevision.encoders.layout import writer
from activevision.encoders.objectives.objective import Objective, Outcome
from activevision.encoders.processes import Processes, joined
from activevision.encoders.training_model import TrainingModel
from activevision.encoders.training_state import read_state, restore, save_state
from activevision.errors import UserError
from activevision.files import as_json, read_object, write_json
from activevision.progress import progress
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Rows
from activevision.version import __version__

_SETTINGS, _CHECKPOINT, _ENCODER = "pretrain.json", "checkpoint.pt", "encoder"
_LOG_EVERY = 20


@dataclass(frozen=True)
class Pretrained:
    """What a run gives. model: the trained objective, and what labels added. path: folder for ``load_encoder``.

    images_per_second: throughput of this call's training, augmentation included; 0 when all of it was done before.
    """

    model: TrainingModel
    path: Path
    images_per_second: float

    @property
    def objective(self) -> Objective:
        return self.model.objective

    @property
    def encoder(self) -> Encoder:
        return self.model.objective.encoder


def pretrain(config: PretrainConfig, dataset: WindowDataset, out: Path) -> Pretrained:
    """Train an encoder on windows and write it to ``out / "encoder"``; go on where an earlier call was stopped.

    Every random draw is a function of the seed and the step, so on the same machine a run that was interrupted, by
    Ctrl-C or by force, ends with the weights of one that was not. ``out`` also gets ``pretrain.json`` (the settings),
    ``checkpoint.pt`` and TensorBoard events. Under ``torchrun`` all processes train together, each on its part of every
    batch; the first alone reads and writes ``out``, so that they need no disk in common.

    Raises UserError when ``out`` holds a run with other settings or data, or a damaged checkpoint, when the data lacks
    what the objective needs, and, before the weights are changed, when a loss or its gradients are not finite.
    """
    check_motions(dataset)
    processes = joined(config.device)
    with torch.random.fork_rng():
        processes.from_first(lambda: check_run(config, dataset, out))
        torch.manual_seed(config.seed)
        model = TrainingModel.build(config, dataset).to(processes.device)
        if processes.writes:  # data that lack what the objective needs have been told of
            write_json(out / _SETTINGS, _settings(config, dataset))
        optimiser = torch.optim.AdamW(
            _parameter_groups(model, config.weight_decay), lr=config.learning_rate, fused=True
        )
        state = processes.from_first(lambda: read_state(out / _CHECKPOINT))
        step = restore(out / _CHECKPOINT, state, model, optimiser)
        rate = _train(config, dataset, out, model, optimiser, step, processes)
        processes.share(model)
        model = model.cpu().eval()
        if processes.writes and not _is_saved(out / _ENCODER):
            data = asdict(dataset.source) if dataset.source else {}
            save_encoder(out / _ENCODER, model.objective.encoder, {"settings": asdict(config), "data": data})
        processes.wait()
    return Pretrained(model, out / _ENCODER, rate)


def _train(
    config: PretrainConfig,
    dataset: WindowDataset,
    out: Path,
    model: TrainingModel,
    optimiser: torch.optim.Optimizer,
    step: int,
    processes: Processes,
) -> float:
    """Train from ``step`` to the end and return images per second, over all processes."""
    per_epoch = math.ceil(len(dataset) / config.batch_size)
    total = max(1, round(config.epochs * per_epoch)) if model.learns else 0
    if step == total:
        return 0.0
    model.train()
    together: nn.Module = model
    if processes.count > 1:
        together = DistributedDataParallel(model, find_unused_parameters=True)
    images, kept, started = 0, step, time.perf_counter()
    with (
        _written(out, step, model.objective.encoder, processes) as write,
        _shown(config, dataset, processes) as advance,
        _deferred_interrupt() as interrupted,
    ):
        advance((step // per_epoch * len(dataset) + step % per_epoch * config.batch_size) * dataset.length)
        for items in _batches(config, dataset, step, total, per_epoch):
            for group in optimiser.param_groups:
                group["lr"] = config.learning_rate * _schedule(step, total)
            optimiser.zero_grad()
            outcome = _backward(config, dataset, together, items, step, processes)
            if not processes.agree(is_finite(outcome.loss, model)):
                raise diverged(dataset, items, step + 1, outcome.loss, (out / _CHECKPOINT, kept))
            optimiser.step()
            step += 1
            model.objective.after_step(step / total)
            images += len(items) * dataset.length
            advance(len(items) * dataset.length)
            if step % _LOG_EVERY == 0 or step == total:
                write(outcome, step)
            if step % config.checkpoint_every == 0 or step == total or interrupted():
                if processes.writes:
                    save_state(out / _CHECKPOINT, model, optimiser, step)
                kept = step
            if interrupted() and processes.writes:  # the others, whose signal may come a step earlier, end with it
                raise KeyboardInterrupt
    return images / (time.perf_counter() - started)


def _backward(
    config: PretrainConfig, dataset: WindowDataset, model: nn.Module, items: Rows, step: int, processes: Processes
) -> Outcome:
    """Add the gradients of one batch, this process's part of it in ``config.accumulate`` parts; what the last said.

    Every window counts alike: the mean of the gradients over processes is that of the mean loss over ``items``, for
    losses that are a mean over windows.
    """
    own = items[processes.rank :: processes.count]
    idle = not len(own)
    if idle:  # fewer windows than processes: all must take part in the exchange of gradients
        own = items[:1]
    parts = [part for part in np.array_split(own, config.accumulate) if len(part)]
    outcome: Outcome | None = None
    for number, part in enumerate(parts):
        generator = np.random.default_rng(
            [config.seed, 1, step, *([processes.rank, number] if len(parts) * processes.count > 1 else [])]
        )
        torch.manual_seed(int(generator.integers(2**63)))  # for objectives that draw for themselves
        batch = augment_windows(dataset.batch(part).to(processes.device), config.shift, config.jitter, generator)
        # Gradients are exchanged once a step, with the last part: processes may have different numbers of parts.
        last = number == len(parts) - 1
        with contextlib.nullcontext() if last or not isinstance(model, DistributedDataParallel) else model.no_sync():
            # half the bytes where the hardware computes with them as well; on CPUs it is slower
            with torch.autocast("cuda", torch.bfloat16, enabled=processes.device.type == "cuda"):
                outcome = model(batch)
            (outcome.loss * (0 if idle else len(part) * processes.count / len(items))).backward()
    assert outcome is not None
    return outcome


def _batches(config: PretrainConfig, dataset: WindowDataset, step: int, total: int, per_epoch: int) -> Iterator[Rows]:
    """Windows of the batches of steps ``step`` to ``total`` − 1; each epoch has its own order."""
    while step < total:
        order = np.random.default_rng([config.seed, 0, step // per_epoch]).permutation(len(dataset))
        for position in range(step % per_epoch, min(per_epoch, step % per_epoch + total - step)):
            yield order[position * config.batch_size : (position + 1) * config.batch_size]
            step += 1


def _schedule(step: int, total: int) -> float:
    """Factor of the learning rate: linear warm-up over the first twentieth, then cosine to 0."""
    warmup = max(1, total // 20)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def _parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    # Convolutions have 4 dimensions and linear layers 2. Decay towards 0 means nothing to a bias, a normalisation or a
    # stack of maps that starts at the identity.
    decayed = [p for p in module.parameters() if p.ndim in (2, 4)]
    others = [p for p in module.parameters() if p.ndim not in (2, 4)]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


@contextlib.contextmanager
def _written(out: Path, step: int, encoder: Encoder, processes: Processes) -> Iterator[Callable[[Outcome, int], None]]:
    """Yields what writes an outcome into the TensorBoard events of ``out``, with alarms of collapse: the rank of the
    features, and the spread of what they are before they are normalised."""
    if not processes.writes:
        yield lambda outcome, step: None
        return
    with SummaryWriter(str(out), purge_step=step) as writer, watched(encoder) as latest:

        def write(outcome: Outcome, step: int) -> None:
            features = outcome.features.detach().float().flatten(0, 1).cpu().numpy()
            alarms = {"rank_me": rank_me(features), "spread": spread(latest())}
            metrics = {name: float(value) for name, value in outcome.metrics.items()}
            for name, value in {"loss": float(outcome.loss.detach()), **metrics, **alarms}.items():
                writer.add_scalar(f"pretrain/{name}", value, step)

        yield write


@contextlib.contextmanager
def _shown(config: PretrainConfig, dataset: WindowDataset, processes: Processes) -> Iterator[Callable[[int], None]]:
    if not processes.writes:
        yield lambda images: None
        return
    images = round(config.epochs * len(dataset) * dataset.length)
    with progress(f"Pretraining ({config.objective})", images, "images") as advance:
        yield advance


def _settings(config: PretrainConfig, dataset: WindowDataset) -> dict[str, Any]:
    return {"version": __version__, "config": as_json(asdict(config)), "data": dataset.key}


def check_run(config: PretrainConfig, dataset: WindowDataset, out: Path) -> None:
    """UserError where ``out`` holds a run with other settings or data, or of a version that has other settings."""
    if not (out / _SETTINGS).exists():
        return
    found, settings = read_object(out / _SETTINGS), _settings(config, dataset)
    theirs, ours = ({**run.get("config", {}), "data": run.get("data")} for run in (found, settings))
    if lacking := sorted(theirs.keys() ^ ours.keys()):
        raise UserError(
            f"{out} holds a pretraining run of {writer(found)}, whose settings are not those of this version "
            f"({', '.join(lacking)}): go on with the version that began it, choose another --out, or delete it."
        )
    if names := sorted(name for name in ours if ours[name] != theirs[name]):
        raise UserError(
            f"{out} holds a pretraining run with other settings ({', '.join(names)}): choose another --out, or "
            "delete it."
        )


def _is_saved(path: Path) -> bool:
    try:
        load_encoder(path)
    except UserError:
        return False
    return True


@contextlib.contextmanager
def _deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back while a step runs, since half a step is no state to go on from; a second one comes through.

    Yields a function that tells whether Ctrl-C was pressed. Outside the main thread signals cannot be held back.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(number: int, frame: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
