"""What an encoder's features know: of the camera's motion, of the class, and whether they have collapsed.

Everything is fitted to frozen features on training scenes and scored on scenes that neither the encoder nor the probe
has seen, in the same way for every encoder: trained, time-only, or with random weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.encoders.backbones import Encoder
from activevision.encoders.collapse import rank_me, spread
from activevision.encoders.config import PretrainConfig
from activevision.encoders.features import extract_features
from activevision.encoders.motion_patterns import MotionPatterns
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Windows

Features: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.int64]

_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)


@dataclass(frozen=True, eq=False)
class MotionFeatures:
    """Features along episodes with the kinds of motion between them.

    features: (E, T, D) of the views of E episodes, or windows of them. patterns: (E, T − 1) motion pattern from view t
    to t + 1. scenes: (E,) scene ids.
    """

    features: Features
    patterns: Indices
    scenes: NDArray[np.str_]

    def subset(self, mask: NDArray[np.bool_]) -> MotionFeatures:
        return MotionFeatures(self.features[mask], self.patterns[mask], self.scenes[mask])


@dataclass(frozen=True)
class EquivarianceError:
    """Normalised equivariance errors: 0 is perfect, 1 is no better than taking the features to stay as they are.

    atomic: of single motions. composite: of two in succession, by the product of their maps; NaN where episodes have
    fewer than three views. by_pattern: atomic, pattern by pattern, of those that occur in the test episodes.
    ridge: the strength of regularisation that was chosen.
    """

    atomic: float
    composite: float
    by_pattern: dict[int, float]
    ridge: float


def probe_encoder(
    encoder: Encoder, train: WindowDataset, test: WindowDataset, config: PretrainConfig
) -> dict[str, float]:
    """All figures of an encoder, fitted on the episodes of ``train`` and scored on those of ``test``, by name.

    ``config`` gives the number of motion patterns and the seed alone; for a comparison it must be one and the same.
    Where a data set has episodes without labels, the figures about classes are left out.
    """
    train, test = (replace(d, windows=Windows.covering(d.views)) for d in (train, test))
    patterns = MotionPatterns.fit(train.motions, config.patterns, np.random.default_rng(config.seed))
    fitted, scored = (extract_features(encoder, d.images) for d in (train, test))
    sets = [
        MotionFeatures(
            features[np.searchsorted(d.rows, d.window_rows)], patterns.assign(d.window_twists), d.window_scenes
        )
        for features, d in ((fitted, train), (scored, test))
    ]
    equivariance = normalised_equivariance_error(sets[0], sets[1], config.seed)
    figures = {
        "equivariance_error_atomic": equivariance.atomic,
        "equivariance_error_composite": equivariance.composite,
    }
    if train.labelled and test.labelled:
        labels_fitted, labels_scored = (np.repeat(d.labels, d.views) for d in (train, test))
        scenes = np.repeat(train.scenes, train.views)
        figures["linear_probe"] = linear_probe(fitted, labels_fitted, scored, labels_scored, scenes, config.seed)
        figures["nearest_neighbours"] = nearest_neighbours(fitted, labels_fitted, scored, labels_scored)
    return {**figures, "rank_me": rank_me(scored), "spread": spread(scored)}


def normalised_equivariance_error(train: MotionFeatures, test: MotionFeatures, seed: int = 0) -> EquivarianceError:
    """How well one linear map for each motion pattern predicts features after the motion, on held-out scenes.

    For pattern g, M_g is fitted to the training pairs by least squares with a ridge that pulls towards the identity,
    whose strength is chosen on a fifth of the training scenes. The error is

        ρ = E ‖M_g z(x) − z(gx)‖ / E ‖z(x) − z(gx)‖,

    pooled over the test pairs of all patterns, and with M_h M_g for two motions in succession. It follows Jayaraman &
    Grauman (ICCV 2015), who average the ratio over pairs instead; that has no value for objects that look the same
    before and after the motion, and catalogues are full of these.

    Known values: 0 for perfectly equivariant features; 1 for features that change only by noise, and for constant ones
    by definition; 1/√2 for features that are drawn anew in every view, whose best prediction is their mean, 0.
    """
    generator = np.random.default_rng(seed)
    held_out = _hold_out(train.scenes, generator)
    fitted, chosen_on = train.subset(~held_out), train.subset(held_out)
    patterns = int(max(train.patterns.max(), test.patterns.max())) + 1
    errors = [_atomic(_fit_maps(fitted, patterns, ridge), chosen_on)[0] for ridge in _RIDGES]
    ridge = _RIDGES[int(np.argmin(errors))]
    maps = _fit_maps(train, patterns, ridge)
    atomic, by_pattern = _atomic(maps, test)
    return EquivarianceError(atomic, _composite(maps, test), by_pattern, ridge)


def linear_probe(
    features_train: Features,
    labels_train: Indices,
    features_test: Features,
    labels_test: Indices,
    groups_train: NDArray | None = None,
    seed: int = 0,
) -> float:
    """Test accuracy of multinomial logistic regression on standardised features (N, D) with labels (N,).

    The L2 penalty is chosen on a fifth of the training data, split by ``groups_train`` (N,), such as scene ids, so that
    no object is on both sides.
    """
    centre, scale = features_train.mean(0), features_train.std(0) + 1e-6 * (features_train.std() + 1e-12)
    train, test = ((features - centre) / scale for features in (features_train, features_test))
    groups = np.arange(len(train)) if groups_train is None else groups_train
    held_out = _hold_out(groups, np.random.default_rng(seed))
    classes = int(max(labels_train.max(), labels_test.max())) + 1
    scores = [
        _accuracy(
            _logistic(train[~held_out], labels_train[~held_out], classes, decay),
            train[held_out],
            labels_train[held_out],
        )
        for decay in _DECAYS
    ]
    decay = _DECAYS[int(np.argmax(scores))]
    return _accuracy(_logistic(train, labels_train, classes, decay), test, labels_test)


def nearest_neighbours(
    features_train: Features, labels_train: Indices, features_test: Features, labels_test: Indices, k: int = 10
) -> float:
    """Test accuracy of the vote of the ``k`` training features (N, D) of largest cosine, weighted by that cosine."""
    train, test = (torch.nn.functional.normalize(torch.from_numpy(f), dim=1) for f in (features_train, features_test))
    votes = torch.nn.functional.one_hot(torch.from_numpy(labels_train)).float()
    right = 0
    for start in range(0, len(test), 1024):
        cosine, index = (test[start : start + 1024] @ train.T).topk(min(k, len(train)), dim=1)
        predicted = (votes[index] * cosine[:, :, None]).sum(1).argmax(1).numpy()
        right += int((predicted == labels_test[start : start + 1024]).sum())
    return right / len(test)


def _hold_out(groups: NDArray, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Mask (N,) of the members of a fifth of the groups, at least one and never all."""
    names = np.unique(groups)
    count = min(max(1, round(len(names) / 5)), len(names) - 1)
    return np.isin(groups, generator.permutation(names)[:count])


def _fit_maps(data: MotionFeatures, patterns: int, ridge: float) -> NDArray[np.float64]:
    """Maps (G, D, D) with M_g z ≈ z′; the identity for patterns without data."""
    dimensions = data.features.shape[-1]
    before = data.features[:, :-1].reshape(-1, dimensions).astype(np.float64)
    change = data.features[:, 1:].reshape(-1, dimensions) - before
    pattern = data.patterns.reshape(-1)
    maps = np.repeat(np.eye(dimensions)[None], patterns, axis=0)
    for g in np.unique(pattern):
        x, y = before[pattern == g], change[pattern == g]
        gram = x.T @ x
        # Relative to the features' own size, so that the choice means the same for every encoder.
        penalty = ridge * max(float(np.trace(gram)) / dimensions, 1e-12)
        maps[g] += np.linalg.solve(gram + penalty * np.eye(dimensions), x.T @ y).T
    return maps


def _atomic(maps: NDArray[np.float64], data: MotionFeatures) -> tuple[float, dict[int, float]]:
    before, after, pattern = data.features[:, :-1], data.features[:, 1:], data.patterns
    wrong, moved = np.zeros(len(maps)), np.zeros(len(maps))
    for g in np.unique(pattern):
        x, y = before[pattern == g], after[pattern == g]
        wrong[g] = np.linalg.norm(x @ maps[g].T - y, axis=-1).sum()
        moved[g] = np.linalg.norm(x - y, axis=-1).sum()
    by_pattern = {int(g): _ratio(wrong[g], moved[g]) for g in np.unique(pattern)}
    return _ratio(wrong.sum(), moved.sum()), by_pattern


def _composite(maps: NDArray[np.float64], data: MotionFeatures) -> float:
    if data.features.shape[1] < 3:
        return float("nan")
    start, end = data.features[:, :-2], data.features[:, 2:]
    first, second = data.patterns[:, :-1], data.patterns[:, 1:]
    predicted = np.empty(start.shape)
    for g in np.unique(first):
        predicted[first == g] = start[first == g] @ maps[g].T
    for g in np.unique(second):
        predicted[second == g] = predicted[second == g] @ maps[g].T
    return _ratio(np.linalg.norm(predicted - end, axis=-1).sum(), np.linalg.norm(start - end, axis=-1).sum())


def _ratio(wrong: float, moved: float) -> float:
    return float(wrong / moved) if moved > 0 else 1.0


def _logistic(features: Features, labels: Indices, classes: int, decay: float) -> torch.nn.Linear:
    model = torch.nn.Linear(features.shape[1], classes)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    inputs, targets = torch.from_numpy(features), torch.from_numpy(labels)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets) + decay / 2 * model.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return model


@torch.no_grad()
def _accuracy(model: torch.nn.Linear, features: Features, labels: Indices) -> float:
    return float((model(torch.from_numpy(features)).argmax(1).numpy() == labels).mean())
