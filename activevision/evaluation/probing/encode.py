"""Features of all views of a data set, with where they were seen from."""

from __future__ import annotations

import numpy as np

from activevision.encoders.backbones import Encoder
from activevision.encoders.features import extract_features
from activevision.evaluation.probing.posed_features import Features, PosedFeatures
from activevision.rollouts.dataset import WindowDataset


def posed(features: Features, dataset: WindowDataset) -> PosedFeatures:
    """Features (N, D) of every frame of a data set's episodes, in their order."""
    episodes = np.repeat(np.arange(len(dataset.episodes)), dataset.views)
    poses = np.asarray(dataset.store.views["pose"][dataset.rows], np.float64)
    return PosedFeatures(features, poses, episodes, dataset.scenes[episodes], dataset.labels[episodes])


def encode(encoder: Encoder, dataset: WindowDataset) -> PosedFeatures:
    return posed(extract_features(encoder, dataset.images), dataset)


def without_features(dataset: WindowDataset) -> PosedFeatures:
    """The views alone, for what does not depend on an encoder."""
    return posed(np.zeros((len(dataset.rows), 0), np.float32), dataset)
