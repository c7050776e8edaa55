"""A Minari dataset, for offline reinforcement learning.

Observations are a Dict of rgb and the further sensors, one entry a view. Actions are what was commanded, in the
environment's own action space; without an environment twists [v, w]. Images are stored without loss.

infos, one entry a view: pose (4, 4) world_from_camera (+Y up, the camera looks along −Z), time in seconds, and of the
motion that led to the view (of the first: none) egomotion and commanded (4, 4) and collided. Each episode's metadata
has label, scene_id, seed, camera and intrinsics (3, 3). Rollouts do not hold rewards, which depend on the task: they
are 0. Every episode ends by truncation, as its last view does not say whether the environment's task was over.

The folder is the dataset itself: with its parent as MINARI_DATASETS_PATH, ``minari.load_dataset(ID)`` loads it where
the folder's name is the ID, which ends in a version such as -v0.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.optional import require
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.rollout import Rollout

_EXTRA = "minari"
_NOTED = ("label", "scene_id", "scene_key", "camera", "intrinsics")
_ID = re.compile(r"[-\w.]+-v\d+")


@dataclass(frozen=True)
class MinariExporter:
    """id: the dataset's, such as rooms-v0."""

    name: ClassVar[str] = "minari"
    pairs: ClassVar[bool] = False

    id: str = "activevision-v0"

    def __post_init__(self) -> None:
        require("minari", _EXTRA)
        require("h5py", _EXTRA)
        if not _ID.fullmatch(self.id):
            raise UserError(f"--id {self.id!r}: a Minari dataset is named like rooms-v0, with its version.")

    def has_place_for(self, sensor: str) -> bool:
        return True

    def write(self, manifest: Manifest, rollouts: Iterator[Rollout], out: Path) -> None:
        minari = require("minari", _EXTRA)
        first = next(rollouts)
        spec = _env_spec(first.spec)
        observations, actions = _observation_space(first), _action_space(first, spec)
        data = out.resolve() / "data"  # Minari joins a relative path with itself
        storage = require("minari.dataset.minari_storage", _EXTRA).MinariStorage.new(
            data, observations, actions, spec if spec and _is_json(spec) else None, jpeg_encoding=False
        )
        source = manifest.source
        storage.update_metadata(
            {
                "dataset_id": self.id,
                "minari_version": minari.__version__,
                "algorithm_name": str(manifest.settings.get("policy", "")),
                "author": {source.credit or "not stated"},
                "description": f"Rollouts of {source.catalogue} ({source.split}). Licence: {source.licence}.",
                "licence": source.licence,
            }
        )
        notes: list[dict[str, Any]] = []
        episode = require("minari.data_collector.episode_buffer", _EXTRA).EpisodeBuffer

        def buffers() -> Iterator[Any]:
            for rollout in chain([first], rollouts):
                notes.append({name: getattr(rollout, name) for name in _NOTED})
                yield _buffer(episode, rollout, observations)

        storage.update_episodes(buffers())
        storage.update_episode_metadata(notes)


def _buffer(make: Any, rollout: Rollout, space: gym.spaces.Dict) -> Any:
    views = {"rgb": rollout.rgb, **rollout.sensors}
    shapes = {name: (values.shape[1:], values.dtype) for name, values in views.items()}
    if shapes != {name: (box.shape, box.dtype) for name, box in space.items()}:
        raise UserError(
            "these rollouts have views of several shapes or sensors, and Minari has one observation space for all: "
            "import or collect them at one size."
        )
    steps = rollout.views - 1
    return make(
        seed=rollout.seed,
        observations=views,
        actions=rollout.motion,
        rewards=[0.0] * steps,
        terminations=[False] * steps,
        truncations=[False] * (steps - 1) + [True],
        infos={
            "pose": rollout.pose,
            "time": rollout.time,
            "egomotion": _led_to(rollout.egomotion, np.eye(4)),
            "commanded": _led_to(rollout.commanded, np.eye(4)),
            "collided": _led_to(rollout.collided, np.zeros((), bool)),
        },
    )


def _led_to(motions: NDArray[Any], none: NDArray[Any]) -> NDArray[Any]:
    """(T, …) for motions (T − 1, …): that which led to each view."""
    return np.concatenate([none[None], motions])


def _observation_space(rollout: Rollout) -> gym.spaces.Dict:
    return gym.spaces.Dict({name: _box(values) for name, values in {"rgb": rollout.rgb, **rollout.sensors}.items()})


def _box(values: NDArray[Any]) -> gym.spaces.Box:
    if values.dtype.kind == "b":
        return gym.spaces.Box(0, 1, values.shape[1:], np.bool_)  # type: ignore[arg-type]
    if values.dtype.kind in "iu":
        limits = np.iinfo(values.dtype)
        return gym.spaces.Box(limits.min, limits.max, values.shape[1:], values.dtype.type)
    return gym.spaces.Box(-np.inf, np.inf, values.shape[1:], values.dtype.type)


def _env_spec(spec: Mapping[str, Any]) -> EnvSpec | None:
    """Of the environment that the rollout is from; None for what is not one, or is not registered here."""
    try:
        found = deepcopy(gym.spec(spec["id"]))
    except (KeyError, gym.error.Error):
        return None
    found.kwargs = {**found.kwargs, **spec.get("kwargs", {})}
    return found


def _is_json(spec: EnvSpec) -> bool:
    """Whether others can make the environment from it: its entry point is no object of this process."""
    try:
        spec.to_json()
    except (TypeError, ValueError):
        return False
    return True


def _action_space(rollout: Rollout, spec: EnvSpec | None) -> gym.Space:
    if spec is None:
        shape = rollout.motion.shape[1:]
        if rollout.motion.dtype.kind in "iu":
            raise UserError(
                f"the environment {rollout.spec.get('id')!r} of these rollouts is not registered, so its action space "
                "is not known: import the package that registers it."
            )
        return gym.spaces.Box(-np.inf, np.inf, shape, rollout.motion.dtype.type)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env = gym.make(spec)
    try:
        space = env.action_space
    finally:
        env.close()
    return space["motion"] if isinstance(space, gym.spaces.Dict) else space
