"""``EnvironmentRecorder``: episodes of a Gymnasium vector environment under a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import as_json, digest
from activevision.geometry import egomotion
from activevision.rollouts.pairs import PairsOf, no_pairs
from activevision.rollouts.recorder import Advance, episode_seed
from activevision.rollouts.rollout import Rollout

_DERIVED = frozenset({"egomotion", "steps_left", "evidence", "feature", "path", "collided"})
"""Observations that follow from what a rollout holds, or are not about the scene."""


class Policy(Protocol):
    """Chooses motions for a batch of episodes."""

    def act(self, observation: Mapping[str, Any], belief: NDArray[Any] | None) -> NDArray[Any]:
        """Motions (N, …) for observations (N, …); ``belief`` is the observation's, or None where it has none."""
        ...


class EnvironmentRecorder:
    """Records whole episodes, as many at a time as ``env`` has copies.

    env: in ``autoreset_mode=AutoresetMode.DISABLED``, with ``pose``, ``egomotion``, ``label`` and ``scene_id`` in its
        infos, and ``commanded`` and ``collided`` where a motion may come out otherwise than asked for;
        ``env.unwrapped`` has ``protocol``, ``classes``, ``camera`` and ``entries``. Where it also asks for a
        prediction, none is made.
    spec: what makes such an environment, as JSON; goes into every rollout.
    policy: its name, and what makes it from a seed: anew for each batch, so that what it draws depends on the seed and
        the batch alone. None: motions are drawn uniformly from the action space, an episode at a time.
    pairs: what is to be known of neighbouring views beside the motion between them.
    rate: views per second, for the time stamps.

    An episode is over when the environment says so, or with the protocol's last view. Raises UserError for protocols
    of one view, and for action spaces that motions cannot be drawn from.
    """

    def __init__(
        self,
        env: VectorEnv,
        spec: Mapping[str, Any],
        seed: int,
        policy: tuple[str, Callable[[int], Policy]] | None = None,
        pairs: PairsOf = no_pairs,
        rate: float = 1.0,
    ):
        if env.metadata.get("autoreset_mode") != AutoresetMode.DISABLED:
            raise ValueError("recording needs an environment with autoreset_mode=AutoresetMode.DISABLED")
        base: Any = env.unwrapped
        if base.protocol.views < 2:
            raise UserError(
                f"protocol {base.protocol.name!r} has T=1 view, so there is no motion to record: choose T ≥ 2."
            )
        self._env, self._pairs, self._rate = env, pairs, rate
        self._name = policy[0] if policy else "random"
        self._policy = policy[1] if policy else None
        self._motions = env.single_action_space
        self._answers = isinstance(self._motions, gym.spaces.Dict)  # whether a motion comes with a prediction
        if isinstance(self._motions, gym.spaces.Dict):
            self._motions = self._motions["motion"]
        self.views = int(base.protocol.views)
        self._seed = seed
        self.settings: Mapping[str, Any] = {
            **environment_settings(base, env.single_observation_space, spec, seed),
            "pairs": pairs.name,
            "policy": self._name,
            "rate": rate,
            # which episodes a policy draws for together
            **({"batch": env.num_envs} if policy else {}),
        }

    def record(self, first: int, count: int, advance: Advance) -> Iterator[Rollout]:
        for start in range(first, first + count, self._env.num_envs):
            # a last batch may run over; its surplus episodes are dropped
            numbers = range(start, start + self._env.num_envs)
            for rollout in self._batch(numbers)[: first + count - start]:
                advance(rollout.views)
                yield rollout

    def close(self) -> None:
        self._env.close()

    def _batch(self, numbers: range) -> list[Rollout]:
        env = self._env
        seeds = [episode_seed(self._seed, number) for number in numbers]
        generators = [np.random.default_rng([self._seed, number, 1]) for number in numbers]
        policy = None if self._policy is None else self._policy(episode_seed(self._seed, numbers[0]))
        observation, info = env.reset(seed=seeds)  # type: ignore[arg-type]  # Gymnasium's vector environments take lists
        scene_ids, labels = info["scene_id"].tolist(), np.array(info["label"]).tolist()
        views, motions = [kept_view(observation, info)], []
        length = np.zeros(env.num_envs, np.int64)  # views of each episode that is over
        for taken in range(1, self.views):
            if policy is None:
                motion = np.stack([_uniform(self._motions, generator) for generator in generators])
            else:
                motion = np.asarray(policy.act(observation, observation.get("belief")))
            observation, _, terminated, truncated, info = env.step(self._action(motion))
            views.append(kept_view(observation, info))
            motions.append(np.array(motion))
            over = (np.asarray(terminated) | np.asarray(truncated)) & (length == 0)
            length[over] = taken + 1
            if length.all():
                break
            restart = np.asarray(terminated) | np.asarray(truncated)
            if restart.any() and taken + 1 < self.views:
                # to keep the others going; what these see from now on belongs to no episode
                observation, info = env.reset(seed=seeds, options={"reset_mask": restart})  # type: ignore[arg-type]
        length[length == 0] = len(views)
        arrays = {name: np.stack([view[name] for view in views], axis=1) for name in views[0]}
        commanded = np.stack(motions, axis=1)
        return [
            environment_rollout(
                env.unwrapped,
                self.settings,
                seeds[i],
                scene_ids[i],
                labels[i],
                {name: values[i, : length[i]] for name, values in arrays.items()},
                commanded[i, : length[i] - 1],
                self._pairs,
                self._rate,
            )
            for i in range(env.num_envs)
        ]

    def _action(self, motion: NDArray[Any]) -> Any:
        if not self._answers:
            return motion
        prediction = self._env.action_space["prediction"]  # type: ignore[index]
        return {"motion": motion, "prediction": np.zeros(prediction.shape, prediction.dtype)}


def environment_settings(base: Any, observations: Any, spec: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What decides the episodes of an environment ``base`` with such ``observations``, but for who moves the camera."""
    return {
        "spec": as_json(dict(spec)),
        "protocol": as_json(base.protocol.to_json()),
        "classes": list(base.classes),
        "scenes": digest(*(entry.key for entry in base.entries)),
        "simulator": as_json(getattr(base, "simulator_settings", {})),
        "sensors": sorted(set(observations) - _DERIVED),
        "seed": seed,
    }


def kept_view(observation: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """What a rollout keeps of one step, copied, because an environment may fill the same arrays in every step."""
    view = {name: np.array(values) for name, values in observation.items() if name not in _DERIVED}
    view["pose"] = np.array(info["pose"], np.float64)
    view["egomotion"] = np.array(info["egomotion"], np.float64)
    for name in ("viewpoint", "commanded", "collided"):
        if name in info:
            view[name] = np.array(info[name])
    return view


def environment_rollout(
    base: Any,
    settings: Mapping[str, Any],
    seed: int,
    scene_id: str,
    label: int,
    views: Mapping[str, NDArray[Any]],
    motion: NDArray[Any],
    pairs: PairsOf = no_pairs,
    rate: float = 1.0,
) -> Rollout:
    """The rollout of an episode's ``kept_view``s, stacked to arrays (T, …), and the motions (T − 1, …) between them.

    base, settings: of ``environment_settings``. Raises ValueError where the environment's egomotion is not the one
    between its poses.
    """
    arrays = dict(views)
    rgb, pose, realised = arrays.pop("rgb"), arrays.pop("pose"), arrays.pop("egomotion")[1:]
    if not np.allclose(realised, egomotion(pose[:-1], pose[1:]), atol=1e-5):
        raise ValueError("the environment's infos contradict themselves: `egomotion` is not inv(pose_t) @ pose_t+1")
    commanded, collided = arrays.pop("commanded", None), arrays.pop("collided", None)
    return Rollout(
        spec=settings["spec"],
        seed=seed,
        scene_id=scene_id,
        scene_key=next(entry.key for entry in base.entries if entry.id == scene_id),
        label=settings["classes"][label],
        protocol=settings["protocol"],
        camera=base.camera.model,
        intrinsics=base.camera.intrinsics(),
        time=np.arange(len(rgb)) / rate,
        rgb=rgb,
        pose=pose,
        motion=motion,
        commanded=realised if commanded is None else commanded[1:],
        collided=np.zeros(len(rgb) - 1, bool) if collided is None else collided[1:],
        sensors=arrays,
        pairs=pairs(arrays, pose, base.camera),
    )


def _uniform(space: gym.Space, generator: np.random.Generator) -> NDArray[Any]:
    if isinstance(space, gym.spaces.Discrete):
        return np.asarray(space.start + generator.integers(space.n), np.int64)
    if isinstance(space, gym.spaces.MultiDiscrete):
        return np.asarray(space.start + generator.integers(space.nvec), np.int64)
    if isinstance(space, gym.spaces.Box) and space.is_bounded():
        return np.asarray(generator.uniform(space.low, space.high), space.dtype)
    raise UserError(f"cannot draw uniform motions from {space}: pass a policy.")
