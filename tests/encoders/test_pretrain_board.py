"""TensorBoard in pretraining: what it shows, that it tells a collapse, and that it changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from turning_windows import turning

from activevision.encoders import pretrain as loop
from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.pretrain import pretrain
from activevision.encoders.training_model import TrainingModel
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import NO_CLASS

BRIEF = PretrainConfig(embedding=16, patterns=3, epochs=1, batch_size=32)


def shown(folder: Path) -> dict[str, float]:
    """The last value of every scalar."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {tag.removeprefix("pretrain/"): events.Scalars(tag)[-1].value for tag in events.Tags()["scalars"]}


def test_losses_the_watching_classifier_and_alarms_are_there(tmp_path: Path, windows: WindowDataset) -> None:
    pretrain(BRIEF, windows, tmp_path / "labelled")
    unlabelled = turning()
    unlabelled.store.labels[:] = NO_CLASS
    pretrain(BRIEF, unlabelled, tmp_path / "unlabelled")
    alike = {"loss", "pattern_accuracy", "rank_me", "spread"}
    assert shown(tmp_path / "labelled").keys() >= alike | {"classification", "accuracy"}
    assert shown(tmp_path / "unlabelled").keys() >= alike
    assert not shown(tmp_path / "unlabelled").keys() & {"classification", "accuracy"}


@torch.no_grad()
def along_one_line(encoder: Encoder) -> None:
    encoder.head.weight.copy_(torch.outer(torch.linspace(0.5, 1, 16), encoder.head.weight[0]))
    encoder.head.bias.zero_()


@torch.no_grad()
def nearly_constant(encoder: Encoder) -> None:
    encoder.head.weight.mul_(1e-2)
    encoder.head.bias.fill_(1.0)


def test_rank_and_spread_tell_a_collapsed_encoder_from_a_healthy_one(
    tmp_path: Path, windows: WindowDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = TrainingModel.build

    def alarms(name: str, spoil: Callable[[Encoder], None]) -> tuple[float, float]:
        def spoilt(config: PretrainConfig, dataset: WindowDataset) -> TrainingModel:
            model = build(config, dataset)
            spoil(model.objective.encoder)
            return model

        monkeypatch.setattr(TrainingModel, "build", spoilt)
        pretrain(PretrainConfig(embedding=16, patterns=3, epochs=0.1, learning_rate=1e-9), windows, tmp_path / name)
        values = shown(tmp_path / name)
        return values["rank_me"], values["spread"]

    healthy = alarms("healthy", lambda encoder: None)
    assert healthy[0] > 2
    assert alarms("line", along_one_line)[0] == pytest.approx(1, abs=0.05)
    assert alarms("constant", nearly_constant)[1] < healthy[1] / 10


def test_it_changes_no_weight(tmp_path: Path, windows: WindowDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def silent(*arguments: object) -> Iterator[Callable[..., None]]:
        yield lambda *outcome: None

    monkeypatch.setattr(loop, "_LOG_EVERY", 1)
    pretrain(BRIEF, windows, tmp_path / "with")
    monkeypatch.setattr(loop, "_written", silent)
    pretrain(BRIEF, windows, tmp_path / "without")
    with_, without = ((tmp_path / run / "encoder/encoder.safetensors").read_bytes() for run in ("with", "without"))
    assert with_ == without
