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
from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog
from activevision.geometry import egomotion, log_se3
from activevision.protocol import Protocol
from activevision.rollouts.recorder import episode_seed

_OF_VIEWS = ("viewpoint", "pose", "evidence", "belief")


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
    the scenes of ``env``. policy: from the belief environment, which only ceilings look into, to the policy. Where it
    answers ``len(protocol.motions)`` an episode stops: all that is known of it stays as it is. For "single" it stops
    after the first view. advance: told of every view of all episodes. UserError for a motion that is none.
    """
    beliefs = BeliefVectorEnv(env, recogniser, fusion)
    base: Any = env.unwrapped
    protocol = base.protocol
    chooser = policy(beliefs)
    options = {"scene": starts.scene}
    if starts.viewpoint is not None:
        options["viewpoint"] = starts.viewpoint
    observation, info = beliefs.reset(seed=starts.seeds(), options=options)
    scene_id, label = info["scene_id"], info["label"]
    taken = np.full(len(starts), 1 if isinstance(chooser, Single) else protocol.views)
    columns: dict[str, list[NDArray]] = {name: [] for name in (*_OF_VIEWS, "motion", "collided")}

    def note(view: int) -> None:
        assert beliefs.evidence is not None
        seen = (beliefs.info["viewpoint"], beliefs.info["pose"], beliefs.evidence.log_likelihood,
                beliefs.belief.log_probs)  # fmt: skip
        for name, now in zip(_OF_VIEWS, seen, strict=True):
            goes_on = (view <= taken).reshape(-1, *[1] * (now.ndim - 1))
            columns[name].append(np.where(goes_on, now, columns[name][-1]) if view > 1 else now)
        advance(1)

    note(1)
    for view in range(1, protocol.views):
        motion = _legal(chooser.act(observation, beliefs.belief), chooser, len(starts), len(protocol.motions))
        taken = np.where(motion == len(protocol.motions), np.minimum(taken, view), taken)
        motion = np.where(view < taken, motion, protocol.stay)
        observation, *_ = beliefs.step(motion)
        columns["motion"].append(motion)
        columns["collided"].append(beliefs.info.get("collided", np.zeros(len(starts), bool)) & (view < taken))
        note(view + 1)
    nothing = np.zeros((len(starts), 0))  # between the views of episodes of one view
    stacked: dict[str, Any] = {name: np.stack(parts, 1) if parts else nothing for name, parts in columns.items()}
    return TrajectoryLog(
        policy=chooser.name,
        fusion=fusion.name,
        classes=tuple(base.classes),
        protocol=protocol.to_json(),
        catalogue=catalogue,
        scene=scene_id,
        label=label,
        seed=np.full(len(starts), starts.seed),
        episode=starts.episode,
        taken=taken,
        **stacked,
    )


def _legal(motion: Any, policy: Policy, episodes: int, motions: int) -> NDArray[np.int64]:
    """The motions that a policy returned; UserError if they are not what they must be."""
    motion = np.asarray(motion)
    if motion.shape != (episodes,) or motion.dtype.kind not in "iu":
        raise UserError(
            f"policy {policy.name!r} returned motions of shape {motion.shape} and dtype {motion.dtype}: return one "
            f"integer for each of the {episodes} episodes."
        )
    if motion.min() < 0 or motion.max() > motions:
        wrong = motion[(motion < 0) | (motion > motions)][0]
        raise UserError(
            f"policy {policy.name!r} returned motion {wrong}: motions are 0 to {motions - 1}, and {motions} stops."
        )
    return motion


def fused_anew(log: TrajectoryLog, fusion: Fusion) -> TrajectoryLog:
    """What the same views add up to under another fusion; for policies that do not look at the belief, what playing
    them again would give."""
    pose, evidence, taken = (log.column(name) for name in ("pose", "evidence", "taken"))
    twists = np.zeros((len(log), log.views, 6), np.float32)
    twists[:, 1:] = log_se3(egomotion(pose[:, :-1], pose[:, 1:]))
    nothing: NDArray[np.float32] = np.zeros((len(log), 0), np.float32)
    belief, beliefs = fusion.init(len(log)), list[NDArray[np.float32]]()
    for view in range(log.views):
        belief = fusion.update(belief, Evidence(evidence[:, view], nothing), twists[:, view]).where(
            view < taken, belief
        )
        beliefs.append(belief.log_probs)
    return replace(log, fusion=fusion.name, belief=np.stack(beliefs, axis=1))


def single_log(log: TrajectoryLog, stay: int) -> TrajectoryLog:
    """The log of "single", whose motion is ``stay``, for the starts of another policy's: its first view to the end."""
    first: dict[str, Any] = {
        name: np.repeat(log.column(name)[:, :1], log.views, axis=1)
        for name in ("viewpoint", "pose", "evidence", "belief")
    }
    motion, collided = np.full_like(log.column("motion"), stay), np.zeros_like(log.column("collided"))
    taken = np.ones(len(log), np.int64)
    return replace(log, policy=Single.name, taken=taken, motion=motion, collided=collided, **first)


def all_views_log(
    single: TrajectoryLog, table: EvidenceTable, fusion: Fusion, starts: Starts, protocol: Protocol
) -> TrajectoryLog:
    """The ceiling ``all_views`` for the starts of a log of "single": the whole grid fused, at every view."""
    belief = all_views(table, fusion, protocol, starts.scene)
    return replace(single, policy="all_views", belief=np.repeat(belief[:, None], single.belief.shape[1], axis=1))
