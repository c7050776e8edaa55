"""Held-out evidence about the training objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.agents.config import RecogniserConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.recogniser import train_recogniser
from activevision.encoders.backbones import Encoder
from activevision.rollouts.dataset import WindowDataset


def cross_fitted_table(
    encoder: Encoder, dataset: WindowDataset, env: VectorEnv, config: RecogniserConfig, seed: int
) -> EvidenceTable:
    """Evidence of every view of the training scenes by recognisers that were trained without them.

    A recogniser is nearly always right about objects that it was trained on, so neither fusion nor policy could learn
    from what it says of them how views help with new objects. Each scene's evidence comes from a fold's recogniser
    that has not seen it (cross-fitting: Wolpert, *Stacked generalization*, 1992; Chernozhukov et al. 2018).

    env: over the same split as ``dataset``. The scores are not calibrated.
    """
    scene_ids = np.array([entry.id for entry in env.unwrapped.entries])  # type: ignore[attr-defined]
    fold_of = assign_folds(scene_ids, dataset, config.folds, seed)
    tables = []
    for fold in range(config.folds):
        kept = np.isin(dataset.scenes, scene_ids[fold_of != fold])
        others = replace(
            dataset,
            frames=dataset.frames[kept],
            twists=dataset.twists[kept],
            labels=dataset.labels[kept],
            scenes=dataset.scenes[kept],
        )
        recogniser = train_recogniser(encoder, others, config, seed + 1 + fold, f"Training without part {fold + 1}")
        tables.append(EvidenceTable.build(recogniser, env, f"Looking at part {fold + 1}"))
    rows = np.arange(len(scene_ids))
    log_likelihood = np.stack([table.log_likelihood for table in tables])[fold_of, rows]
    return replace(tables[0], log_likelihood=log_likelihood)


def assign_folds(scene_ids: NDArray[np.str_], dataset: WindowDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """Fold (S,) of each scene, at random within its class so that every fold has its share of every class."""
    label_of = dict(zip(dataset.scenes.tolist(), dataset.labels.tolist(), strict=True))
    labels = np.array([label_of.get(scene, -1) for scene in scene_ids.tolist()])
    generator = np.random.default_rng(seed)
    fold_of = np.zeros(len(scene_ids), np.int64)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        fold_of[members] = (np.arange(len(members)) + generator.integers(folds)) % folds
    return fold_of
