"""Claims of the baseline without pretraining: random weights at once, and nothing but labels to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from brief_training import built
from objective_windows import sliding

from activevision.encoders.backbones import build_backbone
from activevision.encoders.checkpoint import load_encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.pretrain import pretrain

CONFIG = PretrainConfig(objective="none", embedding=16, epochs=30, seed=3, learning_rate=5e-3, shift=0, jitter=0.05)


def test_a_run_saves_the_random_weights_of_its_seed(tmp_path: Path) -> None:
    trained = pretrain(CONFIG, sliding(2), tmp_path)
    assert trained.images_per_second == 0
    assert not (tmp_path / "checkpoint.pt").exists()
    torch.manual_seed(3)
    blank = build_backbone("small-cnn", 16).state_dict()
    assert all(torch.equal(blank[name], value) for name, value in load_encoder(trained.path).state_dict().items())


def test_it_minimises_nothing_whatever_it_is_shown() -> None:
    objective, batch = built("none", sliding(2)), sliding(2).batch(np.arange(8))
    for shown in (batch, batch._replace(frames=batch.frames.flip(0), twists=-batch.twists)):
        loss, metrics, _ = objective.loss(shown)
        assert loss == 0
        assert not loss.requires_grad
        assert not metrics


def test_with_labels_it_is_supervised_training(tmp_path: Path) -> None:
    config = PretrainConfig(**{**vars(CONFIG), "label_weight": 1.0, "epochs": 12})
    trained = pretrain(config, sliding(2), tmp_path)
    batch = sliding(2).batch(np.arange(len(sliding(2))))
    assert trained.model(batch).metrics["accuracy"] > 0.85, "chance is a half"
