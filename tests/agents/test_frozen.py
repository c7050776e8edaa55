"""Claims of evidence by frozen encoders: nothing is fine-tuned, evidence is held out, nothing is seen twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from activevision.agents import frozen
from activevision.agents.frozen import SPLITS, FrozenEvidence
from activevision.agents.views import SceneViews
from activevision.encoders.backbones import SmallCNN
from activevision.encoders.features import extract_features
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND
from activevision.scenes.catalogue import Entry

PROTOCOL = replace(LOOK_AROUND, elevations_deg=(0.0, 30.0), azimuths=3, views=2, height=16, width=16)
CLASSES = ("a", "b", "c")
SCENES = {"train": 24, "val": 9, "test": 9}


def views_of(told: float, seed: int = 0) -> dict[str, SceneViews]:
    """Scenes whose colour tells their class by so much, beside a colour of their own."""
    generator = np.random.default_rng(seed)
    found = {}
    for split, scenes in SCENES.items():
        labels = np.arange(scenes) % len(CLASSES)
        colours = told * 200 * np.eye(3)[labels] + (1 - told) * generator.uniform(0, 200, (scenes, 3))
        frames = colours[:, None, None, None] + generator.uniform(0, 50, (scenes, PROTOCOL.grid_size, 16, 16, 3))
        ids = np.array([f"{split}-{number:02d}" for number in range(scenes)])
        found[split] = SceneViews(frames.astype(np.uint8), labels, ids, CLASSES)
    return found


def entries(views: dict[str, SceneViews]) -> list[Entry]:
    train = views["train"]
    return [
        Entry(name, CLASSES[label], name, lambda: None)  # type: ignore[arg-type, return-value]
        for name, label in zip(train.scenes.tolist(), train.labels.tolist(), strict=True)
    ]


def encoder(embedding: int = 8) -> SmallCNN:
    torch.manual_seed(0)
    return SmallCNN(embedding).eval()


def evidence(told: float, embedding: int = 8) -> FrozenEvidence:
    views = views_of(told)
    return FrozenEvidence.of(encoder(embedding), views, entries(views), PROTOCOL, 3, 0)


def accuracy(table: frozen.EvidenceTable) -> float:
    return float((table.log_likelihood.argmax(-1) == table.label[:, None, None]).mean())


def test_classes_that_can_be_told_are_told_on_every_split() -> None:
    found = evidence(told=0.9)
    for split in SPLITS:
        table = getattr(found, split)
        assert table.log_likelihood.shape == (SCENES[split], 2, 3, 3)
        assert accuracy(table) > 0.95
        np.testing.assert_allclose(np.exp(table.log_likelihood).sum(-1), 1, rtol=1e-4)


def test_evidence_about_training_scenes_is_held_out() -> None:
    """Of scenes that do not tell their class, a classifier knows only those that it was trained on."""
    found = evidence(told=0.0, embedding=64)
    assert accuracy(found.train) < 0.6
    views = views_of(0.0)
    features = extract_features(encoder(64), views["train"].frames)
    known = frozen._classifier(features, views["train"], entries(views), np.ones(24, bool), 0)
    learnt = known.log_posterior(features).argmax(-1) == views["train"].labels[:, None]
    assert learnt.mean() > accuracy(found.train) + 0.2, "which is what would have been leaked"


def test_the_encoder_stays_as_it_is_and_sees_every_view_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, seen = encoder(), []
    before = {name: value.clone() for name, value in one.state_dict().items()}
    one.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    views = views_of(0.5)
    FrozenEvidence.of(one, views, entries(views), PROTOCOL, 2, 0)
    assert sum(seen) == sum(SCENES.values()) * PROTOCOL.grid_size
    for name, value in one.state_dict().items():
        assert torch.equal(value, before[name])


def test_features_are_standardised_by_the_training_views() -> None:
    found = evidence(0.5)
    flat = found.train.feature.reshape(-1, 8)
    np.testing.assert_allclose(flat.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(flat.std(0), 1, atol=1e-3)
    features = extract_features(encoder(), views_of(0.5)["test"].frames)
    order = np.corrcoef(features[..., 0].ravel(), found.test.feature[..., 0].ravel())[0, 1]
    assert order == pytest.approx(1, abs=1e-5)


def test_it_is_kept_and_the_same_again(tmp_path: Path) -> None:
    found, again = evidence(0.5), evidence(0.5)
    found.save(tmp_path)
    loaded = FrozenEvidence.load(tmp_path)
    for split in SPLITS:
        for other in (again, loaded):
            np.testing.assert_array_equal(getattr(found, split).log_likelihood, getattr(other, split).log_likelihood)
            np.testing.assert_array_equal(getattr(found, split).feature, getattr(other, split).feature)
    (tmp_path / "val.npz").unlink()
    with pytest.raises(UserError, match=r"val\.npz is missing or damaged"):
        FrozenEvidence.load(tmp_path)


def test_one_fold_holds_nothing_out() -> None:
    views = views_of(0.5)
    with pytest.raises(UserError, match="at least 2 folds"):
        FrozenEvidence.of(encoder(), views, entries(views), PROTOCOL, 1, 0)
