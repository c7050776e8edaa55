"""Let an agent play an environment and write down what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.evidence import Evidence, EvidenceTable, Recogniser
from activevision.agents.fusion import Fusion
from activevision.agents.policies.baselines import Single
from activevision.agents.policies.ceilings import all_views
from activevision.agents.policies.policy import Policy
from activevision.evaluation.log import TrajectoryLog
from activevision.geometry import egomotion, log_se3
from activevision.protocol import Protocol
from activevision.rollouts.recorder import episode_seed


@dataclass(frozen=True, eq=False)
class Starts:
    """The first views that every policy is given: each scene a number of times.

    scene (N,). episode (N,), counted within a scene. seed: they were drawn with. viewpoint: (N, 2) on a grid, or None
    where the environment draws it, seeded from (seed, n).
    """

    scene: NDArray[np.int64]
    episode: NDArray[np.int64]
    seed: int
    viewpoint: NDArray[np.int64] | None

    @classmethod
    def on_grid(cls, scenes: int, grid_shape: tuple[int, int], episodes: int, seed: int) -> Starts:
        """The viewpoints of a scene are distinct as long as the grid has enough."""
        generator = np.random.default_rng([seed, 11])
        size = grid_shape[0] * grid_shape[1]
        index = np.stack(
            [
                np.concatenate([generator.permutation(size) for _ in range(-(-episodes // size))])[:episodes]
                for _ in range(scenes)
            ]
        ).reshape(-1)
        viewpoint = np.stack([index // grid_shape[1], index % grid_shape[1]], axis=1)
        return replace(cls.anywhere(scenes, episodes, seed), viewpoint=viewpoint)

    @classmethod
    def anywhere(cls, scenes: int, episodes: int, seed: int) -> Starts:
        return cls(np.repeat(np.arange(scenes), episodes), np.tile(np.arange(episodes), scenes), seed, None)

    def __len__(self) -> int:
        return len(self.scene)

    def seeds(self) -> list[int]:
        """One for each environment, so that no two starts of whatever seeds are alike."""
        return [episode_seed(self.seed, number) for number in range(len(self))]


def play(
    env: VectorEnv,
    recogniser: Recogniser,
    fusion: Fusion,
    policy: Callable[[BeliefVectorEnv], Policy],
    starts: Starts,
    catalogue: dict[str, Any],
    advance: Callable[[int], None] = lambda views: None,
) -> TrajectoryLog:
    """Episodes of one policy from given starts.

    env: in autoreset mode DISABLED, with as many copies as there are starts. recogniser: or a table of its evidence on
    the scenes of ``env``. policy: from the belief environment, which only ceilings look into, to the policy. For
    "single" the belief stays what the first view gave. advance: told of every view of all episodes.
    """
    beliefs = BeliefVectorEnv(env, recogniser, fusion)
    base: Any = env.unwrapped
    chooser = policy(beliefs)
    options = {"scene": starts.scene}
    if starts.viewpoint is not None:
        options["viewpoint"] = starts.viewpoint
    observation, info = beliefs.reset(seed=starts.seeds(), options=options)
    scene_id, label = info["scene_id"], info["label"]
    columns: dict[str, list[NDArray]] = {name: [] for name in ("viewpoint", "pose", "evidence", "belief", "motion")}

    def note() -> None:
        assert beliefs.evidence is not None
        columns["viewpoint"].append(beliefs.info["viewpoint"])
        columns["pose"].append(beliefs.info["pose"])
        columns["evidence"].append(beliefs.evidence.log_likelihood)
        columns["belief"].append(beliefs.belief.log_probs)
        advance(1)

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


def fused_anew(log: TrajectoryLog, fusion: Fusion) -> TrajectoryLog:
    """What the same views add up to under another fusion; for policies that do not look at the belief, what playing
    them again would give. The belief of "single" stays what its first view gives."""
    twists = np.zeros((len(log), log.views, 6), np.float32)
    twists[:, 1:] = log_se3(egomotion(log.pose[:, :-1], log.pose[:, 1:]))
    nothing: NDArray[np.float32] = np.zeros((len(log), 0), np.float32)
    belief, beliefs = fusion.init(len(log)), list[NDArray[np.float32]]()
    for view in range(log.views):
        belief = fusion.update(belief, Evidence(log.evidence[:, view], nothing), twists[:, view])
        beliefs.append(beliefs[0] if beliefs and log.policy == Single.name else belief.log_probs)
    return replace(log, fusion=fusion.name, belief=np.stack(beliefs, axis=1))


def single_log(log: TrajectoryLog, stay: int) -> TrajectoryLog:
    """The log of "single", whose motion is ``stay``, for the starts of another policy's: its first view to the end."""
    first: dict[str, Any] = {
        name: np.repeat(getattr(log, name)[:, :1], log.views, axis=1)
        for name in ("viewpoint", "pose", "evidence", "belief")
    }
    return replace(log, policy=Single.name, motion=np.full_like(log.motion, stay), **first)


def all_views_log(
    single: TrajectoryLog, table: EvidenceTable, fusion: Fusion, starts: Starts, protocol: Protocol
) -> TrajectoryLog:
    """The ceiling ``all_views`` for the starts of a log of "single": the whole grid fused, at every view."""
    belief = all_views(table, fusion, protocol, starts.scene)
    return replace(single, policy="all_views", belief=np.repeat(belief[:, None], single.belief.shape[1], axis=1))
