"""Lessons: what fusions and policies learn from. Nothing of it comes from a test scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from gymnasium.vector import VectorEnv

from activevision.agents.evidence import EvidenceTable, Walk
from activevision.agents.watch import Watch
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol as ViewProtocol

if TYPE_CHECKING:
    from activevision.agents.walks import Walks  # needs torch, which closed-form fusions do without

CALIBRATION_WALKS = 4096
"""Validation walks that what has few parameters is fitted to."""


class Lessons(Protocol):
    """What any fusion can learn from: walks with what recognisers say of scenes that they have not seen."""

    @property
    def protocol(self) -> ViewProtocol | ExploreProtocol: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def watch(self) -> Watch | None:
        """Who looks at what is trained with them, if anybody."""
        ...

    def walk(self, episodes: int, generator: np.random.Generator) -> Walk:
        """So many random walks through training scenes, with cross-fitted evidence."""
        ...

    def val_walk(self, episodes: int, generator: np.random.Generator) -> Walk:
        """So many random walks through validation scenes, with evidence of the agent's own recogniser."""
        ...


@dataclass(frozen=True, eq=False)
class GridLessons:
    """On a view grid, where all that can be seen is known.

    train: cross-fitted evidence of every view of the training scenes. val: the recogniser's evidence of the validation
    scenes. train_env, val_env: environments over the same scenes, in autoreset mode DISABLED, and None where nothing
    steps them.
    """

    protocol: ViewProtocol
    train: EvidenceTable
    val: EvidenceTable
    train_env: VectorEnv | None = None
    val_env: VectorEnv | None = None
    watch: Watch | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.train.classes

    def walk(self, episodes: int, generator: np.random.Generator) -> Walk:
        return self.train.walk(self.protocol, episodes, generator)

    def val_walk(self, episodes: int, generator: np.random.Generator) -> Walk:
        return self.val.walk(self.protocol, episodes, generator)


@dataclass(frozen=True, eq=False)
class FreeLessons:
    """Where the camera moves freely, so that recorded walks stand for all that can be seen."""

    protocol: ExploreProtocol
    classes: tuple[str, ...]
    train: Walks
    val: Walks
    watch: Watch | None = None

    def walk(self, episodes: int, generator: np.random.Generator) -> Walk:
        return self.train.draw(episodes, generator)

    def val_walk(self, episodes: int, generator: np.random.Generator) -> Walk:
        return self.val.draw(episodes, generator)
