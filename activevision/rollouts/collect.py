"""Collect rollouts from a vector environment into a folder of shards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import as_json, digest
from activevision.geometry import egomotion
from activevision.progress import progress
from activevision.rollouts.manifest import FILE, Manifest, Source
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import is_intact, write_shard

_DERIVED = frozenset({"egomotion", "steps_left", "belief"})
"""Observations that follow from what a rollout holds, or are not about the scene."""


class Policy(Protocol):
    """Chooses motions for a batch of episodes. Named by ``name``, which goes into the data set's settings."""

    name: str

    def act(self, observation: Mapping[str, Any], belief: NDArray[Any] | None) -> NDArray[Any]:
        """Motions (N, …) for observations (N, …); ``belief`` is the observation's, or None where it has none."""
        ...


def collect(
    env: VectorEnv,
    policy: Policy | None,
    episodes: int,
    out: Path,
    seed: int,
    source: Source,
    episodes_per_shard: int = 256,
) -> Manifest:
    """Write ``episodes`` rollouts to ``out`` and return the manifest; go on where an earlier call was stopped.

    Episode k depends on (seed, k) alone, not on the number of environments: its environment is seeded from them, and so
    are its motions when ``policy`` is None (uniform over the action space). A policy that draws its own random numbers
    gives this up. After any interruption, even SIGKILL, the same call ends with the bytes that an uninterrupted one
    gives. With a larger ``episodes`` an existing data set grows.

    ``env`` must have ``autoreset_mode=AutoresetMode.DISABLED`` and give ``pose``, ``egomotion``, ``label`` and
    ``scene_id`` in its infos; ``env.unwrapped`` has ``protocol``, ``classes``, ``camera`` and ``entries``. One process
    at a time may write to a folder.

    Raises UserError when ``out`` holds rollouts from other settings or more episodes than asked for.
    """
    if episodes < 1:
        raise UserError(f"episodes={episodes}: collect at least one.")
    if env.metadata.get("autoreset_mode") != AutoresetMode.DISABLED:
        raise ValueError("collect needs an environment with autoreset_mode=AutoresetMode.DISABLED")
    base: Any = env.unwrapped
    if base.protocol.views < 2:
        raise UserError(f"protocol {base.protocol.name!r} has T=1 view, so there is no motion to record: choose T ≥ 2.")
    settings = _settings(env, policy, seed, episodes_per_shard)
    manifest = _open(out, settings, source, episodes, episodes_per_shard)
    if manifest.finished == episodes:
        return manifest
    with progress("Collecting rollouts", episodes, "episodes") as advance:
        advance(manifest.finished)
        pending: list[Rollout] = []
        for rollout in _episodes(env, policy, settings, manifest.finished, episodes):
            pending.append(rollout)
            advance(1)
            if len(pending) == min(episodes_per_shard, episodes - manifest.finished):
                path = out / f"shard-{len(manifest.shards):06d}.tar"
                manifest = manifest.with_shard(write_shard(path, manifest.finished, pending))
                manifest.write(out)
                pending = []
    return manifest


def episode_seed(seed: int, episode: int) -> int:
    """The environment seed of an episode: 63 bits from (seed, episode), so that no two of a data set are alike."""
    return int(np.random.SeedSequence([seed, episode]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _settings(env: VectorEnv, policy: Policy | None, seed: int, episodes_per_shard: int) -> dict[str, Any]:
    base: Any = env.unwrapped
    return {
        "env_id": env.spec.id if env.spec else type(base).__name__,
        "protocol": as_json(base.protocol.to_json()),
        "classes": list(base.classes),
        "scenes": digest(*(entry.key for entry in base.entries)),
        "sensors": sorted(set(env.single_observation_space) - _DERIVED),  # type: ignore[call-overload]
        "policy": "random" if policy is None else policy.name,
        "seed": seed,
        "episodes_per_shard": episodes_per_shard,
    }


def _open(out: Path, settings: Mapping[str, Any], source: Source, episodes: int, episodes_per_shard: int) -> Manifest:
    """The manifest to go on from: that of an earlier call, cut to its intact shards, or a new one."""
    if not (out / FILE).exists():
        if out.exists() and any(out.glob("shard-*.tar")):
            raise UserError(f"{out} holds shards without a {FILE}: choose an empty --out.")
        manifest = Manifest(settings, source, episodes)
        manifest.write(out)
        return manifest
    found = Manifest.read(out)
    if (found.settings, found.source) != (settings, source):
        theirs, ours = ({**m, **vars(s)} for m, s in ((found.settings, found.source), (settings, source)))
        names = ", ".join(sorted(k for k in ours | theirs if ours.get(k) != theirs.get(k)))
        raise UserError(f"{out} holds rollouts from other settings ({names}): choose another --out, or delete it.")
    if found.episodes > episodes:
        raise UserError(
            f"{out} holds {found.episodes} episodes, more than the {episodes} asked for: choose another --out."
        )
    kept = 0
    for index, shard in enumerate(found.shards):
        if shard.episodes != min(episodes_per_shard, episodes - index * episodes_per_shard):
            break
        if not is_intact(out, shard):
            break
        kept += 1
    for leftover in (*out.glob(".shard-*"), *out.glob(f".{FILE}.*")):  # of a kill in the middle of a write
        leftover.unlink()
    manifest = replace(found, episodes=episodes, shards=found.shards[:kept])
    if manifest != found:
        manifest.write(out)
    return manifest


def _episodes(
    env: VectorEnv, policy: Policy | None, settings: Mapping[str, Any], first: int, last: int
) -> Iterator[Rollout]:
    """Rollouts of episodes ``first`` to ``last`` − 1, as many at a time as there are environments."""
    for start in range(first, last, env.num_envs):
        numbers = range(start, start + env.num_envs)  # a last batch may run over; its surplus episodes are dropped
        yield from _batch(env, policy, settings, numbers)[: last - start]


def _batch(env: VectorEnv, policy: Policy | None, settings: Mapping[str, Any], numbers: range) -> list[Rollout]:
    seeds = [episode_seed(settings["seed"], number) for number in numbers]
    generators = [np.random.default_rng([settings["seed"], number, 1]) for number in numbers]
    observation, info = env.reset(seed=seeds)  # type: ignore[arg-type]  # the vector environments of Gymnasium take lists
    first_info = {name: np.array(info[name]) for name in ("scene_id", "label")}
    views, motions = [_view(observation, info)], []
    done: NDArray[np.bool_] = np.zeros(env.num_envs, bool)
    while not done.any():
        if policy is None:
            motion = np.stack([_uniform(env.single_action_space, generator) for generator in generators])
        else:
            motion = np.asarray(policy.act(observation, observation.get("belief")))
        observation, _, terminated, truncated, info = env.step(motion)
        done = np.asarray(terminated) | np.asarray(truncated)
        views.append(_view(observation, info))
        motions.append(np.array(motion))
    if not done.all():
        raise UserError("the environment ends its episodes after different numbers of views: give it one fixed T.")

    arrays = {name: np.stack([view[name] for view in views], axis=1) for name in views[0]}
    rgb, pose, realised = arrays.pop("rgb"), arrays.pop("pose"), arrays.pop("egomotion")[:, 1:]
    if not np.allclose(realised, egomotion(pose[:, :-1], pose[:, 1:]), atol=1e-5):
        raise ValueError("the environment's infos contradict themselves: `egomotion` is not inv(pose_t) @ pose_t+1")
    commanded = np.stack(motions, axis=1)
    base: Any = env.unwrapped
    intrinsics = base.camera.intrinsics()
    return [
        Rollout(
            env_id=settings["env_id"],
            seed=seeds[i],
            scene_id=str(first_info["scene_id"][i]),
            label=settings["classes"][int(first_info["label"][i])],
            protocol=settings["protocol"],
            intrinsics=intrinsics,
            rgb=rgb[i],
            pose=pose[i],
            motion=commanded[i],
            egomotion=realised[i],
            sensors={name: values[i] for name, values in arrays.items()},
        )
        for i in range(env.num_envs)
    ]


def _view(observation: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """What a rollout keeps of one step, copied, because an environment may fill the same arrays in every step."""
    view = {name: np.array(values) for name, values in observation.items() if name not in _DERIVED}
    view["pose"] = np.array(info["pose"], np.float64)
    view["egomotion"] = np.array(info["egomotion"], np.float64)
    if "viewpoint" in info:
        view["viewpoint"] = np.array(info["viewpoint"])
    return view


def _uniform(space: gym.Space, generator: np.random.Generator) -> NDArray[Any]:
    if isinstance(space, gym.spaces.Discrete):
        return np.asarray(space.start + generator.integers(space.n), np.int64)
    if isinstance(space, gym.spaces.MultiDiscrete):
        return np.asarray(space.start + generator.integers(space.nvec), np.int64)
    if isinstance(space, gym.spaces.Box) and space.is_bounded():
        return np.asarray(generator.uniform(space.low, space.high), space.dtype)
    raise UserError(f"cannot draw uniform motions from {space}: pass a policy.")
