"""What is trained, tried on validation scenes: the same episodes each time, as a log that the report's figures read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from activevision.agents.evidence import Evidence
from activevision.agents.fusion import Fusion
from activevision.agents.lessons import GridLessons, Lessons
from activevision.agents.observation_model import ValidationWalks
from activevision.evaluation.log import TrajectoryLog, concatenate
from activevision.evaluation.play import Starts, play

_EPISODES = 256
_WALKS = 512
WALKS = "walks"
"""What stands for a policy in the log of a fusion."""


class Validation(Protocol):
    """Tries what is trained, without changing it."""

    def log(self, trained: Any) -> TrajectoryLog: ...

    def film(self, log: TrajectoryLog, row: int) -> NDArray[np.uint8] | None:
        """The views (T, H, W, 3) of an episode of ``log``; None where they are not at hand."""
        ...


class Episodes:
    """Episodes of a policy, or of an agent that brings its own fusion, from fixed starts.

    lessons: whose validation scenes and evidence it takes. fusion: whose beliefs a policy is given; None where an agent
    brings its own.
    """

    def __init__(self, lessons: GridLessons, fusion: Fusion | None):
        assert lessons.val_env is not None
        self._env, self._table, self._fusion = lessons.val_env, lessons.val, fusion
        self.starts = _starts(lessons, lessons.val_env.num_envs)

    def log(self, trained: Any) -> TrajectoryLog:
        policy, fusion = (trained.policy, trained.fusion) if self._fusion is None else (trained, self._fusion)
        return concatenate([play(self._env, self._table, fusion, lambda _: policy, one, {}) for one in self.starts])

    def film(self, log: TrajectoryLog, row: int) -> NDArray[np.uint8] | None:
        """From the view grid, whose frames are on disk."""
        base: Any = self._env.unwrapped
        ids = [entry.id for entry in base.entries]
        views = log.column("viewpoint")[row, : int(log.column("taken")[row])]
        copies = self._env.num_envs
        if len(views) > copies:
            return None
        viewpoint = np.concatenate([views, np.repeat(views[-1:], copies - len(views), axis=0)])
        scene = np.full(copies, ids.index(str(log.scene[row])))
        observation, _ = self._env.reset(options={"scene": scene, "viewpoint": viewpoint})
        frames: NDArray[np.uint8] = np.array(observation["rgb"][: len(views)])
        return frames


class FusedWalks:
    """What a fusion makes of fixed random walks through validation scenes; on a view grid or off it."""

    def __init__(self, lessons: Lessons):
        self._lessons, generator = lessons, np.random.default_rng(0)
        if isinstance(lessons, GridLessons):  # with features, which some fusions read
            walks = ValidationWalks.draw(lessons, _WALKS, generator)
            self._views, self._twist, self._label = walks.views, walks.twists, walks.label
        else:
            scores, self._twist, self._label = lessons.val_walk(_WALKS, generator)
            nothing = np.zeros((len(scores), 0), np.float32)
            self._views = [Evidence(scores[:, view], nothing) for view in range(scores.shape[1])]

    def log(self, trained: Fusion) -> TrajectoryLog:
        belief, beliefs = trained.init(len(self._label)), list[NDArray[np.float32]]()
        for view, evidence in enumerate(self._views):
            belief = trained.update(belief, evidence, self._twist[:, view])
            beliefs.append(belief.log_probs)
        return TrajectoryLog(
            policy=WALKS,
            fusion=trained.name,
            classes=self._lessons.classes,
            protocol=self._lessons.protocol.to_json(),
            catalogue={},
            scene=np.arange(len(self._label)).astype(np.str_),  # each walk counts as much as any other
            label=self._label,
            seed=np.zeros(len(self._label), np.int64),
            episode=np.zeros(len(self._label), np.int64),
            belief=np.stack(beliefs, axis=1),
        )

    def film(self, log: TrajectoryLog, row: int) -> None:
        """Of walks there is evidence alone."""


def _starts(lessons: GridLessons, copies: int) -> Sequence[Starts]:
    """About ``_EPISODES`` of validation scenes, in parts for so many copies of the environment."""
    scenes = len(lessons.val.label)
    parts = -(-_EPISODES // copies)
    each = -(-parts * copies // scenes)
    all_ = Starts.on_grid(scenes, lessons.val.grid_shape, each, 0)
    assert all_.viewpoint is not None
    chosen = np.random.default_rng(0).permutation(len(all_))[: parts * copies].reshape(parts, copies)
    return [Starts(all_.scene[some], all_.episode[some], 0, all_.viewpoint[some]) for some in chosen]
