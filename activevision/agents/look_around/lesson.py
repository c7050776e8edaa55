"""How motions are chosen while a network learns, and what its choices are worth."""

from __future__ import annotations

import math
from typing import Protocol

import torch

from activevision.agents.config import LookAroundConfig
from activevision.agents.look_around.choosers import Chooser, Drawn, GreedyCoverage, Taught
from activevision.agents.look_around.episodes import Episodes
from activevision.agents.look_around.material import Material
from activevision.agents.look_around.network import CompletionNetwork
from activevision.agents.look_around.sidekicks import errors_from_one_view, peaks, score_rewards, scores, utility


class Lesson(Protocol):
    """by_trial: whether the network makes choices. progress, below: the share of training that is done."""

    by_trial: bool

    def chooser(self, progress: float) -> Chooser: ...

    def rewards(self, episodes: Episodes, scene: torch.Tensor, origin: torch.Tensor, progress: float) -> torch.Tensor:
        """(N, T − 1) of every motion, in MSE × 1000, beside what the last prediction is worth."""
        ...


class Given:
    """Motions that do not come from the network: only completion is learned."""

    by_trial = False

    def __init__(self, chooser: Chooser):
        self._chooser = chooser

    def chooser(self, progress: float) -> Chooser:
        return self._chooser

    def rewards(self, episodes: Episodes, scene: torch.Tensor, origin: torch.Tensor, progress: float) -> torch.Tensor:
        return torch.zeros(len(scene), len(episodes.choices))


class Learned(Given):
    """The network's own motions, which only the last prediction rewards."""

    by_trial = True

    def __init__(self) -> None:
        super().__init__(Drawn())


class ScoreSidekick(Learned):
    """Besides, a view is rewarded by how well the whole is completed from it alone, and ever less so."""

    def __init__(self, one_view: CompletionNetwork, material: Material, config: LookAroundConfig):
        super().__init__()
        self._grid, self._config = material.grid, config
        errors = errors_from_one_view(one_view, material.table.first(2), material.grid)
        self._peaks, self._unit = peaks(scores(errors), material.grid), float(errors.mean())

    def rewards(self, episodes: Episodes, scene: torch.Tensor, origin: torch.Tensor, progress: float) -> torch.Tensor:
        weight = self._config.score_weight * self._unit * max(0.0, 1 - progress / self._config.sidekick_share)
        return weight * score_rewards(self._peaks, scene, origin, episodes.viewpoint, self._grid)


class CoverageSidekick(Learned):
    """At first a demonstrator makes all motions, which the network imitates; then it leaves more and more of the last
    ones to the network."""

    def __init__(self, one_view: CompletionNetwork, material: Material, config: LookAroundConfig):
        super().__init__()
        errors = errors_from_one_view(one_view, material.table.first(2), material.grid)
        self._demonstrator = GreedyCoverage(utility(errors), material.grid)
        self._motions, self._share = material.protocol.views - 1, config.sidekick_share

    def chooser(self, progress: float) -> Chooser:
        return Taught(self._demonstrator, math.ceil(self._motions * max(0.0, 1 - progress / self._share)))
