"""The agent of *Look-ahead before you leap*, as a fusion and a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig, LookAheadConfig
from activevision.agents.evidence import Evidence
from activevision.agents.fusion import Belief
from activevision.agents.fusion.fusion import normalise, uniform
from activevision.agents.lessons import GridLessons
from activevision.agents.look_ahead.network import LookAheadNetwork, Sizes
from activevision.agents.look_ahead.training import train_look_ahead
from activevision.agents.policies.policy import begins
from activevision.agents.torch_file import read_content, write_content
from activevision.errors import UserError
from activevision.protocol import Protocol


class LookAhead:
    r"""Jayaraman & Grauman, *Look-ahead before you leap: end-to-end active recognition by forecasting the effect of
    motion* (ECCV 2016).

    A SENSOR describes each view and the motion that led to it, an AGGREGATOR (recurrent) keeps what was seen, a
    CLASSIFIER answers from the aggregate a_t, an ACTOR draws the next motion m_t from it, and LOOK-AHEAD forecasts
    a_{t+1} from a_t and m_t. All are trained together, on

        L = Σ_t cross-entropy(CLASSIFIER(a_t), y) + λ Σ_t (1 − cos(LOOK-AHEAD(a_t, m_t), a_{t+1}))
            − Σ_t log π(m_t | a_t) (R − b_t) − η Σ_t H(π(· | a_t)),

    by backpropagation where that is possible and by REINFORCE (Williams 1992) through the choice of motions, where the
    reward R is 1 for a right answer after the last view and b_t a learned baseline; λ = 1.5 as in the authors' later
    code. As published, ACTOR and LOOK-AHEAD know the elevation but not the azimuth, where the protocol says so; the
    ACTOR is told how many motions are left as well.

    What is adapted: the SENSOR's view is not a picture but the recogniser's frozen encoder's features of it and what
    the recogniser says of it, cross-fitted, so that training is a matter of table look-ups; the CLASSIFIER then begins
    from the sum of what the recogniser said. It answers after every view, and so is trained after every view, instead
    of the last alone. The AGGREGATOR is a GRU, and is told of a motion by its twist. η keeps the choices from closing
    too early. Evaluated, it takes the likeliest motion.
    """

    name: ClassVar[str] = "look_ahead"
    suffix: ClassVar[str] = ".pt"

    def __init__(self, net: LookAheadNetwork, protocol: Protocol):
        self.net, self._protocol = net.eval(), protocol
        self.fusion = LookAheadFusion(net, self.name)
        self.policy = LookAheadPolicy(net, protocol, self.name)

    @classmethod
    def fit(cls, lessons: GridLessons, config: AgentConfig, seed: int) -> LookAhead:
        def agent(net: LookAheadNetwork) -> LookAhead:
            return cls(net, lessons.protocol)

        what = f"Training {cls.name} (seed {seed})"
        return agent(train_look_ahead(lessons, cls.settings(config), seed, what, agent))

    @classmethod
    def settings(cls, config: AgentConfig) -> LookAheadConfig:
        return config.look_ahead

    def save(self, path: Path) -> None:
        write_content(path, {"sizes": asdict(self.net.sizes), "weights": self.net.state_dict()})

    @classmethod
    def load(cls, path: Path, protocol: Protocol) -> LookAhead:
        """What ``save`` wrote; UserError if it is missing, damaged, or of a protocol with other motions."""
        net = read_content(path, "agent", _rebuilt)
        motions = net.sizes.motions
        if motions != len(protocol.motions):
            raise UserError(f"agent {path} has {motions} motions, protocol {protocol.name!r} other: train again.")
        return cls(net, protocol)


class ActiveRNN(LookAhead):
    """``LookAhead`` without looking ahead (λ = 0): what is called "active RNN" in the paper's table."""

    name: ClassVar[str] = "active_rnn"

    @classmethod
    def settings(cls, config: AgentConfig) -> LookAheadConfig:
        return replace(config.look_ahead, look_ahead=0.0)


class LookAheadFusion:
    """SENSOR, AGGREGATOR and CLASSIFIER as a fusion. Depends on the order of views."""

    def __init__(self, net: LookAheadNetwork, name: str):
        self._net, self.name = net, name

    def init(self, batch: int) -> Belief:
        return Belief(uniform(batch, self._net.sizes.classes), self._net.begin(batch).numpy())

    @torch.no_grad()
    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        state = _seen(self._net, evidence.log_likelihood, evidence.feature, egomotion, belief.state)
        return Belief(normalise(self._net.classify(state).numpy()), state.numpy())


class LookAheadPolicy:
    """SENSOR, AGGREGATOR and ACTOR as a policy that remembers its episodes, whatever fusion is beside it."""

    def __init__(self, net: LookAheadNetwork, protocol: Protocol, name: str):
        self._net, self._protocol, self.name = net, protocol, name
        self.state: NDArray[np.float32] = net.begin(0).numpy()

    @torch.no_grad()
    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        start = begins(observation, self._protocol)
        if len(self.state) != len(start):
            self.state = self._net.begin(len(start)).numpy()
        before = np.where(start[:, None], 0, self.state).astype(np.float32)
        twist = np.where(start[:, None], 0, observation["egomotion"]).astype(np.float32)
        state = _seen(self._net, observation["evidence"], observation["feature"], twist, before)
        self.state = state.numpy()
        where = observation.get("proprioception", np.zeros((len(start), 0), np.float32))
        left = observation["steps_left"].astype(np.float32) / max(self._protocol.views - 1, 1)
        logits = self._net.choose(state, torch.from_numpy(np.float32(where)), torch.from_numpy(left))
        return logits.argmax(dim=1).numpy()


def _rebuilt(content: dict[str, Any]) -> LookAheadNetwork:
    net = LookAheadNetwork(Sizes(**{**content["sizes"], "inputs": tuple(content["sizes"]["inputs"])}))
    net.load_state_dict(content["weights"])
    return net


def _seen(
    net: LookAheadNetwork,
    log_likelihood: NDArray[np.float32],
    feature: NDArray[np.float32],
    twist: NDArray[np.float32],
    state: NDArray[np.float32],
) -> torch.Tensor:
    parts = (torch.from_numpy(np.array(part, np.float32)) for part in (log_likelihood, feature, twist, state))
    return net.see(*parts)
