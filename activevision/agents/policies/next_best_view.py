"""The next best view by expected information gain, with a forward model of the encoder's features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig, NextBestViewConfig
from activevision.agents.evidence_model import EvidenceModel, Looks, centred
from activevision.agents.forward_model import ForwardModel
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.information_gain import Imagined, best_motions, hypotheses
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.policy import begins, elevation_row, require_elevation
from activevision.errors import UserError
from activevision.files import NO_ARRAYS, atomic_write
from activevision.protocol import Protocol

_ROWS = 8192
"""Beliefs that are updated at once: what is worked on stays in the processor's cache."""


class NextBestView:
    """The first of the motions that are expected to tell most about the class.

    For every viewpoint in reach, M_g z forecasts the features of the view (``ForwardModel``). From these and from what
    was said of the views so far, the evidence that the recogniser would give is drawn for imagined objects of the
    classes that the belief has likely (``EvidenceModel``). A motion gains what the fusion whose beliefs the policy is
    given would come to know about those objects (``expected_gains``).

    To choose what to look at by expected information is due to Lindley (1956) and, for active vision, to Denzler &
    Brown (2002); Wu et al. (*3D ShapeNets*, CVPR 2015) imagine whole objects for it, where this imagines what a
    recogniser says of them. The policy costs ``samples`` updates of the fusion for every motion, and with a depth of 2
    for every motion after each of the ``beam`` best as well.

    It keeps its own map of an episode, relative to the first column, from the elevation that proprioception tells and
    from the motions that it asked for.
    """

    name, suffix = "next_best_view", ".npz"

    def __init__(
        self,
        forward: ForwardModel,
        evidence: EvidenceModel,
        errors: NDArray[np.float32],
        protocol: Protocol,
        fusion: Fusion,
        config: NextBestViewConfig,
    ):
        """errors: draws from ``evidence``, one for each imagined object. fusion: whose beliefs the policy is given.

        UserError where proprioception does not tell the elevation.
        """
        require_elevation(protocol, self.name)
        self._forward, self._evidence, self._errors = forward, evidence, errors
        self._protocol, self._fusion, self._config = protocol, fusion, config
        self._reach, self._place = _reach(protocol, config.depth)
        self._column = np.zeros(0, np.int64)
        self._looks = self._no_looks(0)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        assert belief is not None
        row, left = elevation_row(observation, self._protocol), observation["steps_left"][:, 0]
        code = self._remember(observation, row)
        motion = np.full(len(row), self._protocol.stay)
        for depth in range(1, self._config.depth + 1):
            alike = np.flatnonzero(np.minimum(left, self._config.depth) == depth)
            size = max(1, _ROWS // (len(self._protocol.motions) * (self._config.beam if depth > 1 else 1)))
            for start in range(0, len(alike), size):
                episodes = alike[start : start + size]
                motion[episodes] = self._choose(episodes, row[episodes], code[episodes], belief, depth)
        self._column = self._protocol.move(np.stack([row, self._column], axis=1), motion)[:, 1]
        return motion

    def _remember(self, observation: Mapping[str, Any], row: NDArray[np.int64]) -> NDArray[np.float32]:
        """Take in the present views; their codes (N, k)."""
        start = begins(observation, self._protocol)
        if len(self._column) != len(row):
            self._column, self._looks = np.zeros(len(row), np.int64), self._no_looks(len(row))
        self._column[start], self._looks.had[start] = 0, False
        number = self._protocol.views - 1 - observation["steps_left"][:, 0]
        cell = self._protocol.viewpoint_index(np.stack([row, self._column], axis=1))
        code = self._forward.code(observation["feature"])
        now = np.arange(len(row)), number
        self._looks.cell[now], self._looks.code[now] = cell, code
        self._looks.said[now], self._looks.had[now] = centred(observation["evidence"]), True
        return code

    def _choose(
        self,
        episodes: NDArray[np.int64],
        row: NDArray[np.int64],
        code: NDArray[np.float32],
        belief: Belief,
        depth: int,
    ) -> NDArray[np.int64]:
        """Motions for n of the episodes, with the rows (n,) and codes (n, k) of their present views."""
        belief = Belief(belief.log_probs[episodes], belief.state[episodes])
        looks, columns = self._looks.of(episodes), self._protocol.azimuths
        from_here = (looks.cell - self._column[episodes, None]) % columns
        looks = looks._replace(cell=looks.cell - looks.cell % columns + from_here)
        cell = self._reach[row]
        ahead = self._forward.forecast(code, row).reshape(len(row), -1, code.shape[1])
        ahead = ahead[np.arange(len(row))[:, None], cell]
        hypothesis = hypotheses(belief.log_probs, len(self._errors))
        evidence = self._evidence.imagine(looks, cell, ahead, hypothesis, self._errors)
        imagined = Imagined(hypothesis, evidence, self._forward.feature(ahead), self._place[row])
        return best_motions(self._fusion, belief, imagined, self._protocol, row, depth, self._config.beam)

    def _no_looks(self, episodes: int) -> Looks:
        shape = episodes, self._protocol.views
        size, classes = self._forward.encode.shape[1], len(self._evidence.spread)
        code, said = np.zeros((*shape, size), np.float32), np.zeros((*shape, classes), np.float32)
        return Looks(np.zeros(shape, np.int64), code, said, np.zeros(shape, bool))

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> NextBestView:
        """On the features and the evidence of every view of training scenes; errors are those on validation scenes."""
        own = config.next_best_view
        forward = ForwardModel.fit(lessons.train.feature, own.components)
        train, val = (
            (forward.code(table.feature), centred(table.log_likelihood), table.label)
            for table in (lessons.train, lessons.val)
        )
        evidence = EvidenceModel.fit(train, val)
        errors = evidence.errors(own.samples, np.random.default_rng([seed, 23]))
        return cls(forward, evidence, errors, lessons.protocol, fusion, own)

    def save(self, path: Path) -> None:
        parts: dict[str, NDArray[Any]] = {
            "errors": self._errors,
            "twists": self._protocol.twists,
            "config": np.array(json.dumps(asdict(self._config))),
            **{f"forward_{name}": array for name, array in self._forward.arrays().items()},
            **{f"evidence_{name}": array for name, array in self._evidence.arrays().items()},
        }
        with atomic_write(path) as file:
            np.savez(file, **parts)  # type: ignore[arg-type]  # the stubs take a name for a flag

    @classmethod
    def load(cls, path: Path, protocol: Protocol, fusion: Fusion) -> NextBestView:
        try:
            with np.load(path) as parts:
                forward, evidence = (
                    {name.removeprefix(kind): parts[name] for name in parts.files if name.startswith(kind)}
                    for kind in ("forward_", "evidence_")
                )
                models = ForwardModel.from_arrays(forward), EvidenceModel.from_arrays(evidence)
                errors, twists = parts["errors"], parts["twists"]
                config = NextBestViewConfig(**json.loads(str(parts["config"])))
        except FileNotFoundError:
            raise UserError(f"no policy {path}: give a folder that `activevision train` wrote.") from None
        except (*NO_ARRAYS, TypeError) as error:
            raise UserError(f"policy {path} is damaged ({error}): delete it and train again.") from None
        if not np.array_equal(twists, protocol.twists):
            raise UserError(
                f"policy {path} was trained on another view grid than that of protocol {protocol.name!r}: train it "
                "again."
            )
        return cls(*models, errors, protocol, fusion, config)


def _reach(protocol: Protocol, depth: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The viewpoints that so many motions reach from each row in column 0.

    (E, R) their raster indices, the last of them again where a row has fewer, and (E, E · A) which of the R a viewpoint
    is, −1 where it is out of reach.
    """
    motions, found = np.arange(len(protocol.motions)), []
    for row in range(protocol.grid_shape[0]):
        reached = np.array([[row, 0]])
        for _ in range(depth):
            reached = np.unique(protocol.move(reached[:, None], motions).reshape(-1, 2), axis=0)
        found.append(protocol.viewpoint_index(reached))
    most = max(map(len, found))
    reach = np.stack([np.pad(cells, (0, most - len(cells)), "edge") for cells in found])
    place = np.full((len(found), protocol.grid_size), -1)
    for row, cells in enumerate(found):
        place[row, cells] = np.arange(len(cells))
    return reach, place
