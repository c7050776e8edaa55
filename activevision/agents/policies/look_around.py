"""The policy that has learned to look around, unchanged, for recognition."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.look_around.agent import LookAround
from activevision.agents.look_around.grids import Grids
from activevision.agents.look_around.lesson import Learned
from activevision.agents.look_around.material import Material
from activevision.agents.look_around.network import CompletionNetwork
from activevision.agents.look_around.training import train_looking_around, train_one_view
from activevision.agents.policies.policy import begins, require_elevation
from activevision.protocol import Protocol


class LookAroundPolicy:
    """Moves as to complete what it has not seen (``LookAround``); neither labels nor beliefs have a part in it.

    It takes the likeliest motion, and looks at frames, egomotion and elevation alone, whatever fusion is beside it.
    """

    name: ClassVar[str] = "look_around"
    suffix: ClassVar[str] = ".pt"

    def __init__(self, agent: LookAround):
        self.agent = agent
        self._gaze = agent.gaze()

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        self._gaze.observe(observation, begins(observation, self.agent.protocol))
        return self._gaze.logits().argmax(dim=1).numpy()

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> LookAroundPolicy:
        settings, protocol = config.look_around, lessons.protocol
        require_elevation(protocol, cls.name)
        assert lessons.train_env is not None
        material = Material.of(Grids.gather(lessons.train_env), protocol, settings, seed)
        one_view = train_one_view(material, settings, seed)

        def policy(net: CompletionNetwork) -> LookAroundPolicy:
            return cls(LookAround(net.eval(), material.codes, protocol))

        def begun(net: CompletionNetwork) -> None:
            if lessons.watch is not None:
                lessons.watch.follow(lambda: policy(copy.deepcopy(net)), settings.steps)

        return policy(train_looking_around(one_view, material, Learned(), settings, seed, begun=begun))

    def save(self, path: Path) -> None:
        self.agent.save(path)

    @classmethod
    def load(cls, path: Path, protocol: Protocol, fusion: Fusion) -> LookAroundPolicy:
        return cls(LookAround.load(path, protocol))
