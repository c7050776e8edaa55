"""The one pretraining loop."""

from __future__ import annotations

import contextlib
import io
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
from torch.utils.tensorboard import SummaryWriter

from activevision.encoders.augmentation import augment
from activevision.encoders.backbones import Encoder, build_backbone
from activevision.encoders.checkpoint import load_encoder, save_encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objective import build_objective
from activevision.errors import UserError
from activevision.files import atomic_write, read_json, write_json
from activevision.progress import progress
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch

_SETTINGS, _CHECKPOINT, _ENCODER = "pretrain.json", "checkpoint.pt", "encoder"
_LOG_EVERY = 20


@dataclass(frozen=True)
class Pretrained:
    """What a run gives. objective: the trained module, whose ``encoder`` it is. path: folder for ``load_encoder``.

    images_per_second: throughput of this call's training, augmentation included; 0 when all of it was done before.
    """

    encoder: Encoder
    objective: nn.Module
    path: Path
    images_per_second: float


def pretrain(config: PretrainConfig, dataset: WindowDataset, out: Path) -> Pretrained:
    """Train an encoder on windows and write it to ``out / "encoder"``; go on where an earlier call was stopped.

    Every random draw is a function of the seed and the step, so on the same machine a run that was interrupted, by
    Ctrl-C or by force, ends with the weights of one that was not. ``out`` also gets ``pretrain.json`` (the settings),
    ``checkpoint.pt`` and TensorBoard events.

    Raises UserError when ``out`` holds a run with other settings or data, or a damaged checkpoint.
    """
    _check_settings(config, dataset, out)
    device = _device(config.device)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        encoder = build_backbone(config.backbone, config.embedding)
        objective: Any = build_objective(config, encoder, dataset).to(device)
        optimiser = torch.optim.AdamW(
            _parameter_groups(objective, config.weight_decay), lr=config.learning_rate, fused=True
        )
        step = _restore(out / _CHECKPOINT, objective, optimiser)
        rate = _train(config, dataset, out, objective, optimiser, step, device)
    if not _is_saved(out / _ENCODER):
        data = asdict(dataset.source) if dataset.source else {}
        save_encoder(out / _ENCODER, encoder, {"settings": asdict(config), "data": data})
    return Pretrained(encoder.cpu().eval(), objective.cpu().eval(), out / _ENCODER, rate)


def _train(
    config: PretrainConfig,
    dataset: WindowDataset,
    out: Path,
    objective: Any,
    optimiser: torch.optim.Optimizer,
    step: int,
    device: torch.device,
) -> float:
    """Train from ``step`` to the end and return images per second."""
    per_epoch = math.ceil(len(dataset) / config.batch_size)
    total = config.epochs * per_epoch
    if step == total:
        return 0.0
    objective.train()
    images, started = 0, time.perf_counter()
    with (
        SummaryWriter(str(out), purge_step=step) as writer,
        progress(
            f"Pretraining ({config.objective})", config.epochs * len(dataset) * dataset.length, "images"
        ) as advance,
        _deferred_interrupt() as interrupted,
    ):
        advance((step // per_epoch * len(dataset) + step % per_epoch * config.batch_size) * dataset.length)
        for batch in _batches(config, dataset, step, total, per_epoch):
            generator = np.random.default_rng([config.seed, 1, step])
            torch.manual_seed(int(generator.integers(2**63)))  # for objectives that draw for themselves
            batch = batch.to(device)
            frames = augment(batch.frames, config.shift, config.jitter, generator)
            loss, metrics = objective.loss(Batch(frames, batch.twists, batch.labels))
            for group in optimiser.param_groups:
                group["lr"] = config.learning_rate * _schedule(step, total)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
            images += frames.shape[0] * frames.shape[1]
            advance(frames.shape[0] * frames.shape[1])
            if step % _LOG_EVERY == 0 or step == total:
                _log(writer, {"loss": loss.detach(), **metrics}, step)
            if step % config.checkpoint_every == 0 or step == total or interrupted():
                _save(out / _CHECKPOINT, objective, optimiser, step)
            if interrupted():
                raise KeyboardInterrupt
    return images / (time.perf_counter() - started)


def _batches(config: PretrainConfig, dataset: WindowDataset, step: int, total: int, per_epoch: int) -> Iterator[Batch]:
    """The batches of steps ``step`` to ``total`` − 1; each epoch has its own order."""
    while step < total:
        order = np.random.default_rng([config.seed, 0, step // per_epoch]).permutation(len(dataset))
        for position in range(step % per_epoch, per_epoch):
            yield dataset.batch(order[position * config.batch_size : (position + 1) * config.batch_size])
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


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("device 'cuda' is not available here: choose 'cpu' or 'auto'.")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _log(writer: SummaryWriter, metrics: dict[str, torch.Tensor], step: int) -> None:
    for name, value in metrics.items():
        writer.add_scalar(f"pretrain/{name}", float(value), step)


def _check_settings(config: PretrainConfig, dataset: WindowDataset, out: Path) -> None:
    settings: dict[str, Any] = {"config": asdict(config), "data": dataset.key}
    path = out / _SETTINGS
    if not path.exists():
        write_json(path, settings)
        return
    found = read_json(path)
    if found == settings:
        return
    theirs = {**found.get("config", {}), "data": found.get("data")}
    ours = {**settings["config"], "data": settings["data"]}
    names = ", ".join(sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name)))
    raise UserError(f"{out} holds a pretraining run with other settings ({names}): choose another --out, or delete it.")


def _save(path: Path, objective: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    buffer = io.BytesIO()
    torch.save({"step": step, "objective": objective.state_dict(), "optimiser": optimiser.state_dict()}, buffer)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def _restore(path: Path, objective: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load a checkpoint if there is one; returns the steps that it has behind it."""
    if not path.exists():
        return 0
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        objective.load_state_dict(state["objective"])
        optimiser.load_state_dict(state["optimiser"])
        return state["step"]
    except Exception as error:  # torch raises what its zip and pickle readers raise
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"checkpoint {path} is damaged ({reason}): delete it to start again.") from None


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
