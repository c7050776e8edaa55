"""``FeaturePredictor``: (features, motion) → features after the motion, trained in the same way for every encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from activevision.evaluation.probing.pairs import Pairs
from activevision.evaluation.probing.pose_regression import components
from activevision.evaluation.probing.posed_features import Features, PosedFeatures, Poses
from activevision.evaluation.probing.recipe import fit
from activevision.evaluation.probing.splits import hold_out

HIDDEN = 128


class _Steered(nn.Module):
    """z + A z + B [(C z) ⊙ (E m) ; relu(F [z, m])], where A and B start at 0.

    The product makes all maps of z that are linear in the motion's code m, to rank ``HIDDEN``: a group that acts
    linearly on features is met exactly, as by the hypernetwork of SIE. The other part is an MLP.
    """

    def __init__(self, dimensions: int, code: int):
        super().__init__()
        self.still = nn.Linear(dimensions, dimensions)
        self.features = nn.Linear(dimensions, HIDDEN, bias=False)
        self.motion = nn.Linear(code, HIDDEN)
        self.mixed = nn.Linear(dimensions + code, HIDDEN)
        self.out = nn.Linear(2 * HIDDEN, dimensions)
        for layer in (self.still, self.out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, z: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
        product = self.features(z) * self.motion(m)
        return z + self.still(z) + self.out(torch.cat([product, torch.relu(self.mixed(torch.cat([z, m], 1)))], 1))


@dataclass(frozen=True, eq=False)
class FeaturePredictor:
    """A trained predictor. mean, scale: (12,) of the motions' components in training."""

    network: nn.Module
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, views: PosedFeatures, pairs: Pairs, seed: int) -> FeaturePredictor:
        """Fit to pairs of centred views; training stops by the error on a fifth of the scenes.

        It starts from features that stay as they are.
        """
        code = components(pairs.motions(views))
        mean, scale = code.mean(0), np.maximum(code.std(0), 1e-3)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = _Steered(views.features.shape[1], code.shape[1])
        held_out = hold_out(views.scenes[pairs.before], np.random.default_rng(seed))
        inputs = views.features[pairs.before], ((code - mean) / scale).astype(np.float32)
        return cls(fit(network, inputs, views.features[pairs.after], held_out, seed), mean, scale)

    @torch.no_grad()
    def __call__(self, features: Features, motions: Poses) -> Features:
        """Features (N, D) after motions (N, 4, 4) of views with features (N, D)."""
        code = ((components(motions) - self.mean) / self.scale).astype(np.float32)
        return self.network(torch.from_numpy(features), torch.from_numpy(code)).numpy()
