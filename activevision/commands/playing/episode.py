"""``Episode``: what a person sees on the way through one episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.envs.single import TaskEnv
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol
from activevision.rollouts.environment import environment_rollout, kept_view
from activevision.rollouts.rollout import Rollout


class Episode:
    """One episode of an environment, recorded as it goes.

    Where the environment also asks for a completed view grid (LookAround-v0), it is told that every view looks like
    the nearest of those seen so far.

    settings: what the rollouts' manifest says of them.
    frames: the views so far, (H, W, 3) uint8 each. motions: what led from each to the next. info: of the latest view.
    collided: of every view, whether something stopped the motion that led there. over: no more motions.
    """

    def __init__(self, env: TaskEnv, settings: Mapping[str, Any], seed: int):
        self._env, self.settings, self._seed = env, settings, seed
        self._views: list[dict[str, NDArray]] = []
        self.motions: list[int] = []
        observation, self.info = env.reset(seed=seed)
        self.over = False
        self._keep(observation)

    @property
    def protocol(self) -> Protocol | ExploreProtocol:
        return self._env.protocol

    @property
    def frames(self) -> list[NDArray[np.uint8]]:
        return [view["rgb"] for view in self._views]

    @property
    def label(self) -> str:
        return self._env.classes[int(self.info["label"])]

    @property
    def scenes(self) -> int:
        """How many the split has."""
        return len(self._env.entries)

    @property
    def goal(self) -> str | None:
        """What is to be found, where that is the task."""
        return self._env.goals[int(self.info["goal"])] if "goal" in self.info else None  # type: ignore[attr-defined]

    def move(self, motion: int) -> None:
        """Act, and see what comes of it."""
        observation, _, self.over, _, self.info = self._env.step(self._action(motion))
        self.motions.append(motion)
        self._keep(observation)
        if not self.over and len(self._views) == self.protocol.views:
            # the last view is to be answered too, and its motion has no effect
            error_before = self.info
            _, _, self.over, _, info = self._env.step(self._action(self.protocol.stay))
            self.info = {**error_before, "error": info["error"]}

    def rollout(self) -> Rollout:
        """The record so far; an episode that was left early has fewer views than its protocol says."""
        views = {name: np.stack([view[name] for view in self._views]) for name in self._views[0]}
        return environment_rollout(
            self._env,
            self.settings,
            self._seed,
            str(self.info["scene_id"]),
            int(self.info["label"]),
            views,
            np.array(self.motions, np.int64),
        )

    def _keep(self, observation: dict[str, NDArray]) -> None:
        self._views.append(kept_view(observation, self.info))

    def _action(self, motion: int) -> Any:
        if not isinstance(self._env.action_space, spaces.Dict):
            return motion
        assert isinstance(self.protocol, Protocol)
        viewpoints = np.stack([view["viewpoint"] for view in self._views])
        return {"motion": motion, "prediction": nearest_views(self.protocol, viewpoints, np.stack(self.frames))}


def nearest_views(protocol: Protocol, viewpoints: NDArray[np.int64], frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """View grid (E, A, H, W, 3) in which every view is the nearest of those seen, by the angle between directions.

    viewpoints: (t, 2) row and column of the views seen. frames: (t, H, W, 3). Column 0 of the result has the azimuth of
    the first view.
    """
    axes = protocol.poses[..., :3, 2]
    seen = axes[viewpoints[:, 0], (viewpoints[:, 1] - viewpoints[0, 1]) % protocol.azimuths]
    return frames[(axes @ seen.T).argmax(axis=-1)]
