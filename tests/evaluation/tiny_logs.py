"""Logs of a few episodes, small enough to work their figures out on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from activevision.evaluation.log import TrajectoryLog


def tiny(probabilities: Sequence[Any], scene: Sequence[str], label: Sequence[int], **more: Any) -> TrajectoryLog:
    """A log with beliefs (N, T, C) given as probabilities; episodes are counted within a scene and seed."""
    belief = np.log(np.asarray(probabilities, float), where=np.asarray(probabilities) > 0, out=np.full(
        np.shape(probabilities), -np.inf))  # fmt: skip
    seed = np.asarray(more.pop("seed", [0] * len(scene)))
    keys = list(zip(scene, seed.tolist(), strict=True))
    episode = more.pop("episode", [keys[:row].count(key) for row, key in enumerate(keys)])
    words: dict[str, Any] = {"policy": "mine", "fusion": "own", "protocol": {}, "catalogue": {}}
    words |= {name: more.pop(name) for name in list(more) if name in words}
    return TrajectoryLog(
        **words,
        classes=tuple("abcdefgh"[: belief.shape[-1]]),
        scene=np.array(scene),
        label=np.array(label),
        seed=seed,
        episode=np.array(episode),
        belief=belief,
        **more,
    )


def answers(right: Sequence[Sequence[int]], scene: Sequence[str], **more: Any) -> TrajectoryLog:
    """A log of which only right (1) and wrong (0) answers (N, T) matter; the true class is the first of two."""
    right = np.asarray(right, float)
    return tiny(np.stack([0.2 + 0.6 * right, 0.8 - 0.6 * right], axis=-1), scene, [0] * len(scene), **more)
