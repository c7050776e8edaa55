"""Features whose answers are known: equivariant, invariant, and drawn anew in every view."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from activevision.evaluation.probing.posed_features import PosedFeatures
from activevision.geometry import exp_se3

CLASSES = 4


def walked(seed: int, scenes: int, views: int = 8, size: float = 0.35) -> tuple[np.ndarray, ...]:
    """Poses (N, 4, 4), episodes, scene ids and labels of cameras that wander at random from random rotations."""
    generator = np.random.default_rng([seed, 1])
    pose = np.tile(np.eye(4), (scenes, views, 1, 1))
    pose[:, 0, :3, :3] = Rotation.random(scenes, rng=generator).as_matrix()
    motions = exp_se3(generator.normal(0, size, (scenes, views - 1, 6)))
    for t in range(views - 1):
        pose[:, t + 1] = pose[:, t] @ motions[:, t]
    episodes = np.repeat(np.arange(scenes), views)
    return pose.reshape(-1, 4, 4), episodes, np.array([f"{seed}-{e:03}" for e in episodes]), episodes % CLASSES


def equivariant(seed: int, scenes: int, views: int = 8) -> PosedFeatures:
    """Features on which rotations of the camera act linearly: the world's axes as the camera sees them."""
    poses, *rest = walked(seed, scenes, views)
    return PosedFeatures(poses[:, :3, :3].reshape(-1, 9).astype(np.float32), poses, *rest)


def invariant(seed: int, scenes: int, views: int = 8) -> PosedFeatures:
    """Features of the scene alone, in clusters of the classes."""
    poses, episodes, names, labels = walked(seed, scenes, views)
    generator = np.random.default_rng([seed, 2])
    own = np.eye(CLASSES, 6)[np.arange(scenes) % CLASSES] + 0.1 * generator.normal(size=(scenes, 6))
    return PosedFeatures(own[episodes].astype(np.float32), poses, episodes, names, labels)


def anew(seed: int, scenes: int, views: int = 8, dimensions: int = 6) -> PosedFeatures:
    """Features that tell nothing at all."""
    poses, *rest = walked(seed, scenes, views)
    drawn = np.random.default_rng([seed, 3]).normal(size=(len(poses), dimensions))
    return PosedFeatures(drawn.astype(np.float32), poses, *rest)
