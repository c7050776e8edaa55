"""A recogniser on an encoder that stays as it is: what it says of every view of a grid, without looking twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.agents.calibration import fit_temperature
from activevision.agents.cross_fit import assign_folds
from activevision.agents.evidence import EvidenceTable
from activevision.agents.linear_classifier import LinearClassifier, Standardised
from activevision.agents.views import SceneViews
from activevision.encoders.backbones import Encoder
from activevision.encoders.features import extract_features
from activevision.errors import UserError
from activevision.protocol import Protocol
from activevision.scenes.catalogue import Entry

SPLITS = ("train", "val", "test")
_CHOOSING = 5  # of the training scenes every fifth chooses the classifier's penalty


@dataclass(frozen=True, eq=False)
class FrozenEvidence:
    """Evidence of every view of three splits by linear classifiers on the features of one encoder.

    train: cross-fitted, see ``cross_fitted_table``; val, test: by the classifier of all training scenes. All are
    tempered alike, by what calibrates it on validation scenes. Their ``feature`` is the encoder's, standardised by the
    training views: what agents see of an encoder depends neither on its scale nor on its mean.
    """

    FILES: ClassVar = tuple(f"{split}.npz" for split in SPLITS)

    train: EvidenceTable
    val: EvidenceTable
    test: EvidenceTable

    @classmethod
    def of(
        cls,
        encoder: Encoder,
        views: Mapping[str, SceneViews],
        entries: Sequence[Entry],
        protocol: Protocol,
        folds: int,
        seed: int,
    ) -> FrozenEvidence:
        """views: all of the grid's, of every split. entries: of the training split, in the order of its views.

        Every view is encoded once; folds: parts of the training scenes, each judged by a classifier of the others.
        """
        if folds < 2:
            raise UserError(f"folds={folds}: agents need held-out evidence, so at least 2 folds.")
        features = {split: extract_features(encoder, views[split].frames) for split in SPLITS}
        standardised = Standardised.to(features["train"].reshape(-1, encoder.embedding))
        everyone = _classifier(features["train"], views["train"], entries, np.ones(len(entries), bool), seed)
        scores = {split: everyone.log_posterior(features[split]) for split in SPLITS}
        fold_of = assign_folds(entries, folds, seed)
        for fold in range(folds):
            others = _classifier(features["train"], views["train"], entries, fold_of != fold, seed)
            scores["train"][fold_of == fold] = others.log_posterior(features["train"][fold_of == fold])
        temperature = fit_temperature(scores["val"], _of_views(views["val"].labels, scores["val"]))
        shape = (-1, *protocol.grid_shape)
        return cls(
            *(
                EvidenceTable(
                    views[split].classes,
                    scores[split].reshape(*shape, scores[split].shape[-1]),
                    standardised(features[split]).reshape(*shape, encoder.embedding),
                    np.asarray(views[split].labels, np.int64),
                ).tempered(temperature)
                for split in SPLITS
            )
        )

    def save(self, folder: Path) -> None:
        for split, file in zip(SPLITS, self.FILES, strict=True):
            getattr(self, split).save(folder / file)

    @classmethod
    def load(cls, folder: Path) -> FrozenEvidence:
        """What ``save`` wrote; UserError if a part is missing or damaged."""
        return cls(*(EvidenceTable.load(folder / file) for file in cls.FILES))


def _classifier(
    features: NDArray[np.float32], views: SceneViews, entries: Sequence[Entry], chosen: NDArray[np.bool_], seed: int
) -> LinearClassifier:
    """Of the chosen scenes (S,) with features (S, V, D) of their views; a fifth of them chooses its penalty."""
    some = [entry for entry, taken in zip(entries, chosen, strict=True) if taken]
    held_out = assign_folds(some, _CHOOSING, seed) == 0
    known = features[chosen]
    labels, choosing = (_of_views(values, known).reshape(-1) for values in (views.labels[chosen], held_out))
    return LinearClassifier.fit(known.reshape(-1, known.shape[-1]), labels, len(views.classes), choosing)


def _of_views(of_scenes: NDArray, like: NDArray) -> NDArray:
    """(S, V) values of every view, from one of each scene (S,)."""
    return np.ascontiguousarray(np.broadcast_to(of_scenes[:, None], like.shape[:2]))
