"""Let an agent play an environment and write down what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import Fusion
from activevision.agents.policies.baselines import Single
from activevision.agents.policies.ceilings import all_views
from activevision.agents.policies.policy import Policy
from activevision.evaluation.log import TrajectoryLog
from activevision.protocol import Protocol


class Starts:
    """The first views that every policy is given: each scene ``episodes`` times, from viewpoints drawn with ``seed``.

    scene (N,), viewpoint (N, 2), episode (N,). The viewpoints of a scene are distinct as long as the grid has enough.
    """

    def __init__(self, scenes: int, grid_shape: tuple[int, int], episodes: int, seed: int):
        generator = np.random.default_rng([seed, 11])
        size = grid_shape[0] * grid_shape[1]
        index = np.stack(
            [
                np.concatenate([generator.permutation(size) for _ in range(-(-episodes // size))])[:episodes]
                for _ in range(scenes)
            ]
        ).reshape(-1)
        self.scene = np.repeat(np.arange(scenes), episodes)
        self.viewpoint = np.stack([index // grid_shape[1], index % grid_shape[1]], axis=1)
        self.episode = np.tile(np.arange(episodes), scenes)
        self.seed = seed

    def __len__(self) -> int:
        return len(self.scene)


def play(
    env: VectorEnv,
    table: EvidenceTable,
    fusion: Fusion,
    policy: Callable[[BeliefVectorEnv], Policy],
    starts: Starts,
    catalogue: dict[str, Any],
) -> TrajectoryLog:
    """Episodes of one policy from given starts.

    env: in autoreset mode DISABLED, with as many copies as there are starts. table: a recogniser's evidence on the
    scenes of ``env``. policy: from the belief environment, which only ceilings look into, to the policy. For "single"
    the belief stays what the first view gave.
    """
    beliefs = BeliefVectorEnv(env, table, fusion)
    base: Any = env.unwrapped
    chooser = policy(beliefs)
    observation, info = beliefs.reset(seed=starts.seed, options={"scene": starts.scene, "viewpoint": starts.viewpoint})
    scene_id, label = info["scene_id"], info["label"]
    columns: dict[str, list[NDArray]] = {name: [] for name in ("viewpoint", "pose", "evidence", "belief", "motion")}

    def note() -> None:
        assert beliefs.evidence is not None
        columns["viewpoint"].append(beliefs.info["viewpoint"])
        columns["pose"].append(beliefs.info["pose"])
        columns["evidence"].append(beliefs.evidence.log_likelihood)
        columns["belief"].append(beliefs.belief.log_probs)

    note()
    for _ in range(base.protocol.views - 1):
        motion = chooser.act(observation, beliefs.belief)
        observation, *_ = beliefs.step(motion)
        columns["motion"].append(motion)
        note()
    belief = np.stack(columns["belief"], axis=1)
    if isinstance(chooser, Single):
        belief = np.repeat(belief[:, :1], belief.shape[1], axis=1)
    return TrajectoryLog(
        policy=chooser.name,
        fusion=fusion.name,
        classes=tuple(base.classes),
        protocol=base.protocol.to_json(),
        catalogue=catalogue,
        scene=scene_id,
        label=label,
        seed=np.full(len(starts), starts.seed),
        episode=starts.episode,
        viewpoint=np.stack(columns["viewpoint"], axis=1),
        pose=np.stack(columns["pose"], axis=1),
        motion=np.stack(columns["motion"], axis=1),
        evidence=np.stack(columns["evidence"], axis=1),
        belief=belief,
    )


def all_views_log(
    single: TrajectoryLog, table: EvidenceTable, fusion: Fusion, starts: Starts, protocol: Protocol
) -> TrajectoryLog:
    """The ceiling ``all_views`` for the starts of a log of "single": the whole grid fused, at every view."""
    belief = all_views(table, fusion, protocol, starts.scene)
    return replace(single, policy="all_views", belief=np.repeat(belief[:, None], single.belief.shape[1], axis=1))
