"""Evidence: what one view contributes, who gives it, and a table of all that a view grid can give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray
from scipy.special import log_softmax

from activevision.agents.every_view import every_view
from activevision.errors import UserError
from activevision.files import NO_ARRAYS, atomic_write
from activevision.protocol import Protocol as ViewProtocol


class Evidence(NamedTuple):
    """What N views contribute.

    log_likelihood: (N, C) float32, log p(view | class) up to a constant a view; with equally likely classes this is
    the log-posterior of the single view. feature: (N, D) float32, the encoder's description of the view.
    """

    log_likelihood: NDArray[np.float32]
    feature: NDArray[np.float32]


Walk: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]
"""Log-likelihoods (N, T, C), twists (N, T, 6) that led to each view, and labels (N,) of N walks of T views."""


class Recogniser(Protocol):
    """Turns views into evidence. Encoder + classifier, or a table of what they said."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def feature_size(self) -> int: ...

    def evidence(self, observation: Mapping[str, Any], info: Mapping[str, Any]) -> Evidence:
        """Evidence of N views from a vector environment's observation and info.

        Only a table reads ``info``, to know which of its rows a view is; what it returns is what the recogniser that
        it was made with says of the frame. A user's own recogniser is given an empty ``info``: the environment's
        tells the label, the scene and the viewpoint, which no agent may know.
        """
        ...


@dataclass(frozen=True, eq=False)
class EvidenceTable:
    """The evidence of every view of S scenes on a grid of E × A viewpoints: an exact cache of a recogniser.

    log_likelihood: (S, E, A, C) float32. feature: (S, E, A, D) float32. label: (S,) int64.
    """

    classes: tuple[str, ...]
    log_likelihood: NDArray[np.float32]
    feature: NDArray[np.float32]
    label: NDArray[np.int64]

    @property
    def feature_size(self) -> int:
        return self.feature.shape[-1]

    @property
    def grid_shape(self) -> tuple[int, int]:
        return self.log_likelihood.shape[1], self.log_likelihood.shape[2]

    def evidence(self, observation: Mapping[str, Any], info: Mapping[str, Any]) -> Evidence:
        return self.at(info["scene"], info["viewpoint"])

    def at(self, scene: NDArray[np.int64], viewpoint: NDArray[np.int64]) -> Evidence:
        """Evidence of scenes (N,) from viewpoints (N, 2)."""
        index = scene, viewpoint[:, 0], viewpoint[:, 1]
        return Evidence(self.log_likelihood[index], self.feature[index])

    def tempered(self, temperature: float) -> EvidenceTable:
        """The table that the recogniser would give with its scores divided by ``temperature``."""
        scores = log_softmax(self.log_likelihood / temperature, axis=-1).astype(np.float32)
        return replace(self, log_likelihood=scores)

    def paths(
        self, protocol: ViewProtocol, episodes: int, generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """So many random walks over the grid: scenes (N,), viewpoints (N, T, 2), twists (N, T, 6) that led to each."""
        scene = generator.integers(len(self.label), size=episodes)
        viewpoints = [generator.integers(protocol.grid_shape, size=(episodes, 2))]
        twists = [np.zeros((episodes, 6), np.float32)]
        for _ in range(protocol.views - 1):
            target = protocol.move(viewpoints[-1], generator.integers(len(protocol.motions), size=episodes))
            twists.append(protocol.twists[protocol.motion_index(viewpoints[-1], target)])
            viewpoints.append(target)
        return scene, np.stack(viewpoints, axis=1), np.stack(twists, axis=1)

    def walk(self, protocol: ViewProtocol, episodes: int, generator: np.random.Generator) -> Walk:
        """So many random walks over the grid, with what is said of each view."""
        scene, viewpoints, twists = self.paths(protocol, episodes, generator)
        scores = self.log_likelihood[scene[:, None], viewpoints[..., 0], viewpoints[..., 1]]
        return scores, twists, self.label[scene]

    def save(self, path: Path) -> None:
        with atomic_write(path) as file:
            np.savez(
                file, classes=self.classes, log_likelihood=self.log_likelihood, feature=self.feature, label=self.label
            )

    @classmethod
    def load(cls, path: Path) -> EvidenceTable:
        try:
            with np.load(path) as arrays:
                classes = tuple(arrays["classes"].tolist())
                return cls(classes, arrays["log_likelihood"], arrays["feature"], arrays["label"])
        except NO_ARRAYS as error:
            raise UserError(
                f"evidence table {path} is missing or damaged ({error}): delete it and train again."
            ) from None

    @classmethod
    def build(cls, recogniser: Recogniser, env: VectorEnv, what: str = "Looking at every view") -> EvidenceTable:
        """Show every viewpoint of every scene of a grid environment's split to a recogniser, through its resets."""
        base: Any = env.unwrapped
        rows, columns = base.protocol.grid_shape
        total = len(base.entries) * rows * columns
        evidence: list[Evidence] = []
        labels = np.zeros(len(base.entries), np.int64)
        for view, observation, info in every_view(env, what):
            evidence.append(recogniser.evidence(observation, info))
            labels[view // (rows * columns)] = info["label"]
        scores, features = (np.concatenate(part)[:total] for part in zip(*evidence, strict=True))
        shape = (len(base.entries), rows, columns, -1)
        return cls(recogniser.classes, scores.reshape(shape), features.reshape(shape), labels)
