"""Held-out evidence about the training objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from gymnasium.vector import VectorEnv

from activevision.agents.config import RecogniserConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.recogniser import train_recogniser
from activevision.agents.views import LabelledViews
from activevision.agents.walks import Walks
from activevision.encoders.backbones import Encoder
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.scenes.catalogue import Entry
from activevision.scenes.folds import assign_folds


def cross_fitted_table(
    encoder: Encoder, views: LabelledViews, env: VectorEnv, config: RecogniserConfig, seed: int
) -> EvidenceTable:
    """Evidence of every view of the training scenes by recognisers that were trained without them.

    A recogniser is nearly always right about objects that it was trained on, so neither fusion nor policy could learn
    from what it says of them how views help with new objects. Each scene's evidence comes from a fold's recogniser
    that has seen neither it nor a variant of it (cross-fitting: Wolpert, *Stacked generalization*, 1992;
    Chernozhukov et al. 2018).

    Scenes may still share parts: training rooms are furnished from one pool of pieces, so the evidence about a room
    comes from a recogniser that has met much of its furniture in other rooms, and is somewhat surer than the same
    recogniser is of test rooms, whose pieces are new to it.

    env: over the same split as ``views``. The scores are not calibrated.
    """
    entries = env.unwrapped.entries  # type: ignore[attr-defined]
    scene_ids = np.array([entry.id for entry in entries])
    fold_of = assign_folds(entries, config.folds, seed)
    tables = []
    for fold in range(config.folds):
        others = views.take(np.isin(views.scenes, scene_ids[fold_of != fold]))
        recogniser = train_recogniser(encoder, others, config, seed + 1 + fold, f"Training without part {fold + 1}")
        tables.append(EvidenceTable.build(recogniser, env, f"Looking at part {fold + 1}"))
    rows = np.arange(len(scene_ids))
    log_likelihood = np.stack([table.log_likelihood for table in tables])[fold_of, rows]
    return replace(tables[0], log_likelihood=log_likelihood)


def cross_fitted_walks(
    encoder: Encoder,
    views: LabelledViews,
    dataset: WindowDataset,
    entries: Sequence[Entry],
    config: RecogniserConfig,
    seed: int,
) -> Walks:
    """Evidence along the training episodes, as ``cross_fitted_table`` has it of a grid, for where there is none.

    views: what the recognisers are trained on. entries: of the training split.
    """
    scene_ids, folds = np.array([entry.id for entry in entries]), assign_folds(entries, config.folds, seed)
    fold_of_scene = dict(zip(scene_ids.tolist(), folds.tolist(), strict=True))
    fold_of = np.array([fold_of_scene[scene] for scene in dataset.scenes.tolist()])
    parts = []
    for fold in range(config.folds):
        if not 0 < (fold_of == fold).sum() < len(fold_of):
            raise UserError(f"no rollouts to hold out in part {fold + 1} of {config.folds}: collect more of them.")
        others, held = views.take(np.isin(views.scenes, scene_ids[folds != fold])), dataset.take(fold_of == fold)
        recogniser = train_recogniser(encoder, others, config, seed + 1 + fold, f"Training without part {fold + 1}")
        parts.append(Walks.record(recogniser, held, f"Looking at part {fold + 1}"))
    return Walks.joined(parts)
