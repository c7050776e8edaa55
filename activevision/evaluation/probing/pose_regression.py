"""What features tell of the camera's motion and of its place: poses regressed by a small MLP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import nn

from activevision.evaluation.probing.pairs import Pairs
from activevision.evaluation.probing.posed_features import PosedFeatures, Poses
from activevision.evaluation.probing.recipe import fit
from activevision.evaluation.probing.splits import hold_out
from activevision.geometry import from_rotation_translation

HIDDEN = 256


@dataclass(frozen=True, eq=False)
class PoseRegressor:
    """An MLP of two hidden layers from features to rigid transforms.

    Rotations are regressed as the nine entries of their matrices: unlike quaternions or angles these have no jump
    anywhere, whatever the range. mean: (12,) of the training targets. scale: (12,) root mean square of the rotation's
    entries about their means, and of the translation's, so that both weigh alike.
    """

    network: nn.Module
    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, inputs: NDArray[np.float32], transforms: Poses, scenes: NDArray[np.str_], seed: int) -> PoseRegressor:
        """Fit to inputs (N, M) and transforms (N, 4, 4); training stops by the error on a fifth of the scenes (N,)."""
        targets = components(transforms)
        mean = targets.mean(0)
        parts = [float(np.sqrt(np.mean((targets - mean)[:, part] ** 2))) for part in (slice(9), slice(9, 12))]
        scale = np.repeat(np.maximum(parts, 1e-9), (9, 3))
        centre, spread = inputs.mean(0), inputs.std(0) + 1e-3 * inputs.std() + 1e-9
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            first, second, last = nn.Linear(inputs.shape[1], HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 12)
        nn.init.zeros_(last.weight)  # training starts from the mean pose
        nn.init.zeros_(last.bias)
        network = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last)
        held_out = hold_out(scenes, np.random.default_rng(seed))
        known = ((targets - mean) / scale).astype(np.float32)
        fit(network, (((inputs - centre) / spread).astype(np.float32),), known, held_out, seed)
        return cls(network, centre, spread, mean, scale)

    @torch.no_grad()
    def components(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, 12) predicted entries of the rotation, by rows, and the translation."""
        given = torch.from_numpy(((inputs - self.centre) / self.spread).astype(np.float32))
        return self.network(given).double().numpy() * self.scale + self.mean

    def transforms(self, inputs: NDArray[np.float32]) -> Poses:
        """(N, 4, 4) predicted rigid transforms, with the rotation that is nearest to the predicted entries."""
        found = self.components(inputs)
        u, _, vt = np.linalg.svd(found[:, :9].reshape(-1, 3, 3))
        u[:, :, 2] *= np.linalg.det(u @ vt)[:, None]
        return from_rotation_translation(Rotation.from_matrix(u @ vt).as_matrix(), found[:, 9:])


def components(transforms: Poses) -> NDArray[np.float64]:
    """(N, 12) the entries of the rotations of (N, 4, 4), by rows, and the translations."""
    return np.concatenate([transforms[:, :3, :3].reshape(-1, 9), transforms[:, :3, 3]], axis=1)


def both(views: PosedFeatures, pairs: Pairs) -> NDArray[np.float32]:
    """(P, 2 D) features before and after."""
    return np.concatenate([views.features[pairs.before], views.features[pairs.after]], axis=1)
